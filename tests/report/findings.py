"""Findings of every kind, made by hand, and the sources that they are about."""

from __future__ import annotations

import io
from typing import Any

from memlint.model import Edit, Effect, Finding, Fix, Position, Related, Report, Safety, Severity
from memlint.report import write

TREE = """\
import logging


class Parent:
    def __init__(self) -> None:
        self.child = Child(self)


class Child:
    def __init__(self, owner: "Parent") -> None:
        self.owner = owner
"""

TOTAL = """\
def total(numbers):
    return sum([n * n for n in numbers])
"""

FILES = {"app/tree.py": TREE, "app/total.py": TOTAL}


def sources(path: str) -> list[str]:
    return FILES[path].splitlines() if path in FILES else []


def finding(**fields: Any) -> Finding:
    """A finding on line 2 of `app/total.py`, with some fields of its own."""
    defaults: dict[str, Any] = {
        "path": "app/total.py",
        "start": Position(2, 16),
        "end": Position(2, 40),
        "code": "ML301",
        "name": "materialized-argument",
        "effect": Effect.PEAK,
        "severity": Severity.WARNING,
        "message": "`sum` reads a list that is built for it alone",
    }
    return Finding(**{**defaults, **fields})


PEAK = finding(
    fix=Fix(
        "pass the generator",
        Safety.SAFE,
        (
            Edit(Position(2, 16), Position(2, 17), ""),
            Edit(Position(2, 39), Position(2, 40), ""),
        ),
    ),
    fingerprint="5f1d",
    rows=(2,),
)

CYCLE = finding(
    path="app/tree.py",
    start=Position(6, 9),
    end=Position(6, 19),
    code="ML102",
    name="owner-cycle",
    effect=Effect.LATE,
    message="`Parent.child` and `Child.owner` make a cycle; only the garbage collector frees each `Parent`",
    related=(Related("app/tree.py", Position(11, 9), Position(11, 19), "the way back"),),
    cycle=("Parent.child", "Child.owner", "Parent"),
    flow=(
        Related("app/tree.py", Position(6, 9), Position(6, 19), "Parent.child"),
        Related("app/tree.py", Position(11, 9), Position(11, 19), "Child.owner"),
    ),
    fix=Fix(
        "hold the owner weakly",
        Safety.UNSAFE,
        (
            Edit(Position(2, 1), Position(2, 1), "import weakref\n"),
            Edit(Position(11, 22), Position(11, 27), "weakref.proxy(owner)"),
        ),
    ),
    fingerprint="a0c4",
    rows=(6, 7),
)

SHARED = finding(
    path="app/gone.py",
    start=Position(3, 14),
    end=Position(5, 2),
    code="ML401",
    name="mutable-default",
    effect=Effect.SHARED,
    message="every call of `add` shares one list",
    unfixed="`add` is overridden in app/total.py",
)

SYNTAX = finding(
    start=Position(2, 12),
    end=Position(2, 12),
    code="ML000",
    name="syntax-error",
    effect=Effect.NONE,
    severity=Severity.ERROR,
    message="'(' was never closed",
)


def report(*findings: Finding, **fields: Any) -> Report:
    return Report(files=fields.pop("files", 2), findings=list(findings), **fields)


def written(report: Report, format: str, **options: Any) -> str:
    """What `write` writes; without colors unless asked for."""
    out = io.StringIO()
    write(report, format, out, **{"color": False, "sources": sources, **options})
    return out.getvalue()
