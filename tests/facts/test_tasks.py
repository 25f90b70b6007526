"""Which tasks nothing keeps."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def dropped(text: str) -> list[str]:
    source = SourceFile.from_bytes("example.py", f"import asyncio\n{text}\n".encode())
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    calls = [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Call)]
    return [ast.unparse(found.work) for call in calls if (found := facts.tasks.dropped(call))]


@pytest.mark.parametrize(
    "statement",
    [
        "asyncio.create_task(work())",
        "asyncio.ensure_future(work()).add_done_callback(print)",
        "hub.loop.create_task(work())",
        "task = asyncio.create_task(work())",
        "loop.call_soon(loop.create_task, work())",
        "loop.call_soon(lambda: asyncio.create_task(work()))",
    ],
)
def test_what_nothing_keeps_is_dropped(statement: str) -> None:
    assert dropped(f"def start(loop, hub, work):\n    {statement}") == ["work()"]


@pytest.mark.parametrize(
    "statement",
    [
        "return asyncio.create_task(work())",
        "tasks.add(asyncio.create_task(work()))",
        "group.create_task(work())",
        "asyncio.ensure_future(asyncio.gather(work()))",
        "task = asyncio.create_task(work()); await task",
        "task = asyncio.create_task(work()); await stop.wait()",
    ],
)
def test_what_something_keeps_is_not(statement: str) -> None:
    assert dropped(f"async def start(tasks, group, work, stop):\n    {statement}") == []
