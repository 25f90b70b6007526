"""Where a value comes from: whether a function was given it, or something that it is made of, and may be given ever
new ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.memos import is_of_few
from memlint.facts.names import Binding, Definition, DefinitionKind, ScopeKind
from memlint.facts.shapes import asks_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Method: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
OF_CLASS = frozenset({"__class__", "__module__", "__name__", "__qualname__"})
"""Attributes of which there are as many as there are classes or functions."""
FURTHEST = 12
"""Callers that are followed one after the other."""


class Origins:
    """Tells what comes from outside, and what runs only while modules are imported."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._imports: dict[ast.AST, bool] = {}

    def parameters(self, value: ast.AST) -> Iterator[ast.arg]:
        """The parameters that a value is made of, through local names; not those that take a few values only."""
        yield from self._parameters(value, set())

    def _parameters(self, value: ast.AST, followed: set[Binding]) -> Iterator[ast.arg]:
        waiting: list[ast.AST] = [value]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Attribute) and node.attr in OF_CLASS:
                continue
            if isinstance(node, ast.Call):
                if self.facts.names.qualified(node.func) in known("growth", "few", "functions"):
                    continue
                inner = node.func.value if isinstance(node.func, ast.Attribute) else None
                waiting += [*node.args, *(each.value for each in node.keywords), *([inner] if inner else [])]
            elif isinstance(node, ast.Name):
                yield from self._of_name(node, followed)
            elif isinstance(node, ast.IfExp):
                waiting += [node.body, node.orelse]
            elif isinstance(node, ast.Compare):
                continue
            else:
                waiting += ast.iter_child_nodes(node)

    def _of_name(self, name: ast.Name, followed: set[Binding]) -> Iterator[ast.arg]:
        binding = self.facts.names.binding(name)
        if binding is None or binding in followed or binding.scope.kind in (ScopeKind.MODULE, ScopeKind.CLASS):
            return
        followed.add(binding)
        for definition in binding.definitions:
            if isinstance(definition.node, ast.arg):
                if not self.is_of_few(definition.node):
                    yield definition.node
            else:
                given = self.given(definition)
                if given is not None:
                    yield from self._parameters(given, followed)

    def is_open(self, value: ast.AST) -> bool:
        """Whether a value is made of a parameter that callers give ever new values, as the names in it tell: of an id,
        a path, a text, and not of a module, a model or a setting."""
        names = self.named(value)
        return not self.is_few(value) and any(words_of(name) & known("growth", "many", "words") for name in names)

    def is_of_files(self, value: ast.AST) -> bool:
        """Whether a value is made of a parameter that names a file or a pattern."""
        names = self.named(value)
        return not self.is_few(value) and any(words_of(name) & known("growth", "many", "files") for name in names)

    def is_few(self, value: ast.AST) -> bool:
        """Whether a name in a value says that there are as many of it as the program has parts."""
        return any(map(is_named_of_few, self.named(value)))

    def is_unlike_few(self, value: ast.AST) -> bool:
        """Whether a value is made of parameters, and no name in it says that there are few of it."""
        return bool(self.sources(value)) and not self.is_few(value)

    def named(self, value: ast.AST) -> set[str]:
        """The names that a value spells, save those of built-in functions, and those of the parameters that it is made
        of."""
        spelled = (node for node in walk(value) if not self.is_builtin(node))
        return {*(name for node in spelled for name in spelled_in(node)), *self.sources(value)}

    def is_builtin(self, node: ast.AST) -> bool:
        """Whether a node names something of Python itself: `hash`, `str`."""
        return isinstance(node, ast.Name) and (self.facts.names.qualified(node) or "").startswith("builtins.")

    def is_identity(self, value: ast.AST) -> bool:
        """Whether a value is made of the identity of a parameter, which is another with each object."""
        return any(
            isinstance(node, ast.Call)
            and self.facts.names.qualified(node.func) == "builtins.id"
            and bool(self.sources(node))
            for node in walk(value)
        )

    def is_new(self, key: ast.expr) -> bool:
        """Whether a key is another with each call: made of an open parameter, an identity, a time, a count."""
        if self.is_fresh(key, set()):
            return True
        return bool(self.sources(key)) and self.is_open(key)

    def is_fresh(self, key: ast.AST, followed: set[Binding]) -> bool:
        for node in walk(key):
            if isinstance(node, ast.Call) and self.facts.names.qualified(node.func) in known(
                "growth", "registries", "fresh"
            ):
                return True
            binding = self.facts.names.binding(node) if isinstance(node, ast.Name) else None
            if binding is None or binding in followed or binding.scope.kind is not ScopeKind.FUNCTION:
                continue
            followed.add(binding)
            values = (each.value for each in binding.definitions if each.value is not None)
            if any(self.is_fresh(each, followed) for each in values):
                return True
        return False

    def sources(self, value: ast.AST) -> set[str]:
        """The names of the parameters that a value is made of."""
        return {parameter.arg for parameter in self.parameters(value)}

    def given(self, definition: Definition) -> ast.AST | None:
        """What a definition takes its value, or a part of it, from."""
        if definition.value is not None:
            return definition.value
        if definition.kind is DefinitionKind.LOOP:
            for outer in self.facts.tree.ancestors(definition.node):
                if isinstance(outer, (ast.For, ast.AsyncFor, ast.comprehension)):
                    return outer.iter
        if definition.kind in (DefinitionKind.ASSIGNMENT, DefinitionKind.AUGMENTED):
            return getattr(definition.statement, "value", None)
        return None

    def is_of_few(self, parameter: ast.arg) -> bool:
        """Whether a parameter can take a few values only, by its annotation, its default or its name."""
        if is_of_few(parameter) or parameter.arg in known("growth", "few", "parameters"):
            return True
        arguments = self.facts.tree.parents[parameter]
        if not isinstance(arguments, ast.arguments):
            return False
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
        defaults.update(
            {each: value for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value}
        )
        default = defaults.get(parameter)
        return isinstance(default, ast.Constant) and isinstance(default.value, bool)

    def is_import_time(self, function: ast.AST) -> bool:
        """Whether a function may run while a module is imported: by its own name, as a hook of class creation, as a
        decorator, or by a call at module level, through other functions of this file too."""
        if function not in self._imports:
            self._imports[function] = False
            self._imports[function] = self._runs_at_import(function)
        return self._imports[function]

    def _runs_at_import(self, function: ast.AST) -> bool:
        if isinstance(function, ast.Module):
            return True
        if isinstance(function, ast.Lambda):
            return self.is_import_time(self.facts.tree.function(function))
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        if function.name in known("growth", "import", "methods") or self.gives_back(function):
            return True
        outer = self.facts.tree.function(function)
        if not isinstance(outer, ast.Module) and self.is_import_time(outer):
            return True
        return any(self.is_run_at_import(use) for use in self.uses(function))

    def is_run_at_import(self, use: ast.expr) -> bool:
        """Whether a use stands where imports run it, save under `if __name__ == "__main__"`."""
        for outer in self.facts.tree.ancestors(use):
            if isinstance(outer, ast.If) and asks_name(outer.test):
                return False
        return self.is_import_time(self.facts.tree.function(use))

    def uses(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
        """Where the file reads the name of a function; of `__init__`, that of its class."""
        model = next((each for each in self.facts.tree.ancestors(function) if isinstance(each, ast.ClassDef)), None)
        if model is not None and function in model.body:
            if function.name in ("__init__", "__new__", "__post_init__"):
                binding = self.facts.names.binding_of(model)
                yield from (use for use in (binding.uses if binding else ()) if self.facts.tree.is_called(use))
                return
            yield from (use for use in self.facts.class_containers.uses(function.name) if isinstance(use.ctx, ast.Load))
            return
        binding = self.facts.names.binding_of(function)
        yield from binding.uses if binding else ()

    def gives_back(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a function returns a parameter as it is, as decorators that register do, or a function of its own."""
        for node in walk(function):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Name):
                if self.facts.tree.function(node) is not function:
                    continue
                binding = self.facts.names.binding(node.value)
                made = binding.sole if binding else None
                if made is not None and made.kind in (
                    DefinitionKind.PARAMETER,
                    DefinitionKind.FUNCTION,
                    DefinitionKind.CLASS,
                ):
                    return True
        return False


def spelled_in(node: ast.AST) -> list[str]:
    """The identifiers that a node itself spells."""
    return [name for name in (getattr(node, "id", None), getattr(node, "attr", None)) if isinstance(name, str)]


def words_of(name: str) -> set[str]:
    """The words of an identifier in lower case: of `imageUrl` and `image_url` the same."""
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_"))


def is_named_of_few(name: str) -> bool:
    """Whether an identifier says that there are as many of it as the program has parts; one or several of them."""
    words = words_of(name)
    return bool((words | {word[:-1] for word in words if word.endswith("s")}) & known("growth", "few", "words"))


def is_headed_by_few(name: str) -> bool:
    """Whether the last word of an identifier, which says what a thing is, says that a program has few of it."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")
    return is_named_of_few(words[-1])
