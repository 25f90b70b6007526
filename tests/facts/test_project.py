"""The way from a name in one file to its definition in another."""

from __future__ import annotations

import ast
import gc
import os
from pathlib import Path
from textwrap import dedent

import pytest

from memlint import run
from memlint.engine import lint
from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project, package_of
from memlint.registry import find
from memlint.settings import Settings
from memlint.source import SourceFile

CLASS = "class Child:\n    pass\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")


def opened(path: Path, project: Project) -> Facts:
    source = SourceFile(str(path), path.read_text("utf-8"))
    return Facts(source, Tree(source, ast.parse(source.text)), project)


def definition(folder: Path, importer: str, *, src: tuple[str, ...] = (".", "src")) -> str | None:
    """Where the function that the importer's last line calls is defined: path and name."""
    facts = opened(folder / importer, Project(root=str(folder), src=src))
    call = facts.tree.module.body[-1]
    assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
    found = facts.find(call.value.func)
    return f"{os.path.relpath(found.facts.source.path, folder)}:{found.node.name}" if found else None


@pytest.mark.parametrize(
    ("files", "importer", "expected"),
    [
        pytest.param(
            {"app/__init__.py": "", "app/child.py": CLASS, "app/owner.py": "from app.child import Child\nChild()\n"},
            "app/owner.py",
            "app/child.py:Child",
            id="package",
        ),
        pytest.param(
            {
                "src/app/__init__.py": "",
                "src/app/child.py": CLASS,
                "tests/test_child.py": "from app.child import Child\nChild()\n",
            },
            "tests/test_child.py",
            "src/app/child.py:Child",
            id="src layout, from the tests",
        ),
        pytest.param(
            {"src/space/a/owner.py": "import space.b.child as c\nc.Child()\n", "src/space/b/child.py": CLASS},
            "src/space/a/owner.py",
            "src/space/b/child.py:Child",
            id="namespace packages",
        ),
        pytest.param(
            {
                "app/__init__.py": "from .parts import Part as Child\n",
                "app/parts/__init__.py": "from .part import *\n",
                "app/parts/part.py": "from ._part import Part\n",
                "app/parts/_part.py": "class Part:\n    pass\n",
                "run.py": "import app\napp.Child()\n",
            },
            "run.py",
            "app/parts/_part.py:Part",
            id="re-exports and star imports",
        ),
        pytest.param(
            {
                "app/__init__.py": "",
                "app/a/__init__.py": "",
                "app/a/owner.py": "from ..b import child\nchild.Child()\n",
                "app/b/__init__.py": "",
                "app/b/child.py": CLASS,
            },
            "app/a/owner.py",
            "app/b/child.py:Child",
            id="relative import of a module",
        ),
        pytest.param(
            {"app/__init__.py": "", "app/child.py": CLASS, "app/owner.py": "from .child import *\nChild()\n"},
            "app/owner.py",
            "app/child.py:Child",
            id="star import",
        ),
        pytest.param(
            {
                "app/__init__.py": "",
                "app/child.py": "try:\n    from fast import Child\nexcept ImportError:\n    from .slow import Child\n",
                "app/slow.py": CLASS,
                "app/owner.py": "from .child import Child\nChild()\n",
            },
            "app/owner.py",
            "app/slow.py:Child",
            id="conditional import, one of them here",
        ),
        pytest.param(
            {
                "app/__init__.py": "",
                "app/child.py": "from .a import Child\nfrom .b import Child\n",
                "app/a.py": CLASS,
                "app/b.py": CLASS,
                "app/owner.py": "from .child import Child\nChild()\n",
            },
            "app/owner.py",
            None,
            id="two definitions",
        ),
        pytest.param(
            {
                "one.py": "from two import Child\n",
                "two.py": "from one import Child\n",
                "run.py": "import one\none.Child()\n",
            },
            "run.py",
            None,
            id="import cycle that defines nothing",
        ),
        pytest.param(
            {"one.py": "from two import *\n", "two.py": "from one import *\n", "run.py": "import one\none.Child()\n"},
            "run.py",
            None,
            id="cycle of star imports",
        ),
        pytest.param(
            {"json.py": "class JSONDecoder:\n    pass\n", "run.py": "import json\njson.JSONDecoder()\n"},
            "run.py",
            None,
            id="the standard library comes first",
        ),
        pytest.param(
            {
                "child.py": "Old = 1\nclass New:\n    pass\nChild = New\n",
                "run.py": "from child import Child\nChild()\n",
            },
            "run.py",
            "child.py:New",
            id="alias in the other module",
        ),
        pytest.param(
            {"child.py": "class Child:\n  def", "run.py": "from child import Child\nChild()\n"},
            "run.py",
            None,
            id="a file that Python refuses",
        ),
    ],
)
def test_a_definition_is_found_where_python_would_import_it_from(
    tmp_path: Path, files: dict[str, str], importer: str, expected: str | None
) -> None:
    write(tmp_path, files)
    found = definition(tmp_path, importer)
    assert found == (expected and expected.replace("/", os.sep))


def test_further_roots_come_from_the_settings(tmp_path: Path) -> None:
    write(tmp_path, {"libs/shared/shared/child.py": CLASS, "app/run.py": "from shared.child import Child\nChild()\n"})
    assert definition(tmp_path, "app/run.py") is None
    found = definition(tmp_path, "app/run.py", src=("app", "libs/shared"))
    assert found == os.path.join("libs", "shared", "shared", "child.py") + ":Child"


def test_without_a_root_no_other_file_is_looked_at(tmp_path: Path) -> None:
    write(tmp_path, {"child.py": CLASS, "run.py": "from child import Child\nChild()\n"})
    facts = opened(tmp_path / "run.py", Project())
    assert facts.project.find("child.Child", facts.source.path) is None
    assert facts.project.looked_for(facts) == frozenset()


CYCLE = {
    "src/app/__init__.py": "",
    "src/app/owner.py": """
        from app.parts import Engine

        class Owner:
            def __init__(self):
                self.engine = Engine(self)
        """,
    "src/app/parts/__init__.py": "from .engine import Engine\n",
    "src/app/parts/engine.py": """
        from .base import Part
        from ..wheel import Wheel

        class Engine(Part):
            def __init__(self, owner):
                super().__init__()
                self.wheel = Wheel(owner, size=2)
        """,
    "src/app/parts/base.py": """
        class Part:
            def __init__(self):
                self.name = ""
        """,
    "src/app/wheel.py": """
        from app.parts.base import Part

        class Wheel(Part):
            def __init__(self, car, size):
                super().__init__()
                self.attach(car)

            def attach(self, car):
                self.car = car
        """,
}


def cycles(folder: Path, files: dict[str, str]) -> list[tuple[int, tuple[str, ...], list[str]]]:
    """Line, path and related places of what ML104 reports in `owner.py`."""
    write(folder, files)
    path = folder / "src/app/owner.py"
    outcome = lint(SourceFile(str(path), path.read_text("utf-8")), [find("ML104")], Project(root=str(folder)))
    assert not outcome.failures
    return [
        (
            each.start.line,
            each.cycle,
            [
                f"{os.path.relpath(place.path, folder)}:{place.start.line}".replace(os.sep, "/")
                for place in each.related
            ],
        )
        for each in outcome.findings
    ]


def test_a_cycle_of_three_classes_in_three_files_is_told_with_its_path(tmp_path: Path) -> None:
    assert cycles(tmp_path, CYCLE) == [
        (
            6,
            ("Owner.engine", "Engine.wheel", "Wheel.car", "Owner"),
            ["src/app/parts/engine.py:8", "src/app/wheel.py:10"],
        )
    ]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        pytest.param("src/app/wheel.py", "self.car = car", "self.car = weakref.ref(car)", id="weak"),
        pytest.param("src/app/wheel.py", "self.car = car", "self.label = str(car)", id="not stored"),
        pytest.param(
            "src/app/wheel.py",
            "    def attach",
            "    def stop(self):\n                self.car = None\n\n            def attach",
            id="cut by the child",
        ),
        pytest.param(
            "src/app/parts/base.py",
            'self.name = ""',
            'self.name = ""\n\n            def stop(self):\n                self.wheel = None',
            id="cut by a base in another file",
        ),
        pytest.param(
            "src/app/owner.py",
            "self.engine = Engine(self)",
            "self.engine = Engine(self)\n\n            def close(self):\n                del self.engine",
            id="cut by the owner",
        ),
        pytest.param("src/app/parts/engine.py", "Wheel(owner, size=2)", "Wheel(None, size=2)", id="not passed on"),
        pytest.param(
            "src/app/parts/base.py",
            "class Part:",
            "class Part:\n            @property\n            def car(self):\n                return self._car()\n",
            id="a property of a base in another file",
        ),
    ],
)
def test_a_cycle_that_is_weak_cut_or_never_made_is_not_told(tmp_path: Path, path: str, old: str, new: str) -> None:
    text = dedent(CYCLE[path])
    assert dedent(old) in text
    assert cycles(tmp_path, CYCLE | {path: CYCLE[path].replace(old, new)}) == []


@pytest.mark.parametrize(
    "cut",
    [
        "def stop(wheel):\n    wheel.car = None\n",
        "def stop(owner):\n    owner.engine.wheel.car = None\n",
        "def stop(parts):\n    for part in parts:\n        del part.wheel\n",
        "def stop(owner):\n    setattr(owner, 'engine', None)\n",
    ],
)
def test_a_cut_in_another_file_of_the_folder_counts(tmp_path: Path, cut: str) -> None:
    assert cycles(tmp_path, CYCLE | {"src/app/stop.py": cut}) == []


def test_a_file_of_the_folder_that_only_reads_the_attribute_changes_nothing(tmp_path: Path) -> None:
    assert (
        len(cycles(tmp_path, CYCLE | {"src/app/stop.py": "def show(wheel):\n    return wheel.car or wheel.clear()\n"}))
        == 1
    )


def test_what_a_finding_depends_on_in_other_files_is_recorded(tmp_path: Path) -> None:
    write(tmp_path, CYCLE)
    path = tmp_path / "src/app/owner.py"
    project = Project(root=str(tmp_path))
    outcome = lint(SourceFile(str(path), path.read_text("utf-8")), [find("ML104")], project)
    needed = {str(tmp_path / name) for name in CYCLE} - {str(path)}
    assert needed <= outcome.looked_for
    alone = tmp_path / "alone.py"
    alone.write_text("from app.owner import Owner\nclass Alone:\n    def __init__(self):\n        self.x = Owner(1)\n")
    outcome = lint(SourceFile(str(alone), alone.read_text("utf-8")), [find("ML104")], project)
    assert outcome.looked_for == frozenset()


CAR = """
    from app.wheel import Wheel

    class Car:
        def __init__(self):
            self.wheel = Wheel(self, 1)
    """


def test_only_few_projects_keep_facts_at_hand(tmp_path: Path) -> None:
    """A run over many folders, each with settings of its own, keeps no facts for each."""
    for number in range(20):
        root = tmp_path / str(number)
        write(root, CYCLE | {"car.py": CAR})
        outcome = run.check_file(run.Task(str(root / "car.py"), Settings(root, None, select=("ML104",))))
        assert outcome.findings
    gc.collect()
    assert sum(isinstance(each, Facts) for each in gc.get_objects()) < 20


def test_a_tree_that_was_read_for_another_file_serves_that_file(tmp_path: Path) -> None:
    write(tmp_path, CYCLE)
    owner, base = tmp_path / "src/app/owner.py", tmp_path / "src/app/parts/base.py"
    project = Project(root=str(tmp_path))
    found = project.find("app.parts.base.Part", str(owner))
    assert found is not None
    text = base.read_text("utf-8")
    assert project.tree_at_hand(SourceFile(str(base), text)) is found.facts.tree
    assert project.tree_at_hand(SourceFile(str(base), text + "\n")) is None
    assert project.tree_at_hand(SourceFile(str(owner), text)) is None


def test_what_a_file_looked_for_while_it_served_another_is_not_forgotten(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/user.py": "from app.mid import Mid\n",
        "app/mid.py": "from app.base import Base\n",
        "app/base.py": "class Base: ...\n",
    }
    write(tmp_path, files)
    project = Project(root=str(tmp_path))
    base = str(tmp_path / "app/base.py")
    assert project.find("app.base.Base", str(tmp_path / "app/mid.py")) is not None
    facts = opened(tmp_path / "app/mid.py", project)
    with project.linting(facts):
        assert project.find("app.base.Base", facts.source.path) is not None
        assert base in project.looked_for(facts)


def test_the_package_of_a_file_that_is_named_from_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "__init__.py").touch()
    (inner.parent / "__init__.py").touch()
    monkeypatch.chdir(inner)
    assert package_of("a.py") == package_of(str(inner / "a.py")) == str(tmp_path / "outer")
