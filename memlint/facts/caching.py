"""Which functions stand behind a cache, which cache that is, and how much it keeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.class_kinds import ClassKind
from memlint.facts.class_model import CLASS_PARAMETERS, ClassModel, MethodKind, class_body, first_parameter, method_kind
from memlint.facts.escape import changes
from memlint.facts.kinds import default_of
from memlint.facts.results import own_nodes
from memlint.facts.shapes import is_none, last_name
from memlint.knowledge import inverted
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
WORD = re.compile("[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
GETTERS = frozenset({"fget", "func"})
"""Attributes by which a property gives the function that is behind it."""
USUAL = 128
"""How many results a cache keeps that is told no size."""
BY_NUMBER = frozenset({"awaiting", "sized"})


class Cached(NamedTuple):
    """A function with a cache around it."""

    function: Function
    by: ast.expr
    """The decorator, or the call that wraps the function."""
    kind: str
    """The key of the table under which the cache is known: `sized`, `endless`, `awaiting`, `given`, `property`."""
    name: str
    """What the cache is called, without its module."""
    limit: int | None
    """How many results it keeps; None where that is all of them, or is not known."""
    is_endless: bool
    """Whether it certainly keeps all of them."""
    inner: tuple[str, ...] = ()
    """The decorators between the function and the cache; an unknown one is an empty name."""
    is_cleared: bool = False
    """Whether the file clears the cache of a function of that name at times."""


class Caching:
    """Reads the decorators of functions and the calls that wrap one."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def makers(self) -> dict[str, str]:
        return inverted("caches", "made_by")

    def of(self, function: Function) -> Cached | None:
        """The cache nearest to a function among its decorators."""
        inner: list[str] = []
        for decorator in reversed(function.decorator_list):
            found = self.cache(decorator)
            if found is not None:
                return found._replace(function=function, by=decorator, inner=tuple(inner))
            plain = decorator.func if isinstance(decorator, ast.Call) else decorator
            inner.append(self.facts.names.qualified(plain) or "")
        return None

    def wrapped(self, call: ast.Call) -> Cached | None:
        """The function that a call puts behind a cache: `lru_cache(maxsize=9)(load)`, `cache(load)`."""
        if len(call.args) != 1 or call.keywords or not isinstance(call.args[0], (ast.Attribute, ast.Name)):
            return None
        found = self.cache(call.func)
        if found is None or found.kind == "property":
            return None
        if not isinstance(call.func, ast.Call) and found.kind == "given":
            return None
        function = self.function(call.args[0])
        return found._replace(function=function, by=call) if function else None

    def function(self, named: ast.expr) -> Function | None:
        """The function without decorators that an expression names: of the file, or of the instance's class."""
        if isinstance(named, ast.Attribute) and (model := self.facts.classes.instance(named.value)):
            node: ast.AST | None = model.methods.get(named.attr)
        else:
            found = self.facts.find(named)
            node = found.node if found else None
        is_function = isinstance(node, FUNCTIONS) and not node.decorator_list
        return node if is_function else None  # type: ignore[return-value]

    def cache(self, decorator: ast.expr) -> Cached | None:
        """The cache that a decorator is; its function is not known here."""
        decorator = self.aliased(decorator)
        call = decorator if isinstance(decorator, ast.Call) else None
        qualified = self.facts.names.qualified(call.func if call else decorator) or ""
        kind = self.makers.get(qualified)
        if kind is None:
            return None
        size = self.size(call)
        limit: int | None = USUAL
        is_endless = False
        if kind == "given":
            limit, is_endless = self.of_cache(size)
        elif kind in ("endless", "property"):
            limit, is_endless = None, kind == "endless"
        elif size is not None:
            limit, is_endless = self.facts.sizes.number(size), is_none(size)
        function: Function = None  # type: ignore[assignment]
        return Cached(function, decorator, kind, qualified.rpartition(".")[2], limit, is_endless)

    def aliased(self, decorator: ast.expr) -> ast.expr:
        """What a name stands for that is bound once, to a call: `memoized = lru_cache(maxsize=None)`."""
        binding = self.facts.names.binding(decorator) if isinstance(decorator, ast.Name) else None
        value = binding.sole.value if binding and binding.sole else None
        return value if isinstance(value, ast.Call) else decorator

    def size(self, call: ast.Call | None) -> ast.expr | None:
        """The argument that says how much a cache keeps, or where."""
        if call is None:
            return None
        named = (keyword.value for keyword in call.keywords if keyword.arg in ("cache", "maxsize"))
        return next(named, call.args[0] if call.args else None)

    def of_cache(self, cache: ast.expr | None) -> tuple[int | None, bool]:
        """How much an object keeps that serves as a cache: a dict all, others what they are made with."""
        if cache is None:
            return None, False
        if self.facts.kinds.of(cache) == "dict":
            return None, True
        call = self.aliased(cache)
        size = self.size(call) if isinstance(call, ast.Call) else None
        return (self.facts.sizes.number(size) if size else None), False

    def one_shot(self, function: Function) -> str:
        """What a function gives that can be used once only: `coroutine`, `generator`; empty for another value."""
        is_generator = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own_nodes(function))
        if isinstance(function, ast.AsyncFunctionDef):
            return "asynchronous generator" if is_generator else "coroutine"
        return "generator" if is_generator else ""

    def spent(self, nodes: Iterator[ast.AST]) -> Iterator[Cached]:
        """The caches of what can be used once only, among some functions and calls."""
        for node in nodes:
            found = self.wrapped(node) if isinstance(node, ast.Call) else self.of(node)  # type: ignore[arg-type]
            if found is None or found.kind == "awaiting" or not self.one_shot(found.function):
                continue
            if all(inner in self.transparent for inner in found.inner):
                yield found

    def methods(self, model: ClassModel) -> list[Cached]:
        """The methods of a class that a cache of the class keeps instances for, cleared at times or never."""
        if self.facts.class_kinds.of(model) in (ClassKind.ENUM, ClassKind.METACLASS) or model.is_metaclass:
            return []
        if not isinstance(self.facts.tree.function(model.node), ast.Module):
            return []
        functions = (each for each in class_body(model.node.body) if isinstance(each, FUNCTIONS))
        return [found for function in functions if (found := self.of_method(function))]

    def of_method(self, method: Function) -> Cached | None:
        """The cache around a method whose key the instance is part of."""
        first = first_parameter(method)
        kind = method_kind(method, self.facts.names)
        if first is None or first in CLASS_PARAMETERS or kind in (MethodKind.STATIC, MethodKind.CLASS):
            return None
        if first != "self" and self.is_called_on_class(method):
            return None
        if kind is MethodKind.UNKNOWN and first != "self" and len(method.decorator_list) > 1:
            return None
        found = self.of(method)
        if found is None or found.kind == "property" or found.limit == 0 or self.has_key(found.by):
            return None
        if found.kind == "given" and not (found.is_endless or found.limit):
            return None
        if found.kind != "awaiting" and self.one_shot(method):
            return None
        if self.is_cleared_at_end(method.name):
            return None
        return found._replace(is_cleared=method.name in self.cleared)

    def is_called_on_class(self, method: Function) -> bool:
        """Whether the file calls a method by the name of its class alone, so that it is static, if not by name."""
        owner = self.facts.tree.parents[method]
        calls = (each.func for each in self.facts.registrations.called.get(method.name, ()))
        called = [last_name(each.value) for each in calls if isinstance(each, ast.Attribute)]
        return bool(called) and all(name == getattr(owner, "name", "") for name in called)

    def endless(self, function: Function) -> Cached | None:
        """The cache without a bound around a function that belongs to no instance, and that nothing clears."""
        found = self.of(function) if function.decorator_list else None
        if found is None or not found.is_endless or found.kind == "property" or self.has_key(found.by):
            return None
        if not isinstance(self.facts.tree.function(function), ast.Module) or function.name in self.cleared:
            return None
        is_method = isinstance(self.facts.tree.parents[function], ast.ClassDef)
        return None if (is_method and self.of_method(function)) or self.one_shot(function) else found

    def open_parameters(self, function: Function) -> list[ast.arg]:
        """The parameters that callers may give ever new values, those that surely are so first."""
        given = function.args
        parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
        found = [each for each in parameters if not self.is_closed(each, function)]
        return sorted(found, key=lambda each: not self.is_wide(each))

    def is_wide(self, parameter: ast.arg) -> bool:
        """Whether a parameter takes what comes from outside: by its annotation, or as text that is called so."""
        core = self.facts.kinds.annotations.core(parameter.annotation)
        said = self.facts.names.qualified(core) if core is not None else None
        if known("caches", "domain", "few").intersection(parameter.arg.lower().split("_")):
            return False
        if said in known("caches", "domain", "open"):
            return True
        is_text = parameter.annotation is None or said in known("caches", "domain", "text")
        return is_text and parameter.arg.rpartition("_")[2] in known("caches", "domain", "names")

    def is_closed(self, parameter: ast.arg, function: Function) -> bool:
        """Whether a parameter takes few values: classes, truths, members of an enumeration."""
        default = default_of(function.args, parameter)
        if parameter.arg in {*CLASS_PARAMETERS, "self"} or (
            isinstance(default, ast.Constant) and isinstance(default.value, bool)
        ):
            return True
        core = self.facts.kinds.annotations.core(parameter.annotation)
        if core is None:
            return False
        generic = core.value if isinstance(core, ast.Subscript) else core
        node = self.facts.kinds.annotations.class_of(core)
        is_enum = node is not None and self.facts.class_kinds.of(self.facts.classes.of(node)) is ClassKind.ENUM
        return is_enum or self.facts.names.qualified(generic) in known("caches", "domain", "closed")

    def is_called_with_constants(self, function: Function) -> bool:
        """Whether all calls of a function of the module's own give it constants."""
        binding = self.facts.names.binding_of(function)
        if binding is None or not function.name.startswith("_") or not binding.uses:
            return False
        calls = [self.facts.tree.parents[use] for use in binding.uses if self.facts.tree.is_called(use)]
        return len(calls) == len(binding.uses) and all(
            isinstance(each, (ast.Constant, ast.keyword))
            and isinstance(getattr(each, "value", None), (ast.Constant, str, int))
            for call in calls
            if isinstance(call, ast.Call)
            for each in (*call.args, *call.keywords)
        )

    def identity(self, function: Function) -> str:
        """Why the results of a function must stay the objects that they are; empty where they may be made anew."""
        given = (node.value for node in own_nodes(function) if isinstance(node, ast.Return) and node.value is not None)
        if any(map(self.is_one_a_key, given)):
            return f"`{function.name}` gives one object a key, which others may hold and change"
        binding = self.facts.names.binding_of(function)
        uses: list[ast.AST] = list(binding.uses) if binding else []
        uses += [each for each in self.facts.tree.parents if getattr(each, "attr", "") == function.name]
        for call in (self.facts.tree.parents[use] for use in uses if self.facts.tree.is_called(use)):
            user = self.facts.tree.parents[call]
            if isinstance(user, ast.Compare) and any(isinstance(each, (ast.Is, ast.IsNot)) for each in user.ops):
                return f"what `{function.name}` gives is compared by `is`"
            if isinstance(user, (ast.Attribute, ast.Subscript)) and self.is_written(user):
                return f"what `{function.name}` gives is changed"
        return ""

    def is_written(self, part: ast.Attribute | ast.Subscript) -> bool:
        is_change = isinstance(part, ast.Attribute) and changes(part.attr) and self.facts.tree.is_called(part)
        return is_change or not isinstance(part.ctx, ast.Load)

    def is_one_a_key(self, value: ast.expr) -> bool:
        """Whether a value is a container or an instance that is made for it."""
        binding = self.facts.names.binding(value) if isinstance(value, ast.Name) else None
        if binding is not None:
            return any(each.value is not None and self.is_one_a_key(each.value) for each in binding.definitions)
        if isinstance(value, ast.Call):
            found, said = self.facts.find(value.func), self.facts.names.qualified(value.func) or ""
            is_class = said.rpartition(".")[2][:1].isupper() or bool(found and isinstance(found.node, ast.ClassDef))
            return is_class or self.facts.kinds.of(value) in ("list", "dict", "set")
        return isinstance(value, (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp))

    def has_key(self, decorator: ast.expr) -> bool:
        """Whether a decorator is given a function that makes the keys."""
        call = self.aliased(decorator)
        return isinstance(call, ast.Call) and any(keyword.arg in ("key", None) for keyword in call.keywords)

    def is_one_of_few(self, model: ClassModel) -> bool:
        """Whether a program has few instances of a class, or one: by where it makes them, and its name."""
        words = known("caches", "named", "few") | known("caches", "named", "one")
        return not words.isdisjoint(words_of(model.node.name)) or self.is_single(model)

    def is_alone(self, model: ClassModel) -> bool:
        """Whether a program has one instance of a class, or one for each of its parts, as long as it runs: by where it
        makes it, its name, its bases."""
        bases = {base for each in model.local_lineage() for base in each.node.bases}
        if any(self.facts.names.qualified(base) in known("caches", "named", "bases") for base in bases):
            return True
        words = {word for name in (model.node.name, *map(ast.unparse, bases)) for word in words_of(name)}
        return not words.isdisjoint(known("caches", "named", "one")) or self.is_single(model)

    def is_single(self, model: ClassModel) -> bool:
        """Whether a class is made once, at module level, or is called a singleton or a registry."""
        node = model.node
        names = [node.name, *(ast.unparse(keyword.value) for keyword in node.keywords)]
        names += [ast.unparse(each) for each in (*node.bases, *node.decorator_list)]
        words = known("classes", "names", "single")
        return self.facts.classes.is_singleton(model) or any(word in name.lower() for word in words for name in names)

    def is_cleared_at_end(self, name: str) -> bool:
        """Whether a cache is cleared anywhere but in what an event calls: `on_resize`, `_config_changed`."""
        return not all(map(self.is_event, self.cleared.get(name, ())))

    def is_event(self, clearing: ast.AST) -> bool:
        name = getattr(self.facts.tree.function(clearing), "name", "")
        return not known("caches", "named", "events").isdisjoint(WORD.findall(name.lower()))

    @cached_property
    def cleared(self) -> dict[str, list[ast.AST]]:
        """The places where the file clears the cache of a function, by its name."""
        cleared: dict[str, list[ast.AST]] = {}
        for node in self.facts.tree.nodes(ast.Attribute):
            if node.attr == "cache_clear":
                named = node.value.value if last_name(node.value) in GETTERS else node.value
                cleared.setdefault(getattr(named, "attr", getattr(named, "id", "")), []).append(node)
        return cleared

    @property
    def transparent(self) -> frozenset[str]:
        return known("caches", "decorators", "transparent") | known("caches", "decorators", "unbound")


def words_of(name: str) -> list[str]:
    """The words of the name of a class, in lower case."""
    return [word.lower() for word in WORD.findall(name)]
