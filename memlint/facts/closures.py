"""Functions within functions: which of them hold themselves, what they hold besides, and how often they are made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.classes import ClassModel, MethodKind, Store
from memlint.facts.escape import LEAVES, Role
from memlint.facts.names import Binding, Definition, DefinitionKind, ScopeKind
from memlint.facts.remembered import remembered
from memlint.facts.shapes import asks_name, last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
CODE = (DefinitionKind.CLASS, DefinitionKind.FUNCTION, DefinitionKind.IMPORT)
HOLDING = frozenset({"functools.cache", "functools.lru_cache", "functools.wraps"})
"""Decorators whose result holds the function."""

NO_INSTANCE = frozenset(
    {
        "builtins.__import__",
        "builtins.super",
        "builtins.type",
        "collections.namedtuple",
        "importlib.import_module",
        "types.ModuleType",
        "types.new_class",
        "weakref.proxy",
    }
)
"""Calls that give a class or a module, or what passes attributes on to another object."""
OF_CLASS = 4
"""Arguments of `__new__` where it makes a class: the metaclass, a name, bases, a namespace."""
MAKING = frozenset({"__call__", "__init__", "__new__"})
"""Methods of a metaclass that make a class, or an instance of one."""

CLASSES = frozenset({"class_", "cls", "func", "function", "klass", "method", "mod", "module"})
CLASS_ANNOTATIONS = frozenset({"Callable", "ModuleType", "Type", "type", "types.ModuleType", "typing.Callable"})


class Closures:
    """Questions about nested functions and the variables in their cells."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.tree = facts.tree

    def variable(self, function: ast.AST) -> Binding | None:
        """The variable of a function that stands for nothing but a `def` or lambda inside it."""
        definition: ast.AST | None = function
        if isinstance(function, ast.Lambda):
            parent = self.tree.parents[function]
            targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
            is_bound = isinstance(parent, (ast.Assign, ast.AnnAssign)) and parent.value is function
            definition = targets[0] if is_bound and len(targets) == 1 else None
        binding = self.names.binding_of(definition) if definition else None
        if binding is None or binding.scope.kind not in (ScopeKind.FUNCTION, ScopeKind.LAMBDA):
            return None
        return binding if binding.sole else None

    def is_renewed_circle(self, function: Function) -> bool:
        """Whether a function is the first of a circle that each call of the function around it makes and leaves behind:
        nothing unknown wraps them, and they are neither given back nor stored."""
        outer = self.tree.function(function)
        circle = self.circle(function) if outer is not self.tree.module else []
        if not circle or circle[0] is not function or any(map(self.is_wrapped, circle)):
            return False
        inside = {node for each in circle for node in walk(each)}
        variables = [variable for each in circle if (variable := self.variable(each))]
        if any(self.leaves(variable, inside) & LEAVES for variable in variables):
            return False
        return not self.runs_once(outer) and not self.is_cached(outer)

    @remembered
    def circle(self, function: Function) -> list[Function]:
        """The functions that hold each other through their cells, in source order; empty where one does not hold
        itself."""
        own = self.variable(function)
        if own is None or not any(self.tree.function(use) is not own.scope.node for use in own.uses):
            return []
        captured = self.facts.links.captured(function)
        if own not in captured:
            return []
        members = [function]
        for binding in captured - {own}:
            other = function_of(binding)
            if other and self.variable(other) is binding and own in self.facts.links.captured(other):
                members.append(other)
        return sorted(members, key=lambda each: (each.lineno, each.col_offset))

    def runs_once(self, function: ast.AST) -> bool:
        """Whether a function runs a single time as far as this file shows: it is the module itself, a main program or a
        test, or is called from such code alone, outside loops."""
        return self._runs_once(function, frozenset())

    def is_per_class(self, function: ast.AST) -> bool:
        """Whether a function runs as often as the program has classes or parts: where a class is made, for what does
        that alone, or with nothing but what a program has one of."""
        return self._is_per_class(function, frozenset()) or self.is_given_the_program(function)

    def _is_per_class(self, function: ast.AST, asking: frozenset[ast.AST]) -> bool:
        if not isinstance(function, FUNCTIONS) or function in asking:
            return False
        owner = self.tree.parents[function]
        if isinstance(owner, ast.ClassDef):
            is_made = function.name in MAKING and self.is_metaclass(owner)
            return is_made or function.name in known("growth", "import", "methods")
        binding = self.names.binding_of(function)
        callers = [self.tree.function(use) for use in binding.uses] if binding and binding.sole else []
        return bool(callers) and all(self._is_per_class(each, asking | {function}) for each in callers)

    def is_metaclass(self, owner: ast.ClassDef) -> bool:
        """Whether a class makes classes: by its base, or by its name where the base is not found."""
        return self.facts.classes.of(owner).is_metaclass or owner.name.endswith(("Meta", "Metaclass", "MetaClass"))

    def is_given_the_program(self, function: ast.AST) -> bool:
        """Whether a function is given nothing but what a program has one of: it is a step of the program's course."""
        if not isinstance(function, FUNCTIONS) or function.args.vararg or function.args.kwarg:
            return False
        given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        others = [each.arg for each in given if each.arg not in ("self", "cls")]
        return bool(others) and known("classes", "once", "parameters").issuperset(others)

    @cached_property
    def is_program(self) -> bool:
        """Whether the file is made to be run by itself, or stands in a folder of such files: what it leaves open is
        closed when it ends, soon after. The kernel of a notebook goes on."""
        if self.facts.source.cells:
            return False
        if known("files", "programs", "folders").intersection(PurePath(self.facts.source.path).parts[-2:-1]):
            return True
        tests = (each.test for each in self.tree.module.body if isinstance(each, ast.If))
        return any(map(asks_name, tests)) or self.is_reading_command

    @cached_property
    def is_reading_command(self) -> bool:
        """Whether the file reads the arguments of a command where it is loaded."""
        reads = (node for node in self.tree.nodes(ast.Attribute) if node.attr == "argv")
        return any(isinstance(self.tree.function(each), ast.Module) for each in reads)

    def is_main(self, node: ast.AST) -> bool:
        """Whether a node stands under `if __name__ == "__main__"` itself: the program is about to end."""
        if not isinstance(self.tree.function(node), ast.Module):
            return False
        tests = (outer.test for outer in self.tree.ancestors(node) if isinstance(outer, ast.If))
        return any(map(asks_name, tests))

    def _runs_once(self, function: ast.AST, asking: frozenset[ast.AST]) -> bool:
        if isinstance(function, ast.Module):
            return True
        if not isinstance(function, FUNCTIONS) or function in asking:
            return False
        if function.name.strip("_").rpartition("_")[2] == "main" or is_test(function.name):
            return True
        outer = self.tree.function(function)
        if outer is not self.tree.module and self._runs_once(outer, asking | {function}):
            return True
        binding = self.names.binding_of(function)
        if binding is None or binding.scope.kind is ScopeKind.CLASS or binding.sole is None or not binding.uses:
            return False
        return all(
            self.is_single_call(use) and self._runs_once(self.tree.function(use), asking | {function})
            for use in binding.uses
        )

    def is_single_call(self, use: ast.Name) -> bool:
        parent = self.tree.parents[use]
        is_call = isinstance(parent, ast.Call) and parent.func is use
        return is_call and not isinstance(self.tree.enclosing(use, *LOOPS, *FUNCTIONS), LOOPS)

    def is_cached(self, function: ast.AST) -> bool:
        """Whether a decorator runs a function once only, or once for each set of arguments; also of those around it."""
        for each in (function, *self.tree.ancestors(function)):
            for decorator in getattr(each, "decorator_list", ()):
                bare = decorator.func if isinstance(decorator, ast.Call) else decorator
                name = self.names.qualified(bare) or ""
                last = (name or ast.unparse(bare)).rpartition(".")[2].lower()
                if name in known("classes", "once", "decorators") or any(
                    word in last for word in known("classes", "once", "words")
                ):
                    return True
        return False

    def is_wrapped(self, function: ast.AST) -> bool:
        """Whether a decorator that is not known may make anything of a function."""
        return any(
            self.names.qualified(each.func if isinstance(each, ast.Call) else each) not in HOLDING
            for each in getattr(function, "decorator_list", ())
        )

    def leaves(self, binding: Binding, inside: set[ast.AST]) -> set[Role]:
        """The roles that a variable has in uses outside some code, other than being called."""
        uses = [use for use in binding.uses if use not in inside]
        return {role for use in uses for role, _ in self.facts.escape.roles(use) if not self.tree.is_called(use)}

    def iterated(self, value: ast.expr) -> Iterator[ast.expr]:
        """The value and, where it is an iterator or method over others, or a generator expression, those."""
        yield value
        if isinstance(value, ast.GeneratorExp):
            yield from self.iterated(value.generators[0].iter)
        elif isinstance(value, ast.Attribute) and value.attr in known("calls", "iterators", "methods"):
            yield from self.iterated(value.value)
        elif isinstance(value, ast.Call):
            called = self.names.qualified(value.func) or ""
            for key, held in (("first", value.args[:1]), ("second", value.args[1:]), ("all", value.args)):
                if called in known("calls", "iterators", key):
                    for each in held:
                        yield from self.iterated(each)

    def driven(self, call: ast.Call, model: ClassModel) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The method of an instance of the class that a call suspends at once: a generator, or an `async def`."""
        function = call.func
        if not isinstance(function, ast.Attribute) or self.facts.classes.instance(function.value) is not model:
            return None
        method = next(
            (each.methods[function.attr] for each in model.local_lineage() if function.attr in each.methods), None
        )
        if method is None or model.kind(function.attr) is not MethodKind.INSTANCE or method.decorator_list:
            return None
        return method if isinstance(method, ast.AsyncFunctionDef) or self.is_generator(method) else None

    def is_generator(self, function: ast.AST) -> bool:
        """Whether a call of the function makes a generator."""
        yields = (node for node in walk(function) if isinstance(node, (ast.Yield, ast.YieldFrom)))
        return any(self.tree.function(node) is function for node in yields)

    def uses_later(self, expression: ast.GeneratorExp, model: ClassModel) -> bool:
        """Whether a generator expression reads the instance while it runs; its outermost iterable is read at once."""
        at_once = set(walk(expression.generators[0].iter))
        return any(self.facts.classes.instance(node) is model for node in walk(expression) if node not in at_once)

    def subject(self, target: ast.Attribute) -> Binding | None:
        """The local variable whose object a value is stored on, bound once, to what may be an object of its own."""
        name = target.value
        binding = self.names.binding(name) if isinstance(name, ast.Name) else None
        if binding is None or binding.sole is None or binding.scope.kind is not ScopeKind.FUNCTION:
            return None
        if self.facts.classes.instance(name) or self.is_class_or_function(binding):
            return None
        return binding if self.is_made_once(binding.sole) else None

    def is_class_or_function(self, binding: Binding) -> bool:
        """Whether a variable's object is called, or given special methods: a class or a function, which lives long."""
        parents = self.tree.parents
        return binding.name in CLASSES or any(
            (isinstance(parent := parents[use], ast.Call) and parent.func is use)
            or (isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Store) and is_special(parent.attr))
            for use in binding.uses
        )

    def is_made_once(self, definition: Definition) -> bool:
        """Whether a variable is given, or bound to no class or module, and outside loops, whose rounds share a cell."""
        if definition.kind is DefinitionKind.PARAMETER:
            annotation = getattr(definition.node, "annotation", None)
            return annotation is None or ast.unparse(annotation).partition("[")[0] not in CLASS_ANNOTATIONS
        value = definition.value
        if definition.kind not in (DefinitionKind.ASSIGNMENT, DefinitionKind.WITH) or value is None:
            return False
        loop = self.tree.enclosing(definition.node, ast.For, ast.AsyncFor, ast.While, *FUNCTIONS, ast.Lambda)
        if not isinstance(loop, (*FUNCTIONS, ast.Lambda)):
            return False
        if isinstance(value, ast.Call) and last_name(value.func) == "__new__" and len(value.args) == OF_CLASS:
            return False
        return self.names.qualified(value.func if isinstance(value, ast.Call) else value) not in NO_INSTANCE

    def is_class_per_call(self, made: ast.Call | ast.ClassDef) -> bool:
        """Whether code makes a class in each run of a function, which uses it up itself: instances alone may leave."""
        function = self.tree.function(made)
        if isinstance(function, ast.Module) or (isinstance(made, ast.Call) and not self.is_dear(made)):
            return False
        parent = self.tree.parents[made]
        if isinstance(made, ast.Call) and isinstance(parent, ast.Call) and parent.func is made:
            return not self.runs_once(function) and not self.is_cached(function)
        definition = made if isinstance(made, ast.ClassDef) else bound_name(parent, made)
        binding = self.names.binding_of(definition) if definition else None
        if binding is None or binding.sole is None or binding.scope.kind is not ScopeKind.FUNCTION:
            return False
        if isinstance(made, ast.ClassDef) and (not self.is_plain_class(made) or any(map(is_class_of, made.bases))):
            return False
        inside = set(walk(made))
        uses = [use for use in binding.uses if use not in inside]
        is_local = all(self.names.scope_of(use).owner is binding.scope or self.is_raised(use) for use in uses)
        is_record = isinstance(made, ast.ClassDef) and self.is_rootless(made) and bool(self.taken_by(made))
        if not is_local or not (is_record or any(map(self.tree.is_called, uses))):
            return False
        away = {*LEAVES, Role.PASSED, Role.ALIASED} - ({Role.RETURNED} if is_record else set())
        is_free = bool(uses) and not self.leaves(binding, inside) & away
        return is_free and not self.runs_once(function) and not self.is_cached(function)

    def is_plain_class(self, made: ast.ClassDef) -> bool:
        """Whether a class statement makes nothing but a class that could as well stand in the module: it is dear to
        make, or has no methods."""
        if made.keywords or any(map(self.is_telling, made.decorator_list)):
            return False
        bases = (self.names.binding(base) for root in made.bases for base in walk(root) if isinstance(base, ast.Name))
        if not self.is_dear(made) and any(base and base.scope is not self.names.module for base in bases):
            return False
        return self.is_dear(made) or not any(isinstance(node, (*FUNCTIONS, ast.Lambda)) for node in walk(made))

    def taken_by(self, made: ast.ClassDef) -> list[Binding]:
        """The variables of enclosing functions whose values a class statement takes, its methods included."""
        own = self.names.inner(made)
        uses = (node for node in walk(made) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
        found = {binding for use in uses if (binding := self.names.binding(use))}
        outer = self.tree.function(made)
        taken = [each for each in found if each.scope is not own and each.scope.node is outer]
        taken = [each for each in taken if any(maker.kind not in CODE for maker in each.definitions)]
        return sorted(taken, key=lambda each: (each.definitions[0].kind is not DefinitionKind.PARAMETER, each.name))

    def is_rootless(self, made: ast.ClassDef) -> bool:
        """Whether a class statement names no base but `object`."""
        return all(self.names.qualified(base) == "builtins.object" for base in made.bases)

    def is_raised(self, use: ast.Name) -> bool:
        """Whether a use of a class raises or catches it, at once."""
        parent = self.tree.parents[use]
        raised = self.tree.parents[parent] if self.tree.is_called(use) else parent
        return isinstance(raised, (ast.Raise, ast.ExceptHandler))

    def is_drained(self, store: Store) -> bool:
        """Whether the statement behind a store runs over what it stored, to the end."""
        parent = self.tree.parents[store.by]
        block = next((each for _, each in ast.iter_fields(parent) if isinstance(each, list) and store.by in each), [])
        following = block[block.index(store.by) + 1 :][:1] if store.by in block else []
        if not following or not isinstance(following[0], ast.For):
            return False
        loop = following[0]
        leaving = (ast.Break, ast.Return, ast.Yield, ast.Await, ast.Raise)
        is_over = isinstance(loop.iter, ast.Attribute) and loop.iter.attr == store.attribute
        return is_over and not any(isinstance(node, leaving) for node in walk(loop))

    def is_dear(self, made: ast.Call | ast.ClassDef) -> bool:
        """Whether the class is one whose making generates code, a schema or a table of members."""
        if isinstance(made, ast.ClassDef):
            decorators = (each.func if isinstance(each, ast.Call) else each for each in made.decorator_list)
            dear = known("classes", "dear", "bases") | known("classes", "dear", "decorators")
            return any(self.names.qualified(each) in dear for each in (*made.bases, *decorators))
        maker = self.names.qualified(made.func) or ""
        is_enumeration = maker in known("classes", "made_by", "enumerations") and len(made.args) > 1
        return is_enumeration or maker in known("classes", "made_by", "functions")

    def is_telling(self, decorator: ast.expr) -> bool:
        """Whether a decorator may hand the class on to others."""
        name = self.names.qualified(decorator.func if isinstance(decorator, ast.Call) else decorator)
        return name not in known("classes", "dear", "decorators") | known("classes", "quiet", "decorators")


def is_class_of(base: ast.expr) -> bool:
    """Whether a base is the class of some object, `x.__class__` or `type(x)`: it is known in no other place."""
    return isinstance(base, ast.Call) or (isinstance(base, ast.Attribute) and base.attr == "__class__")


def bound_name(statement: ast.AST, value: ast.expr) -> ast.Name | None:
    """The one name that an assignment binds to a value."""
    if not isinstance(statement, ast.Assign) or statement.value is not value or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    return target if isinstance(target, ast.Name) else None


def function_of(binding: Binding) -> Function | None:
    """The function that is all a variable stands for."""
    sole = binding.sole
    if sole is None:
        return None
    if isinstance(sole.node, FUNCTIONS):
        return sole.node
    return sole.value if isinstance(sole.value, ast.Lambda) else None


def is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def is_test(name: str) -> bool:
    return name.startswith(("pytest_", "test")) or name in (
        "setUp",
        "setUpClass",
        "setUpModule",
        "setup_class",
        "setup_method",
    )
