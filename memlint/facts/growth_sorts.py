"""What is put into a container, by whom, and whether there is ever more of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.class_kinds import ClassKind
from memlint.facts.class_model import MAKING
from memlint.facts.growth_model import Container, Growth, Home, Sort
from memlint.facts.names import DefinitionKind, imported_from
from memlint.facts.origins import Origins, is_headed_by_few, is_named_of_few, spelled_in, words_of
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts


class GrowthSorts:
    """Tells growths apart by what they put in."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._known: dict[Home, list[Container]] = {}
        self.firsts: dict[type, list[tuple[int, Container, Growth]]] = {}
        """By rule, what it finds in the whole file: the line, the container and its first growth that is a fault."""

    @cached_property
    def origins(self) -> Origins:
        return Origins(self.facts)

    def sort(self, container: Container, growth: Growth) -> Sort:
        """What is put in, or by whom."""
        value = growth.value
        if container.kind == "defaultdict" and isinstance(container.made, ast.Call) and container.made.args:
            factory = container.made.args[0]
            value = value or (factory.body if isinstance(factory, ast.Lambda) else factory)
        if container.kind in ("dict", "defaultdict"):
            if value is not None and self.is_made_of(value, "locks"):
                return Sort.LOCK
        elif value is not None and self.is_made_of(value, "weak"):
            return Sort.PLAIN if self.has_callback(value) else Sort.WEAK
        elif container.kind in ("list", "deque") and value is not None and self.is_message(value):
            return Sort.MESSAGE
        return Sort.HANDLED if self.handler(growth) else Sort.PLAIN

    def is_made_of(self, value: ast.expr, listed: str) -> bool:
        """Whether a value is, or names, the result of a listed call, or is the listed class itself."""
        if isinstance(value, ast.Name) and (binding := self.facts.names.binding(value)):
            made = [each.value for each in binding.definitions if isinstance(each.value, ast.Call)]
            if made:
                return any(self.is_made_of(each, listed) for each in made)
        called = value.func if isinstance(value, ast.Call) else value
        return self.facts.names.qualified(called) in known("growth", "values", listed)

    def has_callback(self, value: ast.expr) -> bool:
        """Whether a weak reference is made with a callback, which may take it out."""
        binding = self.facts.names.binding(value) if isinstance(value, ast.Name) else None
        made = [each.value for each in binding.definitions] if binding else [value]
        return any(isinstance(each, ast.Call) and len(each.args) + len(each.keywords) > 1 for each in made)

    def is_message(self, value: ast.expr) -> bool:
        """Whether a value is a message with a role and a content."""
        if isinstance(value, ast.Name) and (binding := self.facts.names.binding(value)) and binding.sole:
            value = binding.sole.value or value
        if isinstance(value, (ast.List, ast.Tuple)):
            return bool(value.elts) and all(map(self.is_message, value.elts))
        if isinstance(value, ast.Dict):
            keys = {key.value for key in value.keys if isinstance(key, ast.Constant)}
            return "role" in keys and bool(keys & known("growth", "messages", "keys"))
        if isinstance(value, ast.Call):
            name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
            if name == "dict":
                return "role" in {each.arg for each in value.keywords}
            return name in known("growth", "messages", "classes")
        return False

    def handler(self, growth: Growth) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The route, task or handler of an imported framework that a growth stands in."""
        function = self.facts.tree.function(growth.use)
        for outer in (function, *self.facts.tree.ancestors(function)):
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
                map(self.is_route, outer.decorator_list)
            ):
                return outer if self.has_framework else None
        return None

    def is_route(self, decorator: ast.expr) -> bool:
        """Whether a decorator hands a function to a framework that calls it for each request or message."""
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if self.facts.names.qualified(called) in known("growth", "handlers", "functions"):
            return True
        return isinstance(called, ast.Attribute) and called.attr in known("growth", "handlers", "methods")

    @cached_property
    def has_framework(self) -> bool:
        """Whether the file imports a framework that calls handlers."""
        listed = known("growth", "handlers", "frameworks")
        bindings = self.facts.names.module.bindings.values()
        imports = [each for binding in bindings for each in binding.definitions if each.kind is DefinitionKind.IMPORT]
        return any(imported_from(each).partition(".")[0] in listed for each in imports)

    def is_repeated(self, growth: Growth) -> bool:
        """Whether a growth stands in a function that runs again and again, and not only while the program is set up."""
        function = self.facts.tree.function(growth.use)
        if self.origins.is_import_time(function):
            return False
        around = [function, *self.facts.tree.ancestors(function)]
        names = (str(getattr(each, "name", "")) for each in around if is_function(each))
        words = {word for name in names if not name.startswith("__") for word in words_of(name)}
        return words.isdisjoint(known("growth", "import", "words"))

    def is_from_outside(self, container: Container, growth: Growth) -> bool:
        """Whether the key, or the value where there is none, is made of a parameter that has ever new values."""
        told = growth.key if growth.key is not None else growth.value
        if growth.is_reading and self.sort(container, growth) is not Sort.LOCK:
            return False
        if isinstance(told, ast.Name) and self.facts.classes.instance(told) and container.home is not Home.INSTANCE:
            return self.name_around(told) in MAKING
        if told is None or is_named_of_few(container.name):
            return False
        if growth.key is not None and not words_of(container.name).isdisjoint(known("growth", "few", "containers")):
            return False
        if growth.key is not None and self.origins.is_identity(told):
            return True
        is_endless = self.origins.is_open(told) or (self.origins.is_of_files(told) and self.is_content(growth))
        return bool(self.origins.sources(told)) and is_endless

    def is_content(self, growth: Growth) -> bool:
        """Whether what is put in is what a call read."""
        calls = [node.func for value in self.values(growth) for node in walk(value) if isinstance(node, ast.Call)]
        names = (name for function in calls for name in spelled_in(function))
        return any(words_of(name) & known("growth", "many", "contents") for name in names)

    def values(self, growth: Growth) -> Iterator[ast.expr]:
        """What a growth puts in, and what a local variable there is bound to."""
        if growth.value is not None:
            yield growth.value
        binding = self.facts.names.binding(growth.value) if isinstance(growth.value, ast.Name) else None
        yield from (each.value for each in (binding.definitions if binding else ()) if each.value is not None)

    def may_be_from_outside(self, container: Container, growth: Growth) -> bool:
        """Whether the key, or the value, is made of a parameter, and no name says that there are few of it."""
        told = growth.key if growth.key is not None else growth.value
        if told is None or growth.is_reading or is_named_of_few(container.name):
            return False
        if not words_of(container.name).isdisjoint(known("growth", "few", "containers")):
            return False
        return self.origins.is_unlike_few(told)

    def is_of_instance(self, container: Container, growth: Growth) -> bool:
        """Whether a method puts an attribute of its own instance into a set or list that outlives that, and its name
        does not say that there are few."""
        told = growth.value
        if (
            container.kind not in ("list", "set")
            or not isinstance(told, ast.Attribute)
            or self.facts.classes.instance(told.value) is None
        ):
            return False
        function = self.facts.tree.function(growth.use)
        is_setup = self.name_around(growth.use) in MAKING or self.origins.is_import_time(function)
        return not is_setup and not self.origins.is_few(told)

    def is_of_current(self, growth: Growth, listed: str = "objects") -> bool:
        """Whether the key is what runs at present: a task, a loop, a graph, of which there are ever new."""
        key = growth.key
        binding = self.facts.names.binding(key) if isinstance(key, ast.Name) else None
        made = binding.sole.value if binding and binding.sole else key
        if not isinstance(made, ast.Call) or made.args or made.keywords:
            return False
        name = getattr(made.func, "attr", getattr(made.func, "id", ""))
        return name.lstrip("_") in known("growth", "current", listed)

    def is_pinned(self, growth: Growth) -> bool:
        """Whether an object is kept under its own identity: only the entry keeps that identity taken."""
        key, value = growth.key, growth.value
        if key is None or not isinstance(value, ast.Name) or not self.origins.sources(value):
            return False
        return any(
            self.facts.names.qualified(node.func) == "builtins.id"
            and [each.id for each in node.args if isinstance(each, ast.Name)] == [value.id]
            for node in walk(key)
            if isinstance(node, ast.Call)
        )

    def is_collected(self, container: Container, growth: Growth) -> bool:
        """Whether each instance puts objects that it is given into a container that its class means to share."""
        owner, value = container.owner, growth.value
        if owner is None or container.kind not in ("list", "set") or not self.is_through_instance(growth):
            return False
        if any(each.name == container.name for each in self.facts.class_containers.of(owner)):
            return False
        binding = self.facts.names.binding(value) if isinstance(value, ast.Name) else None
        given = (DefinitionKind.PARAMETER, DefinitionKind.LOOP)
        if (
            value is None
            or binding is None
            or self.is_self_entry(growth)
            or any(each.kind not in given for each in binding.definitions)
        ):
            return False
        return not any(map(is_headed_by_few, (container.name, *self.origins.named(value))))

    def is_through_instance(self, growth: Growth) -> bool:
        """Whether a growth reaches a container of a class through an instance, as if it were the instance's own."""
        use = growth.use
        return isinstance(use, ast.Attribute) and self.facts.classes.instance(use.value) is not None

    def is_self_entry(self, growth: Growth) -> bool:
        """Whether an instance enters itself."""
        value = growth.key if growth.key is not None else growth.value
        return isinstance(value, ast.Name) and self.facts.classes.instance(value) is not None

    def is_of_lasting(self, container: Container) -> bool:
        """Whether the name of a class says that its instances live long."""
        name = container.owner.node.name if container.owner else ""
        return any(name.lower().endswith(word) for word in known("growth", "lasting", "classes"))

    def is_listener(self, container: Container, growth: Growth) -> bool:
        """Whether a public method puts a listener that it is given into a list, for good."""
        value, function = growth.value, self.facts.tree.function(growth.use)
        if container.kind not in ("deque", "list", "set") or not isinstance(value, ast.Name):
            return False
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or function.name.startswith("_"):
            return False
        if function.decorator_list or self.origins.is_import_time(function) or self.is_returned(value, function):
            return False
        binding = self.facts.names.binding(value)
        is_given = binding is not None and binding.sole is not None and isinstance(binding.sole.node, ast.arg)
        return is_given and not words_of(value.id).isdisjoint(known("growth", "listeners", "words"))

    def is_returned(self, value: ast.Name, function: ast.AST) -> bool:
        """Whether a function gives back what it was given, as a decorator does."""
        returns = [node.value for node in walk(function) if isinstance(node, ast.Return)]
        return any(isinstance(each, ast.Name) and each.id == value.id for each in returns)

    def is_new_each_time(self, growth: Growth) -> bool:
        """Whether a call puts in something of its own: under a key made of what it was given, or behind the rest."""
        if growth.key is None:
            return not isinstance(growth.value, ast.Constant)
        told = (self.origins.is_new, self.origins.is_open, self.origins.is_of_files)
        return any(asked(growth.key) for asked in told)

    def is_turn(self, growth: Growth) -> bool:
        """Whether a message is put in once a turn: in an endless loop, or in a function that is given something."""
        function = self.facts.tree.function(growth.use)
        if getattr(function, "name", "") in MAKING or self.origins.is_import_time(function):
            return False
        loop = self.facts.tree.enclosing(growth.use, ast.While)
        return loop is not None or (growth.value is not None and bool(self.origins.sources(growth.value)))

    def is_of_metaclass(self, growth: Growth) -> bool:
        """Whether a growth stands in a metaclass, which runs it once for each class."""
        around = self.facts.tree.enclosing(growth.use, ast.ClassDef)
        if not isinstance(around, ast.ClassDef):
            return False
        model = self.facts.classes.of(around)
        return model.is_metaclass or self.facts.class_kinds.of(model) is ClassKind.METACLASS

    def warned(self, call: ast.Call) -> ast.expr | None:
        """The text of a warning that is made of what a function is given, and that no name says to be one of few."""
        if self.facts.names.qualified(call.func) != "warnings.warn" or not call.args:
            return None
        text, function = call.args[0], self.facts.tree.function(call)
        if not isinstance(text, (ast.JoinedStr, ast.BinOp, ast.Call)) or self.is_of_deprecation(call):
            return None
        if self.origins.is_import_time(function) and not self.is_converter(function):
            return None
        is_open = self.origins.is_open if isinstance(text, ast.Call) else self.origins.is_unlike_few
        return text if is_open(text) else None

    def is_of_deprecation(self, call: ast.Call) -> bool:
        """Whether a warning says that something will go, which depends on the program and not on its data."""
        categories = [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "category")]
        names = (name for each in categories for name in spelled_in(each))
        return any(name.endswith(("DeprecationWarning", "FutureWarning")) for name in names)

    def is_converter(self, function: ast.AST) -> bool:
        """Whether a function that gives back its parameter asks whether that is text, as no decorator does."""
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or function.decorator_list:
            return False
        tests = (node for node in walk(function) if isinstance(node, ast.Call) and len(node.args) == 2)
        tests = (each for each in tests if self.facts.names.qualified(each.func) == "builtins.isinstance")
        spelled = {name for test in tests for node in walk(test.args[1]) for name in spelled_in(node)}
        is_of_text = bool(spelled & {"bytes", "str", "text_type", "unicode", "string_types", "basestring"})
        is_at_import = any(map(self.origins.is_run_at_import, self.origins.uses(function)))
        return is_of_text and not is_at_import

    def name_around(self, use: ast.expr) -> str:
        """The name of the function that a use stands in."""
        return getattr(self.facts.tree.function(use), "name", "")


def is_function(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
