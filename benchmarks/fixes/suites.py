"""Packages from PyPI with their own tests: unpacked, installed in a virtual environment, and run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
TIMEOUT = 1_200
PYTEST = "pytest==8.4.2"
QUIET = ("-W", "ignore::ResourceWarning")
"""A file that is opened inline, as ML801 tells, is closed in time by CPython, which warns of it all the same."""
TESTS = {"test", "tests"}

Outcomes = dict[str, str]
"""By test: `passed`, `failed`, `error` or `skipped`; where a name comes up more than once, each in turn."""


class SuiteError(Exception):
    """A package that cannot be fetched, installed or tested."""


@dataclass(frozen=True)
class Package:
    """A source distribution: where its code is, and how its tests are run."""

    name: str
    version: str
    sort: str
    code: str
    """The folder that is fixed, from the top of the distribution."""
    tests: tuple[str, ...]
    """Arguments of pytest."""
    needs: tuple[str, ...]
    """What the tests import besides, pinned."""


@dataclass(frozen=True)
class Suite:
    """A package that is unpacked and installed."""

    package: Package
    source: Path
    python: Path

    def files(self) -> Iterator[Path]:
        """The files that are fixed: the code, without tests."""
        top = self.source / self.package.code
        for path in [top] if top.is_file() else sorted(top.rglob("*.py")):
            if TESTS.isdisjoint(path.relative_to(self.source).parts):
                yield path

    def texts(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.files()}

    def run(self) -> tuple[Outcomes, float]:
        """What each test says now, and how many seconds all took."""
        with tempfile.TemporaryDirectory() as scratch:
            report = Path(scratch) / "report.xml"
            environment = {
                **os.environ,
                "PYTHONHASHSEED": "0",
                "PYTHONDONTWRITEBYTECODE": "1",  # a file may change twice within a second
                "TMPDIR": scratch,
            }
            pytest = [str(self.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *QUIET, f"--junitxml={report}"]
            start = time.perf_counter()
            try:
                done = subprocess.run(
                    [*pytest, *self.package.tests],
                    cwd=self.source,
                    env=environment,
                    capture_output=True,
                    encoding="utf-8",
                    errors="replace",
                    stdin=subprocess.DEVNULL,
                    timeout=TIMEOUT,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise SuiteError(f"{self.package.name}: the tests took more than {TIMEOUT} seconds") from error
            seconds = time.perf_counter() - start
            if not report.is_file():
                raise SuiteError(f"{self.package.name}: pytest wrote no report: {(done.stdout + done.stderr)[-600:]}")
            return outcomes(report), seconds


def outcomes(report: Path) -> Outcomes:
    """The outcome of each test in a report in JUnit's format."""
    found: dict[str, list[str]] = defaultdict(list)
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        outcome = {"failure": "failed"}.get(kinds[0], kinds[0]) if kinds else "passed"
        found[f"{case.get('classname')}::{case.get('name')}"].append(outcome)
    return {name: " ".join(each) for name, each in found.items()}


def changed(before: Outcomes, after: Outcomes, unsteady: Set[str]) -> list[str]:
    """The tests whose outcome is another, or that are there on one side alone: `name: passed -> failed`."""
    names = sorted((before.keys() | after.keys()) - unsteady)
    pairs = [(name, before.get(name, "absent"), after.get(name, "absent")) for name in names]
    return [f"{name}: {old} -> {new}" for name, old, new in pairs if old != new]


def packages(only: list[str]) -> Iterator[Package]:
    for name, told in tomllib.loads((HERE / "packages.toml").read_text("utf-8")).items():
        if not only or name in only:
            needs = (PYTEST, *told.get("needs", ()))
            yield Package(name, told["version"], told["sort"], told["code"], tuple(told["tests"]), needs)


def prepared(package: Package, corpus: Path) -> Suite:
    """The package as it was published, in a fresh virtual environment."""
    folder = corpus / f"{package.name}-{package.version}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Else pytest would take the settings of the project that this folder stands in.
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    archive = downloaded(package, corpus)
    with tarfile.open(archive) as packed:
        if sys.version_info >= (3, 12):
            packed.extractall(folder / "source", filter="data")
        else:
            packed.extractall(folder / "source")
    (source,) = (folder / "source").iterdir()
    called([sys.executable, "-m", "venv", str(folder / "venv")], package)
    python = folder / "venv" / "bin" / "python"
    wanted = ["-e", str(source), *package.needs]
    called([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], package)
    return Suite(package, source, python)


def downloaded(package: Package, corpus: Path) -> Path:
    """The source distribution, downloaded where it is not there."""
    folder = corpus / "sdists" / f"{package.name}-{package.version}"
    if not folder.is_dir():
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        with tempfile.TemporaryDirectory(dir=corpus) as scratch:
            target = Path(scratch) / "sdist"
            called([*pip, "--dest", str(target), f"{package.name}=={package.version}"], package)
            folder.parent.mkdir(exist_ok=True)
            target.rename(folder)
    (archive,) = folder.glob("*.tar.gz")
    return archive


def called(command: list[str], package: Package) -> None:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SuiteError(f"{package.name}: {' '.join(command[:4])} failed: {done.stderr[-600:]}")
