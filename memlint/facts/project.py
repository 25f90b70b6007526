"""What holds for all files of a run, and the way from a name in one file to its definition in another.

Nothing is read before a rule asks. Files are looked for as Python would import them from the importing file: next to
its top-level package, in the folders above it up to the root of the project, in a `src` folder of any of these, and in
the `src` folders of the settings. What was looked for is recorded, found or not: a finding depends on it.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.names import DefinitionKind, imported_from
from memlint.knowledge import Extension
from memlint.memory import AT_HAND, collector
from memlint.model import Outcome
from memlint.source import SourceFile, Undecodable
from memlint.stamps import Stamps, members

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.layout import Tree

LARGEST = 1_000_000
"""Characters of a file that is still read for another's sake."""

IN_TESTS = re.compile(r"[/\\](?:(?:tests?|testing|examples?)[/\\]|(?:test_[^/\\]*|[^/\\]*_tests?|conftest)\.py)")
"""Files that say nothing of what a program does."""

ANSWERS = 5_000
"""Answers about other files that a process keeps at hand."""

REMEMBERED = 200
"""Names whose callers a process keeps at hand."""

FURTHEST = 40
"""Names that are followed from import to import before a definition is given up."""


class Found(NamedTuple):
    """A class or function, and the facts of the file that defines it."""

    facts: Facts
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Outline(NamedTuple):
    """The names that a module binds, and the modules, as written, that it imports all names from."""

    names: frozenset[str]
    stars: tuple[str, ...]


class Project:
    """The Python version that the code must run on, as (major, minor), the folder that paths are told from, the folders
    where imports begin, relative to it, and what the user adds to the knowledge tables.

    Without a root no other file is looked at.
    """

    def __init__(
        self,
        target: tuple[int, int] = (3, 10),
        root: str = "",
        src: tuple[str, ...] = (".", "src"),
        knowledge: Extension = (),
        at_hand: int = AT_HAND,
    ) -> None:
        self.target = target
        self.root = os.path.abspath(root) if root else ""
        self.src = src
        self.knowledge = knowledge
        self.at_hand = at_hand
        """Characters of other files whose facts are kept."""
        self._facts: dict[str, Facts | None] = {}
        self._looked: dict[str, set[str]] = {}
        self._packages: dict[str, list[str]] = {}
        self._found: dict[tuple[str, str], tuple[str, list[tuple[str, str]]]] = {}
        """The files that a name may lead to from a folder, with the file that asked first: the others depend on what it
        looked for."""
        self._outlines: dict[str, Outline] = {}
        self._definitions: dict[tuple[str, str], tuple[str, tuple[str, int] | None]] = {}
        """Path and line of what a name means in a folder, with the file that asked first."""
        self._answers: dict[tuple[str, int | str, int | str], bool] = {}
        self._called: dict[tuple[str, str], list[str]] = {}
        self._searched_in: set[str] = set()
        self._linted = ""
        """The path of the file that is being linted."""
        self.stamps = Stamps()
        """The states of what outcomes depend on, as they were when one first did."""

    def is_taught(self, text: bytes) -> bool:
        """Whether a text may use a name that the user added to the knowledge tables: no gate knows of it."""
        return any(name.rpartition(".")[2].encode() in text for *_, names in self.knowledge for name in names)

    def tree_at_hand(self, source: SourceFile) -> Tree | None:
        """The tree of a file that was read for another's sake, where it still has that text."""
        facts = self._facts.get(os.path.abspath(source.path))
        return facts.tree if facts and facts.source.text == source.text else None

    @contextmanager
    def linting(self, facts: Facts) -> Iterator[None]:
        """Take the facts of a file for what the project knows of it, for as long as it is being linted."""
        path = os.path.abspath(facts.source.path)
        self._searched_in = set()
        before = self._facts.pop(path, None)
        if before is not None and before.source.text != facts.source.text:
            self.stamps = Stamps()
            self._looked.pop(path, None)
            self._facts.clear()
            self._answers.clear()
            self._found.clear()
            self._definitions.clear()
            self._outlines.clear()
        self._facts[path] = facts
        self._linted = path
        try:
            yield
        finally:
            self._linted = ""
            if not any(path in looked for looked in self._looked.values()):
                del self._facts[path]
                facts.close()
            self.make_room()

    def looked_for(self, facts: Facts) -> frozenset[str]:
        """The paths of other files, there or not, that facts of a file came from, at first or further hand."""
        own = os.path.abspath(facts.source.path)
        seen: set[str] = set()
        waiting = [own]
        while waiting:
            path = waiting.pop()
            if path not in seen:
                seen.add(path)
                waiting += self._looked.get(path, ())
        return frozenset(seen - {own})

    @property
    def searched(self) -> frozenset[str]:
        """The packages that were searched for the sake of the file which is being linted."""
        return frozenset(self._searched_in)

    def find(self, qualified: str, importer: str) -> Found | None:
        """The class or function that a qualified name means in a file, in whatever file of the project it stands."""
        if not self.root or qualified.startswith("builtins."):
            return None
        importer = os.path.abspath(importer)
        question = qualified, os.path.dirname(importer)
        if question not in self._definitions:
            found = self._find(qualified, importer, set())
            where = (os.path.abspath(found.facts.source.path), found.node.lineno) if found else None
            if len(self._definitions) >= ANSWERS:
                del self._definitions[next(iter(self._definitions))]
            self._definitions[question] = importer, where
            return found
        first, where = self._definitions[question]
        if first != importer:
            self._looked.setdefault(importer, set()).add(first)
        facts = self._read(where[0]) if where else None
        return facts.definition_at(where[1]) if facts and where else None

    def beside(self, facts: Facts, pattern: re.Pattern[bytes]) -> Iterator[Facts]:
        """The facts of the other files in a file's folder whose text has a match; for what may stand in any of them."""
        own = os.path.abspath(facts.source.path)
        folder = os.path.dirname(own)
        self._searched_in.add(folder)
        for name in sorted(os.listdir(folder)) if self.root and os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            if not name.endswith(".py") or path == own or not self._is_file(path, own):
                continue
            try:
                has_match = pattern.search(Path(path).read_bytes()) is not None
            except OSError:
                continue
            found = self._read(path) if has_match else None
            if found is not None:
                yield found

    def answered(self, question: tuple[str, int | str, int | str], answer: Callable[[], bool]) -> bool:
        """The answer to a question about a line of a file, or a name in a package, worked out once; those asked last
        are kept."""
        self._searched_in.add(package_of(question[0]) if isinstance(question[1], int) else question[0])
        if question not in self._answers:
            found = answer()
            if len(self._answers) >= ANSWERS:
                del self._answers[next(iter(self._answers))]
            self._answers[question] = found
        return self._answers[question]

    def calling(self, facts: Facts, name: str, most: int) -> Iterator[Facts]:
        """The facts of the other files of a file's package, tests apart, in which something of a name is called; of the
        first so many files, its own counted."""
        own = os.path.abspath(facts.source.path)
        self._searched_in.add(package_of(own))
        for path in self._callers(package_of(own) if self.root else "", name, own)[:most]:
            found = self._read(path) if path != own else None
            if found is not None:
                yield found

    def _callers(self, package: str, name: str, own: str) -> list[str]:
        """The paths of a package's files that call something of a name; what was found last is kept at hand."""
        if (package, name) in self._called:
            return self._called[package, name]
        called = f"{name}(".encode()
        found = []
        for path in self._members(package):
            if not IN_TESTS.search(path, len(package)):
                try:
                    with open(path, "rb") as file:
                        has_call = called in file.read()
                except OSError:
                    continue
                if has_call and self._is_file(path, own):
                    found.append(path)
        self._called[package, name] = found
        if len(self._called) > REMEMBERED:
            del self._called[next(iter(self._called))]
        return found

    def _members(self, package: str) -> list[str]:
        """The Python files of a package, its own folder's where that is none; of one package at a time."""
        if package not in self._packages:
            self._packages.clear()
            self._packages[package] = []
            self._packages[package] += filter(os.path.isfile, members(package) if package else ())
        return self._packages[package]

    def _find(self, qualified: str, importer: str, asked: set[tuple[str, str]]) -> Found | None:
        """The definition, following imports from file to file; `asked` are the names on the way."""
        for path, attributes in self._modules(qualified, importer):
            if not attributes or (path, attributes) in asked or len(asked) == FURTHEST:
                continue
            asked.add((path, attributes))
            name, _, rest = attributes.partition(".")
            outline = self._outline(path)
            if name in outline.names:
                facts = self._read(path)
                found = self._defined(facts, name, rest, asked) if facts else None
            else:
                others = (self._find(joined(module, attributes), path, asked) for module in outline.stars)
                found = next((each for each in others if each), None)
            if found is not None:
                return found
        return None

    def _outline(self, path: str) -> Outline:
        """What names a module has, kept when its facts are not: most questions end there."""
        if path not in self._outlines:
            facts = self._read(path)
            names, stars = (facts.names.module.bindings, facts.star_imports) if facts else ((), ())
            self._outlines[path] = Outline(frozenset(names), tuple(stars))
        return self._outlines[path]

    def _defined(self, facts: Facts, name: str, rest: str, asked: set[tuple[str, str]]) -> Found | None:
        """What a name of a module means, or an attribute of that: the one definition that all its bindings come to."""
        path = os.path.abspath(facts.source.path)
        binding = facts.names.module.bindings[name]
        candidates: list[Found | None] = []
        for definition in binding.definitions:
            if isinstance(definition.node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                candidates.append(None if rest else Found(facts, definition.node))
            elif definition.kind is DefinitionKind.IMPORT:
                origin = imported_from(definition)
                candidates.append(self._find(f"{origin}.{rest}" if rest else origin, path, asked))
            elif isinstance(definition.value, (ast.Name, ast.Attribute)) and not rest:
                alias = facts.names.qualified(definition.value)
                candidates.append(self._find(alias, path, asked) if alias else facts.find(definition.value))
        different = {each.node: each for each in candidates if each}
        return different.popitem()[1] if len(different) == 1 else None

    def _modules(self, qualified: str, importer: str) -> list[tuple[str, str]]:
        """The files that a dotted name may lead to, each with what is left of the name; the longest module first."""
        question = qualified, os.path.dirname(importer)
        if question not in self._found:
            if len(self._found) >= ANSWERS:
                del self._found[next(iter(self._found))]
            self._found[question] = importer, list(self._searched(qualified, importer))
        first, found = self._found[question]
        if first != importer:
            self._looked.setdefault(importer, set()).add(first)
        return found

    def _searched(self, qualified: str, importer: str) -> Iterator[tuple[str, str]]:
        relative = qualified.lstrip(".")
        level = len(qualified) - len(relative)
        parts = relative.split(".")
        for folder in self._folders(importer, level, parts[0]):
            for length in range(len(parts), -1 if level else 0, -1):
                module = os.path.join(folder, *parts[:length])
                package = os.path.join(module, "__init__.py")
                for path in (package, f"{module}.py") if length else (package,):
                    if self._is_file(path, importer):
                        yield path, ".".join(parts[length:])

    def _folders(self, importer: str, level: int, top: str) -> Iterator[str]:
        """The folders where an import begins: that of the package, for a relative one."""
        folder = os.path.dirname(importer)
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            yield folder
            return
        if top in sys.stdlib_module_names:
            return
        while self._is_file(os.path.join(folder, "__init__.py"), importer):
            folder = os.path.dirname(folder)
        seen = set()
        above = [folder, *map(str, Path(folder).parents)] if self._is_inside(folder) else [folder]
        for start in above:
            if start == folder or self._is_inside(start):
                for place in (start, os.path.join(start, "src")):
                    seen.add(place)
                    yield place
        for place in self.src:
            start = os.path.normpath(os.path.join(self.root, place))
            if start not in seen:
                yield start

    def _is_inside(self, folder: str) -> bool:
        return folder == self.root or folder.startswith(self.root.rstrip(os.sep) + os.sep)

    def _is_file(self, path: str, importer: str) -> bool:
        """Whether a file is there, which what is found for the importer depends on; one `stat` a path."""
        self._looked.setdefault(importer, set()).add(path)
        if path not in self._present:
            self._present[path] = path in self._facts or os.path.isfile(path)
        return self._present[path]

    @cached_property
    def _present(self) -> dict[str, bool]:
        return {}

    def _read(self, path: str) -> Facts | None:
        """The facts of another file; None where it cannot be analysed: its own check says why."""
        if path in self._facts:
            self._facts[path] = self._facts.pop(path)
            return self._facts[path]
        self._facts[path] = self._parsed(path)
        self._forget(path)
        return self._facts[path]

    def _parsed(self, path: str) -> Facts | None:
        from memlint.facts import Facts
        from memlint.syntax import read

        try:
            source = SourceFile.from_bytes(path, Path(path).read_bytes())
        except (OSError, Undecodable):
            return None
        tree = read(source, Outcome(path)) if len(source.text) <= LARGEST else None
        return Facts(source, tree, self) if tree and not tree.is_too_deep else None

    def _forget(self, kept: str) -> None:
        """Let go of the facts used longest ago, until what is left is little."""
        sizes = self._sizes()
        total = sum(sizes.values())
        for path, size in sizes.items():
            if total > self.at_hand and path not in (kept, self._linted):
                total -= size
                del self._facts[path]
                collector.count(size)

    def make_room(self, more: int = 0) -> None:
        """Cut the cycles of all facts, where they are many, or would be with so many characters more; nobody may work
        with them. One by one will not do, as they hold each other."""
        if sum(self._sizes().values()) + more > self.at_hand:
            for facts in filter(None, self._facts.values()):
                facts.close()
            self._facts.clear()

    def _sizes(self) -> dict[str, int]:
        """The characters of each file whose facts are kept."""
        return {path: len(facts.source.text) if facts else 0 for path, facts in self._facts.items()}


def joined(module: str, name: str) -> str:
    """The dotted name of what a module holds; a module that is all dots needs no further one."""
    return module + name if module.endswith(".") else f"{module}.{name}"


def package_of(path: str) -> str:
    """The outermost folder around a file that is a package; the file's own folder where that is none."""
    folder = os.path.dirname(os.path.abspath(path))
    while os.path.isfile(os.path.join(os.path.dirname(folder), "__init__.py")):
        folder = os.path.dirname(folder)
    return folder
