"""Reports where the command line is told to put them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from memlint.report import FORMATS
from tests.command import memlint
from tests.report import readers
from tests.test_check import CYCLE, READ
from tests.test_cycle_flow import ENGINE, MONITOR


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "clock.py").write_text(CYCLE)
    (tmp_path / "stats.py").write_text(READ)
    return tmp_path


def formats(*wanted: str) -> list[str]:
    return [word for each in wanted for word in ("--output-format", each)]


def test_several_reports_of_one_run(project: Path) -> None:
    files = {name: project / f"report.{name}" for name in FORMATS}
    wanted = [f"{name}:{file}" for name, file in files.items()]
    done = memlint("check", *formats("concise", *wanted), cwd=project)
    assert done.returncode == 1
    assert done.stdout == files["concise"].read_text("utf-8")
    for name in ("full", "sarif"):
        alone = memlint("check", *formats(name), cwd=project).stdout
        assert files[name].read_text("utf-8") == alone, name
    assert [each["ruleId"] for each in readers.sarif(files["sarif"].read_text("utf-8"))["results"]] == [
        "ML102",
        "ML801",
    ]
    assert len(readers.gitlab(files["gitlab"].read_text("utf-8"))) == 2
    assert len(readers.rdjson(files["rdjson"].read_text("utf-8"))) == 2
    assert [suite.name for suite in readers.junit(files["junit"].read_text("utf-8"))] == ["clock.py", "stats.py"]
    assert set(readers.pylint(files["pylint"].read_text("utf-8"))) == {"clock.py", "stats.py"}


def test_nothing_goes_to_standard_output_unasked(project: Path) -> None:
    done = memlint("check", *formats("json:a.json", "sarif:b.sarif"), cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert len(json.loads((project / "a.json").read_text())) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (formats("json", "sarif"), "--output-format: two reports cannot share standard output; write FORMAT:FILE"),
        (formats("json:a", "sarif:./a"), "--output-format: two reports cannot share ./a; write FORMAT:FILE"),
        (formats("sarf:a"), '--output-format: there is no format "sarf"; did you mean "sarif"?'),
        (formats("sarif:"), '--output-format: "sarif:" names no file; write sarif:FILE, or sarif alone'),
        (formats("json", "sarif:no/a"), "--output-format: no/a cannot be written; name a file in a folder that exists"),
        (formats("sarif:."), "--output-format: . cannot be written"),
        ([*formats("json", "sarif:a"), "--output-file", "b"], "--output-file: it is for one format; write"),
        ([*formats("sarif:a"), "--output-file", "b"], "--output-file: it is for one format; write"),
        ([*formats("sarif:a"), "--statistics"], "--statistics: sarif lists findings; take one of full, concise"),
        ([*formats("sarif:a"), "--diff"], "--diff: it writes a patch and no report; leave out --output-format"),
    ],
)
def test_a_mistake_is_told_before_the_run(project: Path, arguments: list[str], message: str) -> None:
    before = sorted(project.iterdir())
    done = memlint("check", *arguments, "missing.py", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"memlint: error: {message}")
    assert done.stderr.count("\n") == 1
    assert sorted(project.iterdir()) == before


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="there are no devices here")
def test_a_device_is_not_replaced(project: Path) -> None:
    (project / "device").symlink_to("/dev/null")
    done = memlint("check", *formats("sarif:device"), cwd=project)
    assert done.returncode == 2
    assert "device cannot be written" in done.stderr
    assert os.path.exists("/dev/null") and not os.path.isfile("/dev/null")


def test_reports_stay_as_they_were_where_the_run_fails(project: Path) -> None:
    (project / "a.sarif").write_text("before")
    done = memlint("check", *formats("sarif:a.sarif", "json:b.json"), "missing.py", cwd=project)
    assert done.returncode == 2
    assert (project / "a.sarif").read_text() == "before"
    assert not (project / "b.json").exists()


def test_a_link_stays_a_link(project: Path) -> None:
    (project / "real.json").write_text("")
    (project / "link.json").symlink_to("real.json")
    memlint("check", *formats("json:link.json"), cwd=project)
    assert (project / "link.json").is_symlink()
    assert len(json.loads((project / "real.json").read_text())) == 2


def sarif(folder: Path, *flags: str) -> dict[str, Any]:
    memlint("check", "--select", "ML104", *formats("sarif:out.sarif"), *flags, cwd=folder)
    return readers.sarif((folder / "out.sarif").read_text("utf-8"))


def test_a_cycle_over_two_files_is_a_code_flow(tmp_path: Path) -> None:
    (tmp_path / "engine.py").write_text(ENGINE)
    (tmp_path / "monitor.py").write_text(MONITOR)
    run = sarif(tmp_path)
    (result,) = run["results"]
    ((flow,),) = [each["threadFlows"] for each in result["codeFlows"]]
    steps = [step["location"] for step in flow["locations"]]
    assert [
        (
            step["physicalLocation"]["artifactLocation"]["uri"],
            step["physicalLocation"]["region"]["startLine"],
            step["message"]["text"],
        )
        for step in steps
    ] == [
        ("engine.py", 6, "Engine.monitor → Monitor.engine"),
        ("monitor.py", 3, "Monitor.engine → Engine"),
    ]
    (rule,) = run["tool"]["driver"]["rules"]
    page = memlint("rule", "ML104").stdout
    assert rule["help"]["markdown"].rstrip() == page.rstrip()
    assert rule["fullDescription"]["text"].startswith("Two or more objects that keep each other")
    assert sarif(tmp_path)["results"] == run["results"], "from the cache"
    assert sarif(tmp_path, "--no-cache")["results"] == run["results"]


def test_related_places_of_standard_input_are_in_their_own_files(tmp_path: Path) -> None:
    (tmp_path / "monitor.py").write_text(MONITOR.replace("engine):", "engine):  # é", 1))
    flags = ["--select", "ML104", *formats("rdjson"), "--stdin-filename", "engine.py"]
    done = memlint("check", "-", *flags, cwd=tmp_path, stdin=ENGINE.encode())
    (told,) = readers.rdjson(done.stdout)
    (related,) = told["related_locations"]
    assert related["location"]["range"] == {"start": {"line": 3, "column": 9}, "end": {"line": 3, "column": 29}}


def test_fixed_text_and_reports_of_standard_input(project: Path) -> None:
    flags = ["--fix", "-q", *formats("concise", "json:a.json")]
    done = memlint("check", "-", *flags, cwd=project, stdin=(CYCLE + READ).encode())
    assert done.stdout.startswith("class Clock:")
    assert done.stderr.startswith("-:3:9: ML102")
    assert [each["code"] for each in json.loads((project / "a.json").read_text())] == ["ML102"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these file systems hold UTF-8 or UTF-16 names only")
def test_names_that_are_not_utf8_and_files_that_cannot_be_read(tmp_path: Path) -> None:
    for name, text in ((b"caf\xe9.py", CYCLE), (b"broken.py", "def f(:\n")):
        with open(os.fsencode(tmp_path) + b"/" + name, "w") as file:
            file.write(text)
    (tmp_path / "loop.py").symlink_to("loop.py")
    names = ["sarif", "gitlab", "junit", "rdjson", "azure", "markdown", "pylint"]
    done = memlint("check", *formats(*(f"{name}:{name}" for name in names)), "loop.py", "broken.py", ".", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    read = {name: (tmp_path / name).read_text("utf-8") for name in names}
    run = readers.sarif(read["sarif"])
    assert [each["ruleId"] for each in run["results"]] == ["ML000", "ML102"]
    assert not run["invocations"][0]["executionSuccessful"]
    assert [each["location"]["path"] for each in readers.gitlab(read["gitlab"])] == ["broken.py", r"caf\udce9.py"]
    assert [each["location"]["path"] for each in readers.rdjson(read["rdjson"])] == ["broken.py", r"caf\udce9.py"]
    assert {suite.name: (suite.failures, suite.errors) for suite in readers.junit(read["junit"])} == {
        "loop.py": (0, 1),
        "broken.py": (1, 0),
        r"caf\udce9.py": (1, 0),
    }
    assert [each[0].get("code") for each in readers.azure(read["azure"])] == ["ML000", "ML102", None]
    assert len(readers.markdown(read["markdown"])) == 3
    assert len(readers.pylint(read["pylint"])) == 2
