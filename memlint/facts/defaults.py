"""Defaults that are containers: each is made once, with its function, and handed to every call without the argument."""

from __future__ import annotations

import ast
import collections
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.escape import LEAVES, Role
from memlint.facts.kinds import IN_PLACE, MUTABLE
from memlint.facts.remembered import remembered
from memlint.facts.shapes import is_empty_display, last_name, place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.handing import Receiver

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

LONGEST = 40
HANDED = frozenset({Role.PASSED, Role.MUTATED, Role.STORED})
"""What a call may be said to do with an argument that a function of this file gets."""
DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
NOT_MADE_HERE = frozenset({"builtins.globals", "builtins.vars"})
OVERLOADS = frozenset({"typing.overload", "typing_extensions.overload"})

TYPES: dict[str, type] = {
    "list": list,
    "dict": dict,
    "set": set,
    "deque": collections.deque,
    "defaultdict": collections.defaultdict,
    "bytearray": bytearray,
    "tuple": tuple,
}
FILLING = (ast.Add, ast.BitOr, ast.BitXor)
"""Those of them that can change an empty container."""

DOCUTILS = "inliner"
"""The parameter by which a docutils role is told: docutils gives all arguments, whatever their defaults."""


class Touch(NamedTuple):
    """One thing that is done to a default, the name that it has there, and the inner function that does it, if any."""

    role: Role
    use: ast.Name | ast.Attribute
    by: ast.AST
    inner: Function | None = None


TAKING = frozenset({"discard", "remove"})


@dataclass(eq=False)
class Default:
    """The default of one parameter, where it is a container that can be changed, or a tuple that holds one."""

    function: Function
    parameter: ast.arg
    value: ast.expr
    made: ast.expr
    """The expression that makes the container: `value`, but for a walrus or `[…] * n` around it."""
    kind: str
    holds: bool
    """Whether it holds another container that can be changed."""

    @cached_property
    def size(self) -> int | None:
        """How many items it has, where that can be told."""
        if isinstance(self.made, (ast.List, ast.Tuple, ast.Set, ast.Dict)):
            items = self.made.keys if isinstance(self.made, ast.Dict) else self.made.elts
            ordered = isinstance(self.made, (ast.List, ast.Tuple)) and not isinstance(self.value, ast.BinOp)
            told = not items or (ordered and not any(isinstance(item, ast.Starred) for item in items))
            return len(items) if told else None
        if isinstance(self.made, ast.Call):
            filling = self.made.args[1:] if self.kind == "defaultdict" else self.made.args[:1]
            named = [keyword for keyword in self.made.keywords if keyword.arg != "maxlen"]
            return None if named or not all(map(is_empty_display, filling)) else 0
        return None

    @cached_property
    def truth(self) -> bool | None:
        """Whether it is true in a test, as long as nothing changes it."""
        if self.size is not None:
            return self.size > 0
        if isinstance(self.made, (ast.Dict, ast.Set)):
            items = self.made.keys if isinstance(self.made, ast.Dict) else self.made.elts
            return True if any(item is not None and not isinstance(item, ast.Starred) for item in items) else None
        return None

    @property
    def is_empty(self) -> bool:
        return self.truth is False


class Defaults:
    """What becomes of defaults in the functions that they belong to.

    A default that nothing in its function changes stays as it was made. So what is done only to a container with items
    in it is not done to an empty default.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._handed: dict[tuple[Default, ast.arg], Default] = {}
        self._asked: set[tuple[str, ast.arg]] = set()
        """The parameters that are being followed into: functions may hand a default round and round."""

    @remembered
    def of(self, function: Function) -> list[Default]:
        """The defaults of a function that are containers or hold some; none of stubs and overloads."""
        is_stub = self.facts.source.path.endswith(".pyi") or self.is_overload(function)
        return [] if is_stub else list(self._defaults(function))

    def _defaults(self, function: Function) -> Iterator[Default]:
        for parameter, value in with_defaults(function.args):
            made = self.container(value)
            if made is not None:
                kind = self.facts.kinds.made(made) or "list"
                yield Default(function, parameter, value, made, kind, self.holds_container(made))

    def container(self, value: ast.expr) -> ast.expr | None:
        """The expression that makes a container which can be changed, or a tuple that holds one."""
        if isinstance(value, ast.NamedExpr):
            return self.container(value.value)
        if isinstance(value, ast.BinOp):
            joined = isinstance(value.op, (ast.Add, ast.Mult)) and isinstance(value.left, ast.List)
            return value.left if joined else None
        if isinstance(value, ast.Tuple):
            return value if any(map(self.container, value.elts)) else None
        if isinstance(value, ast.Call):
            made_here = self.facts.names.qualified(value.func) not in NOT_MADE_HERE
            return value if made_here and self.facts.kinds.made(value) in MUTABLE else None
        return value if isinstance(value, DISPLAYS) else None

    def holds_container(self, made: ast.expr) -> bool:
        if isinstance(made, ast.Dict):
            return any(map(self.container, made.values))
        if isinstance(made, (ast.List, ast.Tuple, ast.Set)):
            return any(map(self.container, made.elts))
        if isinstance(made, (ast.ListComp, ast.DictComp)):
            return self.container(made.elt if isinstance(made, ast.ListComp) else made.value) is not None
        return self.facts.kinds.made(made) == "defaultdict"

    def is_overload(self, function: Function) -> bool:
        decorators = [] if isinstance(function, ast.Lambda) else function.decorator_list
        return any(self.facts.names.qualified(decorator) in OVERLOADS for decorator in decorators)

    @remembered
    def touches(self, default: Default) -> list[Touch]:
        """All that is done to the default itself, in the order of the source."""
        from memlint.facts.course import Course

        return sorted(Course(self.facts, default).touches(), key=lambda touch: place(touch.use))

    def change(self, default: Default) -> Touch | None:
        """The first place where a call changes the default, unless it is meant to: the next call finds it changed."""
        if self.is_exempt(default) or self.facts.memos.is_memo(default) or self.is_always_given(default):
            return None
        return next((touch for touch in self.touches(default) if self.is_certain_change(default, touch)), None)

    def is_certain_change(self, default: Default, touch: Touch) -> bool:
        """Whether a touch changes the default: in this function, in one inside that it calls, or in one of this file
        that gets it."""
        handed = self.handed(default, touch)
        if handed is not None:
            return self.is_changed_by(handed[1])
        return self.is_change(default, touch) and (touch.inner is None or self.is_called(touch.inner))

    def escape(self, default: Default) -> Touch | None:
        """The first place where the default leaves its function unchanged, so that others can change it.

        An inner function takes it along where it changes or stores it, or gives it back and leaves the function itself.
        """
        if self.is_exempt(default) or self.reads_signature(default) or self.is_private(default):
            return None
        if self.facts.memos.is_memo(default) or self.change(default) or self.is_always_given(default):
            return None
        for touch in self.touches(default):
            if self.facts.stored_defaults.is_safe(default, touch):
                continue
            if touch.inner is not None and self.is_change(default, touch):
                return touch
            if touch.role is Role.STORED and not self.is_intercepted(touch) and not self.handed(default, touch):
                return touch
            if touch.role not in (Role.RETURNED, Role.YIELDED) or not self.comes_back(default, touch):
                continue
            if touch.inner is not None and self.leaves(touch.inner):
                return touch
            if touch.inner is None and not self.facts.handing.is_called_here_alone(default.function):
                return touch
        kept = next((touch for touch in self.touches(default) if self.is_kept_by(default, touch)), None)
        return kept._replace(role=Role.STORED) if kept else None

    def handed(self, default: Default, touch: Touch) -> tuple[Receiver, Default] | None:
        """The parameter of another function of this file that gets the default, as a default of its own."""
        call = touch.by
        if not isinstance(call, ast.Call) or touch.role not in HANDED or touch.inner is not None:
            return None
        found = self.facts.handing.parameter(call, touch.use)
        if found is None or found[0].function is default.function:
            return None
        receiver, parameter = found
        if (default, parameter) not in self._handed:
            self._handed[default, parameter] = Default(
                receiver.function, parameter, default.value, default.made, default.kind, default.holds
            )
        return receiver, self._handed[default, parameter]

    def comes_back(self, default: Default, touch: Touch) -> bool:
        """Whether a function of this file that gets the default, before it is returned, gives it back."""
        parent = self.facts.tree.parents[touch.use]
        call = self.facts.tree.parents[parent] if isinstance(parent, ast.keyword) else parent
        handed = self.handed(default, Touch(Role.PASSED, touch.use, call))
        return handed is None or any(each.role is Role.RETURNED for each in self.touches(handed[1]))

    def is_changed_by(self, inner: Default) -> bool:
        """Whether a function of this file that gets the default changes it."""
        if ("change", inner.parameter) in self._asked:
            return False
        self._asked.add(("change", inner.parameter))
        try:
            return self.change(inner) is not None
        finally:
            self._asked.remove(("change", inner.parameter))

    def is_kept_by(self, default: Default, touch: Touch) -> bool:
        """Whether a method of the same instance that gets the default stores it, or an instance that is made with it
        and that leaves, or changes it."""
        handed = self.handed(default, touch)
        if handed is None or touch.role is Role.MUTATED or ("kept", handed[1].parameter) in self._asked:
            return False
        receiver, inner = handed
        self._asked.add(("kept", inner.parameter))
        try:
            escape = self.escape(inner)
        finally:
            self._asked.remove(("kept", inner.parameter))
        if escape is None or escape.role is not Role.STORED or escape.inner is not None:
            return False
        if (receiver.made is None and default.kind != "tuple") or self.facts.stored_defaults.change_through_self(
            inner, escape
        ):
            return True
        return any(role in LEAVES for role, _ in self.facts.escape.roles(touch.by))

    def is_always_given(self, default: Default) -> bool:
        """Whether the function is private to this file, and each call gives the argument."""
        is_own = any(default.value is value for _, value in with_defaults(default.function.args))
        return is_own and self.facts.handing.is_always_given(default.function, default.parameter)

    def changes(self, default: Default) -> list[Touch]:
        """What changes the default, so that the next call finds it changed."""
        return [touch for touch in self.touches(default) if self.is_change(default, touch)]

    def is_change(self, default: Default, touch: Touch) -> bool:
        """Whether a touch can change this container: by a method that it has, and one that fills it if it is empty."""
        if touch.role is Role.ELEMENT_MUTATED:
            return default.holds
        if touch.role is not Role.MUTATED or default.kind == "tuple":
            return False
        by, kind, empty = touch.by, default.kind, default.is_empty
        if isinstance(by, ast.AugAssign):
            return isinstance(by.op, IN_PLACE[kind]) and not (empty and not isinstance(by.op, FILLING))
        if isinstance(by, ast.Subscript):
            return self.is_written(default, by)
        function = by.func if isinstance(by, ast.Call) else by
        if isinstance(by, ast.Call) and last_name(function) in TAKING and not self.holds_all(default, by.args):
            return False
        if isinstance(function, ast.Attribute) and function.value is touch.use:
            fills = function.attr in known("containers", "methods", "grow")
            return isinstance(function.ctx, ast.Load) and hasattr(TYPES[kind], function.attr) and (fills or not empty)
        return not empty or (
            isinstance(by, ast.Call) and self.facts.names.qualified(by.func) in known("containers", "functions", "grow")
        )

    def holds_all(self, default: Default, values: list[ast.expr]) -> bool:
        """Whether a default may hold some values: it does not hold a constant that is not among its constants."""
        elements = getattr(default.value, "elts", None)
        if elements is None or not all(isinstance(each, ast.Constant) for each in (*elements, *values)):
            return True
        return {each.value for each in values if isinstance(each, ast.Constant)} <= {each.value for each in elements}

    def is_written(self, default: Default, subscript: ast.Subscript) -> bool:
        """Whether `x[…] = …`, `x[…] += …` or `del x[…]` can succeed on the default."""
        if not hasattr(TYPES[default.kind], "__setitem__"):
            return False
        if not default.is_empty:
            return True
        if isinstance(subscript.ctx, ast.Del):
            return False
        if default.kind in ("list", "deque", "bytearray"):
            return isinstance(subscript.slice, ast.Slice)
        added = isinstance(self.facts.tree.parents[subscript], ast.AugAssign)
        return not added or default.kind == "defaultdict" or isinstance(default.made, ast.Call)

    def is_private(self, default: Default) -> bool:
        """Whether the parameter's name says that callers leave it alone, and the function does not hand it on."""
        return default.parameter.arg.startswith("_") and not self.is_handed_down(default)

    def is_handed_down(self, default: Default) -> bool:
        """Whether the function calls itself with the parameter."""
        name = getattr(default.function, "name", None)
        for touch in self.touches(default):
            parent = self.facts.tree.parents[touch.use]
            call = self.facts.tree.parents[parent] if isinstance(parent, ast.keyword) else parent
            if isinstance(call, ast.Call) and touch.use is not call.func and last_name(call.func) == name:
                return True
        return False

    def is_of_one_call(self, default: Default) -> bool:
        """Whether a function is made anew, and its default with it, by each call of the function around it; or is what
        a thread runs, once."""
        owner = self.facts.tree.parents[default.function]
        bases = map(last_name, owner.bases) if isinstance(owner, ast.ClassDef) else ()
        is_run = getattr(default.function, "name", "") == "run"
        return self.facts.handing.is_nested(default.function) or (is_run and any(map(is_thread, bases)))

    def is_exempt(self, default: Default) -> bool:
        """Whether nobody gets the default itself: docutils always gives the argument, FastAPI copies the default."""
        arguments = default.function.args
        if any(parameter.arg == DOCUTILS for parameter in (*arguments.posonlyargs, *arguments.args)):
            return True
        return self.reads_signature(default) and self.imports("fastapi")

    def reads_signature(self, default: Default) -> bool:
        """Whether a decorator such as `@app.get("/")` hands the function to a framework that reads its signature."""
        decorators = [] if isinstance(default.function, ast.Lambda) else default.function.decorator_list
        called = [decorator.func if isinstance(decorator, ast.Call) else decorator for decorator in decorators]
        readers = known("calls", "signature", "readers")
        return any(isinstance(each, ast.Attribute) and each.attr in readers for each in called)

    def imports(self, package: str) -> bool:
        """Whether the module imports anything of a package."""
        names: list[str] = []
        for statement in self.facts.tree.parents:
            if isinstance(statement, ast.ImportFrom):
                names.append(statement.module or "")
            elif isinstance(statement, ast.Import):
                names += [alias.name for alias in statement.names]
        return any(name.partition(".")[0] == package for name in names)

    def is_called(self, inner: Function) -> bool:
        """Whether other code than an inner function itself calls it by its name."""
        binding = None if isinstance(inner, ast.Lambda) else self.facts.names.binding_of(inner)
        for use in binding.uses if binding else ():
            call = self.facts.tree.parents[use]
            if isinstance(call, ast.Call) and use is call.func and self.facts.tree.function(use) is not inner:
                return True
        return False

    def leaves(self, inner: Function) -> bool:
        """Whether an inner function outlives the call: it is returned, stored or decorated."""
        if isinstance(inner, ast.Lambda):
            return any(role in LEAVES for role, _ in self.facts.escape.roles(inner))
        binding = self.facts.names.binding_of(inner)
        fates = self.facts.escape.own_fates(binding) if binding else ()
        return bool(inner.decorator_list) or any(fate.role in LEAVES for fate in fates)

    def is_intercepted(self, touch: Touch) -> bool:
        """Whether a value is given to code that may copy it: a property or another descriptor, a method of `self`.

        `x.add` is such a method, too, as no set holds what can be changed.
        """
        called = touch.by.func if isinstance(touch.by, ast.Call) else None
        if isinstance(called, ast.Attribute):
            return called.attr == "add" or self.facts.classes.instance(called.value) is not None
        for target in self.facts.escape.given_to(touch.use, touch.by):
            model = self.facts.classes.instance(target.value) if isinstance(target, ast.Attribute) else None
            if isinstance(target, ast.Attribute) and model is not None and model.intercepts(target.attr):
                return True
        return False

    def shown(self, node: ast.expr) -> str:
        """The source of an expression on one line, cut where it is long."""
        text = " ".join(self.facts.source.between(*self.facts.tree.span(node)).split())
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]} …"


def with_defaults(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    yield from zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)
    for parameter, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if value is not None:
            yield parameter, value


def is_thread(base: str) -> bool:
    """Whether a class is a thread or a process, by its name."""
    return base.endswith(("Thread", "Process"))
