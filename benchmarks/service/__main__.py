"""Fixes a copy of the example service and runs the same day on both, in fresh interpreters.

    python -m benchmarks.service

Three copies are made of examples/leaky_service: one stays as it is, one is fixed with `--fix --unsafe-fixes`, one with
`--select ALL` besides. workload.py says what runs, and what is measured. Prints the table.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SERVICE = HERE.parent.parent / "examples" / "leaky_service"
FIX = [sys.executable, "-m", "memlint", "check", "--isolated", "--no-cache", "--exit-zero", "--quiet", "--fix"]
COPIES = {
    "as it is": None,
    "`--fix --unsafe-fixes`": ["--unsafe-fixes"],
    "`--select ALL` as well": ["--unsafe-fixes", "--select", "ALL"],
}
ROWS = {
    "peak by day, MB": "by day",
    "peak of the nightly job, MB": "by night",
    "kept at the end of the day, MB": "kept",
    "objects freed late": "objects",
    "freed late, MB": "late",
}


def measured(flags: list[str] | None, place: Path) -> dict[str, int]:
    """The figures of a copy of the service, fixed with these flags."""
    copy = place / "leaky_service"
    shutil.copytree(SERVICE, copy)
    if flags is not None:
        subprocess.run([*FIX, *flags, str(copy)], check=True, stdout=subprocess.DEVNULL)
    figures = run(copy, "on")
    late = run(copy, "off")
    return {**figures, "objects": late["objects"], "late": late["late"]}


def run(copy: Path, collector: str) -> dict[str, int]:
    """What the workload prints in an interpreter of its own."""
    command = [sys.executable, "-I", str(HERE / "workload.py"), str(copy), collector]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    figures: dict[str, int] = json.loads(done.stdout)
    return figures


def table(columns: dict[str, dict[str, int]]) -> Iterator[str]:
    yield f"| | {' | '.join(columns)} |"
    yield f"|---|{'---:|' * len(columns)}"
    for name, key in ROWS.items():
        shown = [f"{found[key]:,}" if key == "objects" else f"{found[key] / 1e6:.1f}" for found in columns.values()]
        yield f"| {name} | {' | '.join(shown)} |"


def main() -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.service", description=__doc__.partition("\n")[0]).parse_args()
    columns = {}
    for name, flags in COPIES.items():
        with tempfile.TemporaryDirectory(prefix="service-") as place:
            columns[name] = measured(flags, Path(place))
    print(*table(columns), sep="\n")


if __name__ == "__main__":
    main()
