"""Holds the gates against the rules: what a gate keeps back, its rule must not report.

    python -m benchmarks.gates [--select RULES] [--whole] PATHS…

Every statement of every file is put to every rule's suspicion, whatever its gate says; a statement that is suspected
and that the gate keeps back is read by the rule itself, and what it finds is a miss. With `--whole` the suspicions are
passed over, too, and every rule reads every statement: that is slow, and holds the suspicions to account as well. The
table says for each rule how many files and statements its gate lets through, and how many of these are suspected. The
exit status is 1 where anything was missed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from memlint.api import Rule
from memlint.engine import suspected, visit
from memlint.facts import Facts
from memlint.facts.project import Project
from memlint.gate import Scan
from memlint.model import Outcome
from memlint.registry import all_rules
from memlint.run import CHUNK
from memlint.source import SourceFile, Undecodable
from memlint.syntax import read


@dataclass
class Held:
    """What the gates did with some files."""

    files: int = 0
    statements: int = 0
    admitted: int = 0
    """Files that any gate lets through."""
    by_file: Counter[str] = field(default_factory=Counter)
    by_statement: Counter[str] = field(default_factory=Counter)
    suspected: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def add(self, other: Held) -> None:
        self.files += other.files
        self.statements += other.statements
        self.admitted += other.admitted
        self.by_file += other.by_file
        self.by_statement += other.by_statement
        self.suspected += other.suspected
        self.missed += other.missed


def held(path: Path, rules: Sequence[type[Rule]], project: Project, whole: bool) -> Held:
    """What the gates do with one file; nothing where it is no Python."""
    result = Held(files=1)
    try:
        source = SourceFile.from_bytes(str(path), path.read_bytes())
    except Undecodable:
        return result
    outcome = Outcome(source.path)
    tree = read(source, outcome)
    if tree is None:
        return result
    scan = Scan(source.scanned)
    opened = {rule.code for rule in rules if rule.gate.admits_file(scan)}
    result.by_file.update(opened)
    result.admitted += bool(opened)
    facts = Facts(source, tree, project)
    with project.linting(facts):
        for part in tree.slices():
            result.statements += 1
            scan = Scan(part.scanned)
            admitted = {rule.code for rule in rules if rule.code in opened and rule.gate.admits_statement(scan)}
            result.by_statement.update(admitted)
            doubted = [rule for rule in rules if suspected(rule, facts, part, outcome)]
            result.suspected.update(rule.code for rule in doubted)
            kept_back = [rule for rule in (rules if whole else doubted) if rule.code not in admitted]
            kept_back += [rule for rule in rules if whole and rule.code in admitted and rule not in doubted]
            if kept_back:
                found = Outcome(source.path)
                visit(part, kept_back, facts, found)
                result.missed += [f"{each.code} {path}:{each.start.line}" for each in found.findings]
    result.missed += [f"failed: {failure}" for failure in outcome.failures]
    return result


def held_all(paths: Sequence[Path], codes: Sequence[str], whole: bool) -> Held:
    rules = [rule for rule in all_rules() if not codes or any(rule.code.startswith(code) for code in codes)]
    project, total = Project(root=str(Path.cwd())), Held()
    for path in paths:
        total.add(held(path, rules, project, whole))
    return total


def files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.py")) if path.is_dir() else (path,)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gates", description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--select", default="", help="codes, or beginnings of such, with commas between them")
    parser.add_argument("--whole", action="store_true", help="hold the suspicions to account, too")
    arguments = parser.parse_args()
    everything = list(files(arguments.paths))
    chunks = [everything[start : start + CHUNK] for start in range(0, len(everything), CHUNK)]
    work = partial(held_all, codes=[*filter(None, arguments.select.split(","))], whole=arguments.whole)
    total = Held()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(work, chunks):
            total.add(part)
    print(
        f"{total.files:,} files, {total.statements:,} statements; {total.admitted / total.files:.0%} of the files pass"
    )
    print(f"{'rule':8}{'files':>8}{'statements':>12}{'suspected':>11}")
    for code, count in total.by_file.most_common():
        print(f"{code:8}{count / total.files:8.1%}{total.by_statement[code]:12,}{total.suspected[code]:11,}")
    print(*total.missed, sep="\n")
    return 1 if total.missed else 0


if __name__ == "__main__":
    sys.exit(main())
