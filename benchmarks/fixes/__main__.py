"""Fixes packages from PyPI and runs their own tests before and after: a fix may change no test's outcome.

    python -m benchmarks.fixes [--corpus DIR] [--only NAME,…] [--results FILE] [--table]

The source distributions that packages.toml names are downloaded with pip and unpacked below DIR, each with a virtual
environment of its own. Their tests run as they are, then with the safe fixes of all rules, with the unsafe ones on top,
and with faults sown into the code whose safe fix takes them out again (seeds.py), before and after that fix. Where
nothing was fixed, nothing is run again. Tests are compared one by one. Where an outcome changes, the same code runs
again: tests that disagree with themselves are set aside, and named. Where it has changed for good, halves of what was
fixed are tried until the fixes that do it are known. What is measured goes into FILE, package by package; `--table`
runs nothing and prints what is there.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.fixes.seeds import fixable, sown
from benchmarks.fixes.suites import HERE, Package, Suite, SuiteError, changed, packages, prepared

MEMLINT = [sys.executable, "-m", "memlint", "check", "--isolated", "--no-cache", "--exit-zero", "--quiet"]
APPLIED = re.compile(r"fixed (.+):\d+: (ML\d+) ", re.MULTILINE)
Part = tuple[str, str]
"""The fixes of a rule in a file."""
T = TypeVar("T")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fixes", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=Path("build/fixes"), help="where the packages are kept")
    parser.add_argument("--only", default="", help="names of packages, separated by commas")
    parser.add_argument("--results", type=Path, default=HERE / "results.json", help="where the figures are kept")
    parser.add_argument("--table", action="store_true", help="run nothing, print the figures that are there")
    arguments = parser.parse_args()
    chosen = list(packages([name for name in arguments.only.split(",") if name]))
    if not chosen:
        parser.error(f"packages.toml names none of {arguments.only}")
    results = json.loads(arguments.results.read_text("utf-8")) if arguments.results.is_file() else {}
    arguments.corpus.mkdir(parents=True, exist_ok=True)
    failures = []
    for number, package in enumerate([] if arguments.table else chosen, start=1):
        print(f"{number}/{len(chosen)} {package.name} {package.version}", file=sys.stderr, flush=True)
        try:
            results[package.name] = measured(package, arguments.corpus.resolve())
        except SuiteError as error:
            failures.append(str(error))
            continue
        arguments.results.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")
    there = {package.name: results[package.name] for package in chosen if package.name in results}
    print(*table(there), sep="\n")
    print(*failures, sep="\n", file=sys.stderr)
    return 1 if failures else 0


def measured(package: Package, corpus: Path) -> dict[str, Any]:
    """What the tests of a package say as it is, fixed, and sown with faults."""
    suite = prepared(package, corpus)
    pristine = suite.texts()
    before, seconds = suite.run()
    if failing := [name for name, outcome in before.items() if "failed" in outcome or "error" in outcome]:
        raise SuiteError(f"{package.name}: {len(failing)} tests fail as it is: {', '.join(failing[:8])}")
    if "passed" not in before.values():
        raise SuiteError(f"{package.name}: no test passes as it is")
    unsteady: set[str] = set()

    def difference() -> list[str]:
        """The tests that say something else than they did, twice."""
        once, _ = suite.run()
        if changed(before, once, unsteady):
            again, _ = suite.run()
            unsteady.update(name for name in once.keys() | again.keys() if once.get(name) != again.get(name))
        return changed(before, once, unsteady)

    def differs(parts: Sequence[Part]) -> bool:
        restore(pristine)
        for path in {path for path, _ in parts}:
            select = ",".join(sorted(code for each, code in parts if each == path))
            fix(suite, "--unsafe-fixes", "--select", select, paths=[Path(path)])
        return bool(difference())

    safe = fix(suite)
    safe_changes = difference() if safe else []
    unsafe = fix(suite, "--unsafe-fixes")
    unsafe_changes = difference() if unsafe else []
    guilty = culprits(sorted(unsafe), differs) if unsafe_changes else []
    restore(pristine)
    sown_changes, seeded = sow(suite, pristine, difference)
    fixed = fix(suite)
    seeded_changes = difference() if fixed else []
    return {
        "version": package.version,
        "sort": package.sort,
        "lines": sum(text.count(b"\n") for text in pristine.values()),
        "tests": len(before),
        "before": dict(Counter(word for outcome in before.values() for word in outcome.split())),
        "unsteady": sorted(unsteady),
        "seconds": round(seconds, 1),
        "safe": {"fixed": by_rule(safe), "changed": safe_changes},
        "unsafe": {
            "fixed": by_rule(unsafe),
            "changed": unsafe_changes,
            "by": {f"{Path(path).relative_to(suite.source)} {code}": unsafe[path, code] for path, code in guilty},
        },
        "seeded": {
            "sown": seeded,
            "changed by seeds": sown_changes,
            "fixed": by_rule(fixed - safe),
            "changed": seeded_changes,
        },
    }


def fix(suite: Suite, *flags: str, paths: Sequence[Path] = ()) -> Counter[Part]:
    """Apply fixes to the code of a package, of all rules if the flags name none; how many, by file and rule."""
    select = [] if "--select" in flags else ["--select", "ALL"]
    files = [str(path) for path in paths or suite.files()]
    command = [*MEMLINT, "--fix", "--show-fixes", *select, *flags, *files]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SuiteError(f"{suite.package.name}: memlint ended with {done.returncode}: {done.stderr[-600:]}")
    return Counter((path, code) for path, code in APPLIED.findall(done.stderr))


def sow(suite: Suite, pristine: dict[Path, bytes], difference: Callable[[], list[str]]) -> tuple[list[str], int]:
    """Put in what memlint would take out again, but in the files where this alone changes an outcome; those outcomes,
    and how many seeds there are."""
    chosen = {path: found for path, data in pristine.items() if (found := fixable(path, data))}

    def write(paths: Sequence[Path]) -> None:
        restore(pristine)
        for path in paths:
            path.write_bytes(sown(pristine[path], chosen[path]))

    def differs(paths: Sequence[Path]) -> bool:
        write(paths)
        return bool(difference())

    write(list(chosen))
    changes = difference() if chosen else []
    spoiled = culprits(list(chosen), differs) if changes else []
    left = [path for path in chosen if path not in spoiled]
    write(left)
    return changes, sum(len(chosen[path]) for path in left)


def culprits(parts: list[T], differs: Callable[[Sequence[T]], bool]) -> list[T]:
    """The parts that change an outcome by themselves; all of them, where it takes several."""
    if not differs(parts):
        return []
    if len(parts) == 1:
        return parts
    half = len(parts) // 2
    return culprits(parts[:half], differs) + culprits(parts[half:], differs) or parts


def restore(texts: dict[Path, bytes]) -> None:
    for path, data in texts.items():
        if path.read_bytes() != data:
            path.write_bytes(data)


def by_rule(fixed: Counter[Part]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for (_, code), count in fixed.items():
        counted[code] += count
    return dict(sorted(counted.items()))


def table(results: dict[str, Any]) -> Iterator[str]:
    """The lines of the table, a package each."""
    yield "| package | sort | lines | tests | safe fixes | sown and fixed | changed | unsafe fixes | changed | by | s |"
    yield "|---|---|---:|---:|---|---|---:|---|---:|---|---:|"
    total: Counter[str] = Counter()
    for name, found in sorted(results.items()):
        safe, unsafe, seeded = found["safe"], found["unsafe"], found["seeded"]
        figures = {
            "lines": found["lines"],
            "tests": found["tests"] - len(found["unsteady"]),
            "safe": sum(safe["fixed"].values()),
            "seeded": sum(seeded["fixed"].values()),
            "changed": len(safe["changed"]) + len(seeded["changed"]),
            "unsafe": sum(unsafe["fixed"].values()),
            "changed, unsafe": len(unsafe["changed"]),
            "by": sum(unsafe["by"].values()),
        }
        total.update(figures)
        rules = {key: listed(part["fixed"]) for key, part in (("safe", safe), ("seeded", seeded), ("unsafe", unsafe))}
        yield row(f"{name} {found['version']}", found["sort"], figures, rules, f"{found['seconds']:.0f}")
    yield row("all", "", total, {}, "")
    for name, found in sorted(results.items()):
        if found["unsteady"]:
            yield f"Set aside in {name}, as two runs of the same code disagree: {', '.join(found['unsteady'])}"
    for name, found in sorted(results.items()):
        for part in ("safe", "unsafe", "seeded"):
            for line in found[part]["changed"]:
                yield f"{name}, {part} fixes: {line}"
        for place, count in found["unsafe"]["by"].items():
            yield f"{name}: by {count} of {place}"


def row(name: str, sort: str, figures: dict[str, int] | Counter[str], rules: dict[str, str], seconds: str) -> str:
    cells = [name, sort, f"{figures['lines']:,}", f"{figures['tests']:,}"]
    for key, change in (("safe", ""), ("seeded", "changed"), ("unsafe", "changed, unsafe")):
        cells.append(f"{figures[key]}{rules.get(key, '')}")
        cells += [str(figures[change])] if change else []
    return f"| {' | '.join([*cells, str(figures['by']), seconds])} |"


def listed(fixed: dict[str, int]) -> str:
    """Fixes by rule: `: 3 ML405, 1 ML506`."""
    return ": " + ", ".join(f"{count} {code}" for code, count in fixed.items()) if fixed else ""


if __name__ == "__main__":
    sys.exit(main())
