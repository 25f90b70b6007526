"""What a piece of code does: run as a script, it reads texts as JSON and writes what came of each.

The code runs, and then each of its functions and methods is called with a few arguments.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

HARMLESS = frozenset(
    """
    __future__ abc bisect collections contextlib copy csv dataclasses enum functools gc hashlib heapq inspect io
    itertools json logging math operator random re statistics string struct sys textwrap traceback types typing
    weakref zlib
    """.split()
)
"""Modules with which code can do no harm."""
LARGE = re.compile(r"\b[1-9][0-9_]{3,}\b|\b10\s*\*\*\s*[5-9]\b")
TEXT = "b,2\na,1\n\nc,3"


def is_self_contained(text: str) -> bool:
    """Whether code needs nothing but harmless parts of the standard library, and not its own line numbers."""
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("" if node.level else (node.module or "").partition(".")[0])
    return imported <= HARMLESS and "lineno" not in text


def done(*texts: str) -> list[dict[str, str]]:
    """What each text did, by what was called, in a process of their own; large numbers are made small."""
    texts = tuple(LARGE.sub("300", text) for text in texts)
    command = [sys.executable, __file__]
    ended = subprocess.run(
        command,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    found: list[dict[str, str]] = json.loads(ended.stdout)
    return found


def is_same(was: dict[str, str], now: dict[str, str]) -> bool:
    """Whether a text does what another did, as far as that could do with its arguments; it may have more functions."""
    return all(now.get(call) == end or end.startswith(("TypeError: ", "AttributeError: ")) for call, end in was.items())


def told(act: Callable[[], object]) -> str:
    """The result of a call, what it printed, and its exception, without line numbers and what objects are called."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            result = act()
            if inspect.iscoroutine(result):
                result = asyncio.run(result)
            if isinstance(result, Iterator):
                result = list(islice(result, 20))
        end = repr(result)
    except BaseException as error:
        end = f"{type(error).__name__}: {error}"
    return re.sub(r"((object|function) \S+ )?at 0x[0-9a-f]+|line \d+", "", f"{printed.getvalue()}{end}")


def calls(name: str, function: Callable[..., object], path: str) -> Iterator[tuple[str, str]]:
    """What a function does with a few arguments."""
    try:
        needed = [each for each in inspect.signature(function).parameters.values() if each.default is each.empty]
    except (TypeError, ValueError):
        return
    count = sum(each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in needed)
    for value in (path, [3, 1, 2], {"a": [1]}, "b,a", -7) if count else (0,):
        if any(
            each.annotation is not each.empty and type(value).__name__ not in str(each.annotation) for each in needed
        ):
            continue
        Path(path).write_text(TEXT)
        yield f"{name}({value!r})", told(lambda value=value: function(*[value] * count))


def run(text: str, path: str = "text.txt") -> Iterator[tuple[str, str]]:
    """What a text does, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        yield from ran(text, path)
        os.chdir("/")


def ran(text: str, path: str) -> Iterator[tuple[str, str]]:
    space: dict[str, object] = {"__name__": "example", "__file__": path}
    yield "", told(lambda: exec(compile(text, "<example>", "exec", dont_inherit=True), space))
    for name, value in sorted(space.items()):
        if name.startswith("__") or getattr(value, "__module__", "") != "example":
            continue
        if isinstance(value, type):
            with contextlib.suppress(Exception):
                for method in sorted(vars(value)):
                    instance = value()
                    if not method.startswith("__") and callable(getattr(instance, method)):
                        yield from calls(f"{name}.{method}", getattr(instance, method), path)
        elif callable(value):
            yield from calls(name, value, path)


if __name__ == "__main__":
    print(json.dumps([dict(run(text)) for text in json.load(sys.stdin)]))
