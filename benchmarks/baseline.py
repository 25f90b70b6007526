"""Holds a baseline against moved code: `python -m benchmarks.baseline PATHS...`.

It copies the Python files below the paths, makes a baseline of the copy with every rule on, inserts lines at random
places between statements, changes the order of functions and of methods where that is safe, and prints each finding
that is then new and each entry that is then stale; exit status 1 tells of some. These have to be read. A rule that
tells of a class where it first does something tells of another place when its methods change places; and with
`--statements`, one that looks for two statements in a row, or for a small loop, may look in vain.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

LINES = ("", "# inserted")
STATEMENTS = ("pass", "assert True")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MEMLINT = [sys.executable, "-m", "memlint"]
FLAGS = ["--isolated", "--select", "ALL", "--profile", "library", "--baseline", "baseline.json"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--lines", type=int, default=1_000, help="how many lines to insert")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep-order", action="store_true", help="insert lines only")
    parser.add_argument("--statements", action="store_true", help="insert statements, too, that do nothing")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="memlint-baseline-") as folder:
        root = Path(folder)
        files = list(copied(arguments.paths, root))
        lines = sum(path.read_bytes().count(b"\n") for path in files)
        jobs = ["--jobs", str(arguments.jobs)]
        start = time.perf_counter()
        said = memlint(root, "baseline", "create", *FLAGS, *jobs)
        print(f"{len(files)} files, {lines} lines: {said.splitlines()[0]}")
        print(f"the baseline took {time.perf_counter() - start:.1f} s")
        added = LINES + STATEMENTS if arguments.statements else LINES
        inserted, moved = changed(files, arguments.lines, chance, added, arguments.keep_order)
        print(f"{inserted} lines inserted, {moved} functions moved")
        start = time.perf_counter()
        new = json.loads(memlint(root, "check", *FLAGS, *jobs, "--output-format", "json"))
        print(f"the check took {time.perf_counter() - start:.1f} s")
        stale = [
            line
            for line in memlint(root, "baseline", "prune", "-v", *FLAGS, *jobs).splitlines()
            if line.startswith("gone: ")
        ]
    for finding in new:
        place = f"{os.path.relpath(finding['filename'], root)}:{finding['location']['row']}"
        print(f"new: {place}: {finding['code']} {finding['message']}")
    print(*stale, f"{len(new)} findings are new, {len(stale)} entries are stale", sep="\n")
    return 1 if new or stale else 0


def memlint(root: Path, *arguments: str) -> str:
    done = subprocess.run([*MEMLINT, *arguments], cwd=root, capture_output=True, text=True)
    if not done.stdout:
        sys.exit(done.stderr)
    return done.stdout


def copied(paths: Sequence[Path], root: Path) -> Iterator[Path]:
    """The copies of all Python files, by name of the path and place below it."""
    for path in paths:
        for source in sorted(path.rglob("*.py")):
            target = root / path.name / source.relative_to(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            yield target


def changed(
    files: Sequence[Path], lines: int, chance: random.Random, added: Sequence[str] = LINES, keep_order: bool = False
) -> tuple[int, int]:
    """Insert lines, and change the order of functions; how many of each."""
    texts = {path: text for path in files if (text := readable(path)) is not None}
    moved = 0
    for path, text in texts.items() if not keep_order else ():
        texts[path], count = reordered(text, chance)
        moved += count
    places = [(path, line, column) for path, text in texts.items() for line, column in gaps(text)]
    by_file: dict[Path, list[tuple[int, int]]] = {}
    for path, line, column in chance.choices(places, k=lines):
        by_file.setdefault(path, []).append((line, column))
    for path, text in texts.items():
        rows = text.split("\n")
        for line, column in sorted(by_file.get(path, ()), reverse=True):
            rows.insert(line - 1, rows[line - 1][:column] + chance.choice(added))
        ast.parse("\n".join(rows))
        path.write_bytes("\n".join(rows).encode())
    return sum(map(len, by_file.values())), moved


def readable(path: Path) -> str | None:
    """The text of a file that Python can read, as UTF-8 with plain line ends; None for any other, which stays."""
    try:
        text = path.read_bytes().decode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return None if "\r" in text or "\f" in text or "\ufeff" in text or "\\\n" in text else text


def gaps(text: str) -> Iterator[tuple[int, int]]:
    """Line and column of each statement that stands on a line of its own behind another statement of its block."""
    rows = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        for block in blocks(node):
            for before, statement in pairwise(block):
                line = first_line(statement)
                if is_future(before) or is_future(statement) or (before.end_lineno or 0) >= line:
                    continue
                indentation = len(rows[line - 1]) - len(rows[line - 1].lstrip())
                if indentation == statement.col_offset and rows[line - 1][:indentation].isascii():
                    yield line, indentation


def is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield value


def first_line(statement: ast.stmt) -> int:
    return min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", []))])


def reordered(text: str, chance: random.Random) -> tuple[str, int]:
    """The text with the functions of each run of functions in another order, and how many stand elsewhere."""
    rows = text.split("\n")
    moved = 0
    tree = ast.parse(text)
    for run in (run for body in bodies(tree.body) for run in runs(body)):
        starts = [run[0][0], *(end + 1 for _, end in run)]
        spans = list(zip(starts, (end for _, end in run), strict=False))
        shuffled = spans[:]
        chance.shuffle(shuffled)
        moved += sum(a != b for a, b in zip(spans, shuffled, strict=True))
        rows[spans[0][0] - 1 : spans[-1][1]] = [row for first, last in shuffled for row in rows[first - 1 : last]]
    result = "\n".join(rows)
    return (result, moved) if len(ast.dump(ast.parse(result))) == len(ast.dump(tree)) else (text, 0)


def bodies(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """The body of a module and those of the classes in it, apart from what is in functions, which move."""
    yield body
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield from bodies(statement.body)


def runs(body: list[ast.stmt]) -> Iterator[list[tuple[int, int]]]:
    """First and last line of functions that follow each other, on lines of their own, and may change places: none has
    the name of another, nor names it in its header."""
    run: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    for statement in [*body, ast.Pass()]:
        if isinstance(statement, FUNCTIONS) and not clash(statement, run):
            run.append(statement)
            continue
        if len(run) > 1 and all((a.end_lineno or 0) < first_line(b) for a, b in pairwise(run)):
            yield [(first_line(each), each.end_lineno or each.lineno) for each in run]
        run = [statement] if isinstance(statement, FUNCTIONS) else []


def clash(
    function: ast.FunctionDef | ast.AsyncFunctionDef, others: list[ast.FunctionDef | ast.AsyncFunctionDef]
) -> bool:
    return any(
        each.name == function.name or each.name in header(function) or function.name in header(each) for each in others
    )


def header(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    parts = [*function.decorator_list, function.args, *([function.returns] if function.returns else [])]
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}


if __name__ == "__main__":
    sys.exit(main())
