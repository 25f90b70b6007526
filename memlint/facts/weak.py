"""Weak references: what is referenced weakly, and whether anything else holds it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.class_model import ClassModel, MethodKind, first_parameter
from memlint.facts.escape import Role
from memlint.facts.names import Binding
from memlint.knowledge import inverted
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts


class Weakened(NamedTuple):
    """An expression whose value is referenced weakly, by what, and the key or value that goes with it."""

    value: ast.expr
    holder: str
    """The qualified name of the reference or container."""
    other: ast.expr | None = None


class Weak:
    """Asks what calls and assignments reference weakly."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def of(self, node: ast.AST) -> Iterator[Weakened]:
        """What a call or an assignment makes a weak reference to."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript):
                    yield from self.entered(target.value, target.slice, node.value)
        if not isinstance(node, ast.Call) or not node.args or isinstance(node.args[0], ast.Starred):
            return
        maker = self.facts.names.qualified(node.func) or ""
        first = node.args[0]
        if maker in known("weak", "made_by", "reference"):
            yield Weakened(first, maker)
        elif maker in known("weak", "containers", "item"):
            items = first.elts if isinstance(first, (ast.List, ast.Tuple, ast.Set)) else []
            yield from (Weakened(item, maker) for item in items)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "add":
            holder = self.container(node.func.value)
            if holder in known("weak", "containers", "item"):
                yield Weakened(first, holder)
        elif is_entry(node) and isinstance(self.facts.tree.parents[node], ast.Expr):
            yield from self.entered(node.func.value, first, node.args[1])  # type: ignore[attr-defined]

    def entered(self, receiver: ast.expr, key: ast.expr, value: ast.expr) -> Iterator[Weakened]:
        """Which of a key and a value a weak mapping references weakly."""
        holder = self.container(receiver)
        if holder in known("weak", "containers", "value"):
            yield Weakened(value, holder, key)
        elif holder in known("weak", "containers", "key"):
            yield Weakened(key, holder, value)

    def container(self, receiver: ast.expr) -> str:
        """The qualified name of the weak container that an expression is; empty where it is none for certain."""
        if isinstance(receiver, ast.Subscript):
            makers = [self.inside(value) for value in self.values(receiver.value)]
        elif isinstance(receiver, ast.Call):
            makers = [self.maker(receiver.args[1])] if is_entry(receiver) else []
        else:
            makers = [self.maker(value) for value in self.values(receiver)]
        return makers[0] if len(set(makers)) == 1 and makers[0] in inverted("weak", "containers") else ""

    def maker(self, value: ast.expr) -> str:
        """What a call calls, in full."""
        return (self.facts.names.qualified(value.func) or "") if isinstance(value, ast.Call) else ""

    def inside(self, value: ast.expr) -> str:
        """What a `defaultdict` makes its values by."""
        is_default = self.maker(value) == "collections.defaultdict" and isinstance(value, ast.Call) and value.args
        return (self.facts.names.qualified(value.args[0]) or "") if is_default else ""  # type: ignore[attr-defined]

    def values(self, receiver: ast.expr) -> Iterator[ast.expr]:
        """All that a name, or an attribute of the instance or its class, is bound to in this file."""
        names = self.facts.names
        binding = names.binding(receiver) if isinstance(receiver, ast.Name) else None
        if isinstance(receiver, ast.Attribute):
            model = self.owner(receiver.value)
            for each in model.local_lineage() if model else ():
                yield from (store.value for store in each.stores_of(receiver.attr))
                own = names.inner(each.node).bindings.get(receiver.attr)
                yield from self.given(own)
        yield from self.given(binding)

    def given(self, binding: Binding | None) -> Iterator[ast.expr]:
        """The values that a variable is bound to; where one is not told, a name that stands for no container."""
        for definition in binding.definitions if binding else ():
            if definition.value is not None:
                yield definition.value
            elif isinstance(definition.node, (ast.arg, ast.alias)):
                yield ast.Constant(None)

    def owner(self, expression: ast.expr) -> ClassModel | None:
        """The class that an expression is an instance of, or is: `self`, `cls`, the name of a class of this file."""
        model = self.facts.classes.instance(expression)
        if model is not None or not isinstance(expression, ast.Name):
            return model
        binding = self.facts.names.binding(expression)
        node = binding.sole.node if binding and binding.sole else None
        if isinstance(node, ast.arg):
            function = self.facts.tree.function(expression)
            outer = self.facts.tree.parents[function] if not isinstance(function, ast.Module) else None
            is_first = isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and (
                first_parameter(function) == expression.id
            )
            node = outer if is_first else None
        return self.facts.classes.of(node) if isinstance(node, ast.ClassDef) else None

    def lasts(self, receiver: ast.expr) -> bool:
        """Whether a container outlives the function that puts something in: an attribute, or a name of the module."""
        if isinstance(receiver, ast.Name):
            binding = self.facts.names.binding(receiver)
            return binding is not None and binding.scope is self.facts.names.module
        return isinstance(receiver, ast.Attribute)

    def bound_method(self, value: ast.expr) -> ast.Attribute | None:
        """The expression, where each evaluation makes a new bound method: of the instance, or of an object that a local
        name is bound to where its class is made."""
        if not isinstance(value, ast.Attribute) or not isinstance(value.value, ast.Name):
            return None
        model = self.facts.classes.instance(value.value) or self.made(value.value)
        if model is None or model.kind(value.attr) is not MethodKind.INSTANCE:
            return None
        return None if self.is_stored(model, value.attr) else value

    def made(self, name: ast.Name) -> ClassModel | None:
        """The class whose call is all that a name is bound to."""
        binding = self.facts.names.binding(name)
        value = binding.sole.value if binding and binding.sole else None
        return self.facts.classes.made_by(value) if isinstance(value, ast.Call) else None

    def is_stored(self, model: ClassModel, attribute: str) -> bool:
        """Whether an instance may have an attribute of its own in front of a method, or a class makes attributes up."""
        return any(
            each.stores_of(attribute) or {"__getattribute__", "__getattr__"} & each.methods.keys()
            for each in model.home.related(model)
        )

    def temporary(self, value: ast.expr) -> str:
        """What an expression is where nothing but its own place holds its value; empty where that is not certain."""
        if isinstance(value, ast.Lambda):
            return "a lambda"
        if isinstance(value, (ast.GeneratorExp, ast.Set, ast.SetComp)):
            return "a generator" if isinstance(value, ast.GeneratorExp) else "a set"
        if not isinstance(value, ast.Call):
            return ""
        maker = self.maker(value)
        if maker in known("weak", "temporary", "made_by"):
            return f"a new `{maker.rpartition('.')[2]}`"
        made = self.facts.classes.made_by(value)
        return f"a new `{made.node.name}`" if made is not None and self.holds_to_itself(made) else ""

    def holds_to_itself(self, made: ClassModel) -> bool:
        """Whether making an instance hands it to nobody: every class of its line is known, and its constructor uses it
        for plain attributes alone."""
        for model in made.lineage():
            plain = sum(
                model.home.names.qualified(base) in ("builtins.object", "typing.Generic") for base in model.node.bases
            )
            if plain + len(model.home.bases_of(model)) != len(model.node.bases) or model.node.keywords:
                return False
            if model.node.decorator_list or {"__new__", "__setattr__", "__init_subclass__"} & model.methods.keys():
                return False
            maker = model.methods.get("__init__")
            if maker is not None and not self.is_modest(model, maker):
                return False
        return True

    def is_modest(self, model: ClassModel, maker: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a constructor uses its instance for plain attributes alone."""
        home = model.home
        first = next(iter([*maker.args.posonlyargs, *maker.args.args]), None)
        binding = home.names.binding_of(first) if first else None
        for use in binding.uses if binding else ():
            attribute = home.tree.parents[use]
            if not isinstance(attribute, ast.Attribute) or home.tree.function(use) is not maker:
                return False
            if home.tree.is_called(attribute) or any(attribute.attr in each.kinds for each in model.lineage()):
                return False
        return binding is not None

    def finalized(self, call: ast.Call) -> tuple[ast.expr, ast.expr] | None:
        """The object that a finalizer waits for, and what it was given that holds this very object."""
        if len(call.args) < 2 or self.facts.names.qualified(call.func) not in known("weak", "made_by", "finalizer"):
            return None
        subject = call.args[0]
        root = subject.value if isinstance(subject, ast.Attribute) else subject
        binding = self.facts.names.binding(root) if isinstance(root, ast.Name) else None
        if binding is None or binding.sole is None or (root is not subject and not self.owns(subject)):
            return None
        given = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
        return next(((subject, each) for each in given if self.holds(each, binding)), None)

    def is_of_module(self, value: ast.expr) -> bool:
        """Whether a value is an instance of a class that this file makes for names of its module alone: one, which
        lives as long as the program anyway."""
        model = self.facts.classes.instance(value)
        binding = self.facts.names.binding_of(model.node) if model else None
        made = (
            [self.facts.tree.parents[use] for use in binding.uses if self.facts.tree.is_called(use)] if binding else []
        )
        return bool(made) and all(map(self.is_global, made))

    def is_global(self, made: ast.AST) -> bool:
        """Whether a name of the module, and no other, is bound to a value."""
        statement = self.facts.tree.parents[made]
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is not made:
            return False
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        bindings = [self.facts.names.binding(each) for each in targets if isinstance(each, ast.Name)]
        return len(bindings) == len(targets) and all(
            each and each.scope is self.facts.names.module for each in bindings
        )

    def revived(self, call: ast.Call) -> ast.expr | None:
        """What a call inside `__del__` was given that holds the dying instance, and that something runs only later."""
        function = self.facts.tree.function(call)
        named = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if getattr(function, "name", "") != "__del__" or not isinstance(
            function, (ast.FunctionDef, ast.AsyncFunctionDef)
        ):
            return None
        name = self.facts.names.qualified(call.func) or ""
        if named not in known("weak", "later", "methods") and name not in known("weak", "later", "functions"):
            return None
        parameters = [*function.args.posonlyargs, *function.args.args]
        binding = self.facts.names.binding_of(parameters[0]) if parameters else None
        if binding is None or not binding.uses or self.facts.classes.instance(next(iter(binding.uses))) is None:
            return None
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        return next((each for each in given if self.holds(self.driven(each), binding)), None)

    def driven(self, value: ast.expr) -> ast.expr:
        """The bound method whose coroutine an argument is, or the argument itself."""
        function = value.func if isinstance(value, ast.Call) else None
        model = self.facts.classes.instance(function.value) if isinstance(function, ast.Attribute) else None
        method = (
            next((each.methods[function.attr] for each in model.lineage() if function.attr in each.methods), None)
            if (isinstance(function, ast.Attribute) and model)
            else None
        )
        return function if isinstance(function, ast.Attribute) and isinstance(method, ast.AsyncFunctionDef) else value

    def late(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> ast.Call | None:
        """The weak reference to the instance that a function, handed on or stored, makes only when it runs: until then,
        and after, it holds the instance itself, for which it has no other use."""
        calls = [node for node in walk(function) if isinstance(node, ast.Call) and len(node.args) == 1]
        made = [each for each in calls if self.maker(each) in known("weak", "made_by", "reference")]
        made = [each for each in made if self.facts.classes.instance(each.args[0]) and self.is_cell(each, function)]
        if not made:
            return None
        binding = self.facts.names.binding(made[0].args[0])  # type: ignore[arg-type]
        weakened = {each.args[0] for each in made}
        own = set(walk(function))
        if binding is None or any(use in own and use not in weakened for use in binding.uses):
            return None
        return made[0] if self.is_handed_on(function) else None

    def is_cell(self, call: ast.Call, function: ast.AST) -> bool:
        """Whether a function reads the argument of a call from its own cell."""
        return self.facts.tree.function(call) is function and self.facts.links.runs_inside(call.args[0], function)

    def is_handed_on(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
        """Whether a function is given to a call or stored."""
        if isinstance(function, ast.Lambda):
            roles = {role for role, _ in self.facts.escape.roles(function)}
        else:
            binding = self.facts.names.binding_of(function)
            uses = binding.uses if binding else ()
            roles = {role for use in uses for role, _ in self.facts.escape.roles(use)}
        return not roles.isdisjoint({Role.PASSED, Role.STORED, Role.MUTATED})

    def keeping_key(self, node: ast.AST) -> ast.Name | None:
        """The key that a lasting weak-keyed mapping is given with a value which holds that key, where nothing in the
        file takes entries out again."""
        receiver = receiver_of(node)
        for key, holder, value in self.of(node):
            if receiver is None or holder not in known("weak", "containers", "key") or not isinstance(key, ast.Name):
                continue
            binding = self.facts.names.binding(key)
            if value is None or binding is None or binding.sole is None or not self.lasts(receiver):
                continue
            if self.holds(value, binding) and not self.is_emptied(receiver):
                return key
        return None

    def is_emptied(self, receiver: ast.expr) -> bool:
        """Whether some code of the file takes entries out of a container, by the name that it has."""
        last = getattr(receiver, "attr", getattr(receiver, "id", ""))
        for node in self.facts.tree.parents:
            held = node.value if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Del) else None
            if isinstance(node, ast.Attribute) and node.attr in ("clear", "pop", "popitem"):
                held = node.value
            if held is not None and last == getattr(held, "attr", getattr(held, "id", "")):
                return True
        return False

    def owns(self, subject: ast.expr) -> bool:
        """Whether the instance itself keeps what `self.attribute` reads."""
        model = self.facts.classes.instance(subject.value) if isinstance(subject, ast.Attribute) else None
        if model is None or not isinstance(subject, ast.Attribute) or model.intercepts(subject.attr):
            return False
        return any(
            not any(each.by is cut.by for cut in model.cuts)
            and self.maker(each.value) not in inverted("weak", "made_by")
            for each in model.stores_of(subject.attr)
        )

    def holds(self, given: ast.expr, binding: Binding) -> bool:
        """Whether a value holds a variable's object: as itself, by a bound method, in a cell or a default."""
        names = self.facts.names

        def is_wanted(value: ast.expr) -> bool:
            if isinstance(value, ast.Name):
                return names.binding(value) is binding
            method = self.bound_method(value)
            return method is not None and isinstance(method.value, ast.Name) and names.binding(method.value) is binding

        if any(True for _ in self.facts.keeping.paths(given, is_wanted)):
            return True
        return self.facts.links.holding_function(given, binding) is not None

    def called(self, call: ast.Call) -> Iterator[ast.expr]:
        """The arguments that a call will call."""
        name = self.facts.names.qualified(call.func) or ""
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        for place, key in enumerate(("first", "second")):
            is_taker = name in known("weak", "called", key) or method in known("weak", "called", f"{key}_of_method")
            if is_taker and len(call.args) > place and not any(isinstance(each, ast.Starred) for each in call.args):
                yield call.args[place]
        for keyword in call.keywords:
            if keyword.arg in ("target", "key", "function") and name in known("weak", "called", keyword.arg):
                yield keyword.value

    def uncallable(self, value: ast.expr) -> ast.Call | None:
        """The call that makes the weak reference which an expression is."""
        if isinstance(value, ast.Name):
            binding = self.facts.names.binding(value)
            sole = binding.sole if binding else None
            value = sole.value if sole and sole.value is not None else value
        makers = known("weak", "made_by", "method") | known("weak", "made_by", "reference") - {"weakref.proxy"}
        return value if isinstance(value, ast.Call) and self.maker(value) in makers else None


def is_entry(call: ast.Call) -> bool:
    """Whether a call is `container.setdefault(key, value)`."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "setdefault" and len(call.args) == 2


def receiver_of(node: ast.AST) -> ast.expr | None:
    """What a subscript is assigned into, or a method is called on."""
    if isinstance(node, ast.Assign):
        return next((target.value for target in node.targets if isinstance(target, ast.Subscript)), None)
    return node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
