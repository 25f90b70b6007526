"""Runs every rule over the packages and holds the findings against what was read of them.

    python -m benchmarks.precision [--corpus DIR] [--only NAME,…] [--read] [--jobs N] [--save FILE | --saved FILE]

Wheels that DIR lacks are downloaded with pip and their Python files unpacked to `DIR/NAME-VERSION`. The first table
says what a run with default settings shows, the second what is told only where a rule is selected. For each rule:
findings per 100,000 lines in libraries and in applications; how many findings were read; how many of these were right,
idle (true, and the advice works, but of no weight there: once a process, in a command that ends, a few bytes), wrong or
unsure; and the share of right and idle ones among those that are not unsure. `--read` checks nothing but the files with
verdicts, for these columns alone. A verdict whose finding is gone counts apart, in the first table: right and idle ones
as lost, others as mended.
`--save` writes every finding to a file, to draw a sample from; `--saved` takes them from such a file and runs nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from memlint.registry import all_rules

HERE = Path(__file__).parent
SORTS = ("libraries", "applications")
VERDICTS = ("right", "idle", "wrong", "unsure")
TRUE = ("right", "idle")

ROW = "  {:8}  {:9.2f}  {:12.2f}  {:4}  {:5}  {:4}  {:5}  {:6}  {:>13}  {:4}  {:6}"


class Package(NamedTuple):
    name: str
    version: str
    sort: str


class Place(NamedTuple):
    """A finding, as verdicts name it."""

    package: str
    path: str
    line: int
    code: str


@dataclass
class Measured:
    """What a run over the packages found."""

    lines: Counter[str] = field(default_factory=Counter)
    shown: dict[str, set[Place]] = field(default_factory=lambda: defaultdict(set))
    """What a run with default settings reports, by sort of package."""
    asked: dict[str, set[Place]] = field(default_factory=lambda: defaultdict(set))
    """What is reported only where a rule is selected, by sort of package."""
    failures: list[str] = field(default_factory=list)


def packages(only: list[str]) -> Iterator[Package]:
    for sort, pins in tomllib.loads((HERE / "packages.toml").read_text("utf-8")).items():
        for name, version in pins.items():
            if not only or name in only:
                yield Package(name, version, sort)


def verdicts() -> Iterator[tuple[Place, str, str]]:
    """Place, version and verdict of every finding that was read."""
    for path in sorted((HERE / "verdicts").glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                place = Place(row["package"], row["path"], int(row["line"]), row["code"])
                yield place, row["version"], row["verdict"]


def unpacked(package: Package, corpus: Path) -> Path:
    """The folder with the Python files of a package, and what Cython is told of them, downloaded where it is not
    there."""
    folder = corpus / f"{package.name}-{package.version}"
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=corpus) as scratch:
        wanted = f"{package.name}=={package.version}"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*pip, "--python-version", "3.11", "--dest", scratch, wanted], check=True)
        wheel = next(Path(scratch).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            members = [name for name in archive.namelist() if name.endswith((".py", ".pxd"))]
            archive.extractall(Path(scratch) / "files", members)
        os.replace(Path(scratch) / "files", folder)
    return folder


def measure(chosen: list[Package], corpus: Path, jobs: int, read: bool) -> Measured:
    """Every finding of every rule in the packages, or in those files of them of which something was read."""
    measured = Measured()
    told: dict[str, set[str]] = defaultdict(set)
    for place, _, _ in verdicts():
        told[place.package].add(place.path)
    usual = {rule.code for rule in all_rules() if rule.default}
    command = [sys.executable, "-m", "memlint", "check", "--isolated", "--exit-zero", "--no-cache"]
    command += ["--select", "ALL", "--jobs", str(jobs)]
    for number, package in enumerate(chosen, start=1):
        folder = unpacked(package, corpus).resolve()
        print(f"{number}/{len(chosen)} {package.name} {package.version}", file=sys.stderr, flush=True)
        files = [each for name in sorted(told[package.name]) if (each := folder / name).is_file()]
        if read and not files:
            continue
        for path in files if read else folder.rglob("*.py"):
            measured.lines[package.sort] += path.read_bytes().count(b"\n")
        done = subprocess.run(
            [*command, "--output-format", "json-lines", *map(str, files if read else [folder])],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            measured.failures.append(f"{package.name}: {done.stderr.strip()}")
        for line in done.stdout.splitlines():
            found = json.loads(line)
            inside = Path(found["filename"]).resolve().relative_to(folder).as_posix()
            place = Place(package.name, inside, found["location"]["row"], found["code"])
            is_shown = place.code in usual and not found["memlint"]["optional"]
            (measured.shown if is_shown else measured.asked)[package.sort].add(place)
    return measured


def plain(measured: Measured) -> dict[str, Any]:
    """A measurement as JSON holds it."""
    return {
        "lines": measured.lines,
        "shown": {sort: sorted(found) for sort, found in measured.shown.items()},
        "asked": {sort: sorted(found) for sort, found in measured.asked.items()},
    }


def loaded(path: Path) -> Measured:
    """The measurement that a file holds."""
    saved = json.loads(path.read_text("utf-8"))
    shown, asked = (
        {sort: {Place(*place) for place in found} for sort, found in saved[part].items()} for part in ("shown", "asked")
    )
    return Measured(Counter(saved["lines"]), shown, asked)


def report(measured: Measured, chosen: list[Package]) -> Iterator[str]:
    """The lines of both tables."""
    shown: set[Place] = set().union(*measured.shown.values())
    asked: set[Place] = set().union(*measured.asked.values()) - shown
    pinned = {package.name: package.version for package in chosen}
    read = [(place, verdict) for place, version, verdict in verdicts() if pinned.get(place.package) == version]
    lines = ", ".join(f"{measured.lines[sort]:,} in {sort}" for sort in SORTS)
    yield f"{sum(measured.lines.values()):,} lines: {lines}"
    yield ""
    yield "With default settings"
    yield from table(measured.shown, measured.lines, [each for each in read if each[0] not in asked])
    yield ""
    yield "Only where the rule is selected"
    yield from table(measured.asked, measured.lines, [each for each in read if each[0] in asked])


def table(found: dict[str, set[Place]], lines: Counter[str], read: list[tuple[Place, str]]) -> Iterator[str]:
    """The lines of a table, a rule each: findings by sort of package, and the verdicts on what was read."""
    places: set[Place] = set().union(*found.values())
    judged: dict[str, Counter[str]] = defaultdict(Counter)
    for place, verdict in read:
        if place not in places:
            verdict = "lost" if verdict in TRUE else "mended"
        judged[place.code][verdict] += 1
    yield "rule   findings  per 100,000 lines        read  right  idle  wrong  unsure  of those sure  lost  mended"
    yield "                 libraries  applications"
    for code in sorted({place.code for place in places} | set(judged)):
        if code == "ML000":
            continue
        counts = [sum(place.code == code for place in found.get(sort, ())) for sort in SORTS]
        rates = [count / (lines[sort] or 1) * 1e5 for count, sort in zip(counts, SORTS, strict=True)]
        votes = judged[code]
        right, idle, wrong, unsure = (votes[each] for each in VERDICTS)
        true = right + idle
        share = f"{true / (true + wrong):.0%}" if true + wrong else "-"
        read_ = (true + wrong + unsure, right, idle, wrong, unsure)
        verdict_columns = (*read_, share, votes["lost"], votes["mended"])
        yield code + ROW.format(sum(counts), *rates, *verdict_columns) + ("  unproven" if right < 5 else "")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=Path("build/corpus"), help="where the packages are kept")
    parser.add_argument("--only", default="", help="names of packages, separated by commas")
    parser.add_argument("--read", action="store_true", help="check only the files with verdicts")
    parser.add_argument("--save", type=Path, help="write every finding there, as JSON")
    parser.add_argument("--saved", type=Path, help="take the findings from there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    chosen = list(packages([name for name in arguments.only.split(",") if name]))
    if not chosen:
        parser.error(f"packages.toml names none of {arguments.only}")
    if arguments.saved:
        measured = loaded(arguments.saved)
    else:
        arguments.corpus.mkdir(parents=True, exist_ok=True)
        measured = measure(chosen, arguments.corpus, arguments.jobs, arguments.read)
    if arguments.save:
        arguments.save.write_text(json.dumps(plain(measured), indent=0), "utf-8")
    print("\n".join(report(measured, chosen)))
    for failure in measured.failures:
        print(f"failed: {failure}", file=sys.stderr)


if __name__ == "__main__":
    main()
