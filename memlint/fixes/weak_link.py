"""Makes the attribute that leads back to an owner weak: a class stores a `weakref.ref`, and a property of the old name
returns what it refers to.

That changes a class as a whole, so the rewrite is refused wherever something else than reading the attribute could
notice, or where the owner may die before what it keeps.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import chain

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.class_model import ClassModel, Method, Store
from memlint.facts.keeping import Link, bound
from memlint.facts.names import DefinitionKind
from memlint.facts.shapes import is_none
from memlint.facts.writes import targets_of
from memlint.fixes.imports import importable, is_alone
from memlint.fixes.optional_type import BITWISE, PLAIN_STRING, OptionalType
from memlint.fixes.outliving import Outliving, is_special
from memlint.model import Edit, Fix, Position, Safety

HOOKS = frozenset(
    f"__{name}__"
    for name in (
        "copy deepcopy del delattr getattr getattribute getnewargs getnewargs_ex getstate reduce reduce_ex setattr "
        "setstate"
    ).split()
)
"""Methods that see how an instance keeps its attributes, or run when another one is gone already."""
COPIES = HOOKS - {"__del__", "__delattr__", "__getattr__", "__getattribute__", "__setattr__"}
COPYING = re.compile(r"\b(?:cloudpickle|copyreg|deepcopy|dill|joblib|multiprocessing|pickle|copy\.copy|import copy)\b")
READERS = frozenset({"getattr", "hasattr"})
WRITERS = frozenset({"delattr", "object", "setattr"})
UNREFERENCED = re.compile(r"tuple|struct", re.IGNORECASE)
"""How bases are called whose instances take no weak reference."""


class WeakLink:
    """The rewrite of one link that leads back to the instances of `owner`."""

    def __init__(self, facts: Facts, owner: ClassModel, link: Link) -> None:
        self.facts = facts
        self.source = facts.source
        self.owner = owner
        self.link = link
        self.name = link.attribute
        self.types = OptionalType(facts)
        self.may_be_none = False

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        found = self.stored() if self.link.facts is self.facts else None
        if found is None:
            is_here = self.link.facts is self.facts
            written = f"the constructor that keeps `{self.link}` is not written out"
            return None, written if is_here else f"`{self.link}` is stored in another file"
        self.holder, self.store = found
        self.related = self.facts.classes.related(self.holder)
        self.own = [each for each in self.related if each.home is self.facts.classes]
        reason = next(self.objections(), "")
        return (None, reason) if reason else self.rewritten()

    def stored(self) -> tuple[ClassModel, Store] | None:
        """The statement that makes the link, with the class that it stands in."""
        for model in self.facts.classes.models.values():
            for store in model.stores_of(self.name):
                if store.by is self.link.by:
                    return model, store
        return None

    def rewritten(self) -> tuple[Fix | None, str]:
        weak, name = self.weak_name, self.name
        reference = importable(self.facts, "weakref", "ref", self.store.value)
        kept = self.returned_type()
        slot = self.slot()
        if reference is None:
            return None, "`weakref` cannot be imported here"
        if kept is None:
            return None, f"the annotation of `{name}` cannot be widened by `None` here"
        make, imports = reference
        given, instance = ast.unparse(self.store.value), self.store.instance
        value, read = f"{make}({given})", f"{instance}.{weak}()"
        if self.may_be_none:
            value = f"None if {given} is None else {value}"
            read = f"None if {instance}.{weak} is None else {read}"
        outer, inner = self.indentation(self.store.method), self.indentation(self.store.by)
        lines = ["", "", f"{outer}@property", f"{outer}def {name}({instance}){kept}:", f"{inner}return {read}"]
        last = self.store.method.end_lineno or self.store.method.lineno
        end = Position(last, len(self.source.lines[last - 1]) + 1)
        edits = [
            *imports,
            Edit(*self.facts.tree.span(self.store.by), f"{instance}.{weak} = {value}"),
            Edit(end, end, "\n".join(lines)),
        ]
        if slot is not None:
            quote = self.source.between(*self.facts.tree.span(slot))[0]
            edits.append(Edit(*self.facts.tree.span(slot), f"{quote}{weak}{quote}"))
        return Fix(f"keep a weak reference in `{weak}` and make `{name}` a property", Safety.UNSAFE, tuple(edits)), ""

    def indentation(self, statement: ast.stmt) -> str:
        line = self.source.lines[statement.lineno - 1]
        return line[: len(line) - len(line.lstrip())]

    @cached_property
    def weak_name(self) -> str:
        """The attribute for the weak reference: one that nothing is called in the files of the class; else empty."""
        taken: set[object] = set()
        for each in self.related:
            taken |= set(each.home.names.inner(each.node).bindings)
            for node in each.home.tree.parents:
                if isinstance(node, ast.Constant):
                    taken.add(node.value)
                elif isinstance(node, ast.Attribute) and not self.is_other(each.home.facts, node):
                    taken.add(node.attr)
        plain = self.name.lstrip("_")
        options = [f"_{plain}", f"_{plain}_ref"] if plain == self.name else [f"{self.name}_ref"]
        return next((each for each in options if each not in taken), "")

    def returned_type(self) -> str | None:
        """The annotation for what the property returns, with its arrow; None where it cannot be told."""
        by, parameter = self.store.by, self.parameter()
        annotation = parameter.annotation if parameter else None
        is_evaluated = annotation is not None
        if annotation is None and isinstance(by, ast.AnnAssign):
            annotation = by.annotation
        if annotation is None:
            return ""
        text = self.source.between(*self.facts.tree.span(annotation))
        future = self.facts.names.module.bindings.get("annotations")
        is_late = future is not None and any(
            isinstance(each.statement, ast.ImportFrom) and each.statement.module == "__future__"
            for each in future.definitions
        )
        is_text = isinstance(annotation, ast.Constant) and annotation.value is not None
        if "\n" in text or (is_text and not PLAIN_STRING.fullmatch(text)):
            return None
        if self.types.allows_none(annotation):
            widened = text
        elif self.facts.project.target >= (3, 10) or is_late:
            if not is_text and not is_late and is_evaluated and not self.types.is_type(annotation):
                return None
            widened = f"{text[:-1]} | None{text[-1]}" if is_text else f"{text} | None"
        else:
            optional = self.types.optional(self.store.method)
            if optional is None or not (is_text or isinstance(annotation, BITWISE)):
                return None
            widened = f"{optional}[{text}]"
        if is_evaluated or is_late or is_text:
            return f" -> {widened}"
        return f' -> "{widened}"' if '"' not in widened else None

    def parameter(self) -> ast.arg | None:
        """The parameter of the constructor that the link keeps as it was given."""
        value = self.store.value
        binding = self.facts.names.binding(value) if isinstance(value, ast.Name) else None
        sole = binding.sole if binding else None
        if sole is None or sole.kind is not DefinitionKind.PARAMETER or not isinstance(sole.node, ast.arg):
            return None
        arguments = self.store.method.args
        plain = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        return sole.node if sole.node in plain[1:] or sole.node in arguments.kwonlyargs else None

    def objections(self) -> Iterator[str]:
        """The reasons not to rewrite."""
        yield from self.objections_to_store()
        yield from self.objections_to_class()
        yield from self.objections_to_owner()
        for facts in chain([self.facts], self.facts.project.beside(self.facts, self.pattern())):
            yield from self.objections_in(facts)
        yield from Outliving(self.facts, self.own, self.owner, self.means_link).objections()

    def objections_to_store(self) -> Iterator[str]:
        """Why the statement is not the one place where the class stores its parameter."""
        store, by = self.store, self.store.by
        if store.method.name != "__init__" or by not in store.method.body:
            yield f"`{self.link}` is not stored once and for all in `__init__`"
            return
        targets = targets_of(by) if isinstance(by, (ast.Assign, ast.AnnAssign)) else []
        if [type(target) for target in targets] != [ast.Attribute]:
            yield f"`{self.link}` shares its statement with others"
        parameter = self.parameter()
        if parameter is None:
            yield f"`{self.link}` is not a parameter of `__init__` as it was given"
            return
        line = self.source.lines[by.lineno - 1]
        if not is_alone(self.facts, by) or "# type:" in line or "#" in self.source.between(*self.facts.tree.span(by)):
            yield f"more stands on the line where `{self.link}` is stored"
        default = default_of(store.method, parameter)
        if default is not None and not is_none(default):
            yield f"`{parameter.arg}` has a default that takes no weak reference"
        annotation = parameter.annotation
        self.may_be_none = default is not None or (annotation is not None and self.types.allows_none(annotation))
        self.may_be_none |= any(map(self.tests, (node for each in self.own for node in walk(each.node))))

    def tests(self, node: ast.AST) -> bool:
        """Whether an expression asks if the link, or the parameter for it, is None or false."""
        if isinstance(node, ast.Compare) and any(map(is_none, node.comparators)):
            return self.means_link(node.left)
        if isinstance(node, (ast.If, ast.IfExp, ast.While)):
            return self.means_link(node.test)
        if isinstance(node, ast.BoolOp):
            return any(map(self.means_link, node.values))
        return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and self.means_link(node.operand)

    def means_link(self, expression: ast.AST) -> bool:
        """Whether an expression reads the link of the own instance, or the parameter for it."""
        if isinstance(expression, ast.Name):
            given = self.store.value
            return isinstance(given, ast.Name) and (
                self.facts.names.binding(expression) is self.facts.names.binding(given)
            )
        if not isinstance(expression, ast.Attribute) or expression.attr != self.name:
            return False
        return self.facts.classes.instance(expression.value) in self.own

    def objections_to_class(self) -> Iterator[str]:
        """Why the class cannot have a property in place of its attribute."""
        called = self.holder.node.name
        if self.holder.node.decorator_list or self.holder.node.keywords:
            yield f"a decorator or a metaclass may read what `{called}` defines"
        if not all(each.home.is_known(each) for each in self.related):
            yield f"a base of `{called}` is not to be found, and may define `{self.name}`"
        for each in self.related:
            hook = next((method for method in each.methods if method in HOOKS), "")
            if hook:
                yield f"`{each.node.name}.{hook}` sees how the link is kept"
            scope = each.home.names.inner(each.node)
            if self.name in scope.bindings or each.home.is_read_in_body(each.node, self.name):
                yield f"the body of `{each.node.name}` uses the name `{self.name}`"
            if "__slots__" in scope.bindings and (each is not self.holder or self.slots() is None):
                yield f"the slots of `{each.node.name}` are not plain"
            if each is not self.holder and "__init__" in each.methods and self.holder in each.lineage():
                yield f"`{each.node.name}` has a constructor of its own"
            if each.home is not self.facts.classes and each.stores_of(self.name):
                yield f"`{each.node.name}` stores `{self.name}` too"
        if self.facts.names.lookup(self.facts.names.inner(self.holder.node), "property") is not None:
            yield "`property` means something else here"
        if is_special(self.name) or not self.weak_name:
            yield f"there is no free name for the weak reference beside `{self.name}`"

    def slots(self) -> list[ast.Constant] | None:
        """The names in the slots of the class, where they are spelled out."""
        for statement in self.holder.node.body:
            if isinstance(statement, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "__slots__" for target in statement.targets
            ):
                value = statement.value
                parts = value.elts if isinstance(value, (ast.List, ast.Set, ast.Tuple)) else []
                names = [each for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
                return names if names and len(names) == len(parts) else None
        return None

    def slot(self) -> ast.Constant | None:
        """The slot of the link."""
        return next((each for each in self.slots() or () if each.value == self.name), None)

    def objections_to_owner(self) -> Iterator[str]:
        """Why instances of the owner cannot be referred to weakly."""
        for model in (self.owner, *self.owner.home.derived[self.owner]):
            called, body = model.node.name, model.home.names.inner(model.node).bindings
            names = {node.value for node in walk(model.node) if isinstance(node, ast.Constant)}
            if "__slots__" in body and "__weakref__" not in names:
                yield f"`{called}` has `__slots__` without `__weakref__`"
            decorators = (node for node in model.node.decorator_list if isinstance(node, ast.Call))
            if any(keyword.arg == "slots" for each in decorators for keyword in each.keywords):
                yield f"`{called}` may have no slot for weak references"
            if "__del__" in model.methods:
                yield f"`{called}.__del__` runs when weak references to it are dead already"
            for each in model.lineage():
                copies = next((method for method in each.methods if method in COPIES), "")
                if copies:
                    yield f"`{each.node.name}.{copies}` copies or pickles the owner, and the link with it"
                for base in each.node.bases:
                    found = vars(builtins).get((each.home.names.qualified(base) or "").removeprefix("builtins."))
                    if UNREFERENCED.search(ast.unparse(base)) or (isinstance(found, type) and found.__itemsize__):
                        yield f"`{called}` takes no weak references, by its base `{ast.unparse(base)}`"

    def pattern(self) -> re.Pattern[bytes]:
        """What files of the same folder hold that may see the change."""
        name, called = re.escape(self.name), self.holder.node.name
        writes = rf"\.{name}\s*(?:=[^=]|:[^=\n]*=)|\bdel\b[^\n]*\.{name}\b|[\"']{name}[\"']"
        return re.compile(rf"{writes}|\b{called}\b|\.{self.weak_name}\b".encode())

    def objections_in(self, facts: Facts) -> Iterator[str]:
        """What in one file may see more of the link than its value, or makes an instance that cannot do without it."""
        at = "" if facts is self.facts else f" in `{facts.path_from(self.source.path).rpartition('/')[2]}`"
        text, called = facts.source.text, self.holder.node.name
        if COPYING.search(text) and re.search(rf"\b{called}\b", text):
            yield f"instances may be copied or pickled{at}"
        for node in facts.tree.parents:
            if isinstance(node, ast.Attribute):
                if node.attr == self.name and not isinstance(node.ctx, ast.Load) and not self.is_other(facts, node):
                    yield f"`{ast.unparse(node)}` is written{at or ' elsewhere'}"
                if node.attr == "__dict__" and facts is self.facts:
                    yield "`__dict__` shows how the link is kept"
                if facts is not self.facts and node.attr == self.weak_name and not self.is_other(facts, node):
                    yield f"the name `{node.attr}` is taken{at}"
            elif isinstance(node, ast.Constant) and node.value == self.name:
                if self.is_named_to_write(facts, node):
                    yield f"a string names `{self.name}`{at}"
            elif isinstance(node, ast.Name) and node.id == "vars" and facts is self.facts:
                yield "`vars` shows how the link is kept"
            elif isinstance(node, ast.ClassDef) and facts is not self.facts:
                model = facts.classes.of(node)
                if called in (ast.unparse(base).rpartition(".")[2] for base in node.bases) and (
                    self.name in facts.names.inner(node).bindings or (HOOKS | {"__init__"}) & set(model.methods)
                ):
                    yield f"`{node.name}`{at} has a constructor of its own, or the name `{self.name}`"
            elif isinstance(node, ast.Call):
                yield from self.objections_to_call(facts, node, at)

    def is_other(self, facts: Facts, node: ast.Attribute) -> bool:
        """Whether an attribute of the same name is of an instance of another class, or the link itself."""
        if facts is self.facts and facts.tree.parents[node] is self.store.by:
            return True
        model = facts.classes.instance(node.value)
        return model is not None and model not in self.related and self.holder not in model.lineage()

    def is_named_to_write(self, facts: Facts, node: ast.Constant) -> bool:
        """Whether a string of the link's name may be there to write it."""
        call = facts.tree.parents.get(node)
        func = call.func if isinstance(call, ast.Call) else None
        caller = getattr(func, "id", getattr(func, "attr", ""))
        if facts is not self.facts:
            return caller in WRITERS
        return caller not in READERS and node is not self.slot()

    def objections_to_call(self, facts: Facts, call: ast.Call, at: str) -> Iterator[str]:
        """Why the call that makes an instance does not go with a weak link: what it gives dies at once, or takes no
        weak reference."""
        classes = {each.node.name for each in self.related}
        if getattr(call.func, "id", getattr(call.func, "attr", "")) not in classes:
            return
        made = facts.classes.made_by(call)
        parameter = self.parameter()
        if made is None or self.holder not in made.lineage() or parameter is None:
            return
        if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
            yield f"not all arguments of `{ast.unparse(call.func)}` are spelled out{at}"
        for given, argument in bound(self.store.method, call, 0):
            if given is not parameter:
                continue
            if is_none(argument):
                self.may_be_none = True
            elif not self.is_owner(facts, argument):
                yield f"a `{made.node.name}` is given `{ast.unparse(argument)}`{at}, which may not live as long"
            elif not is_stored(facts, call):
                yield f"a `{made.node.name}` is made{at} that its owner does not keep"

    def is_owner(self, facts: Facts, argument: ast.expr) -> bool:
        """Whether what a call gives is the instance that makes the call."""
        model = facts.classes.instance(argument)
        return model is not None and self.owner in model.lineage()


def is_stored(facts: Facts, made: ast.Call) -> bool:
    """Whether an instance is stored where it is made, or a variable for it is later on, or given to a call."""
    statement, parents = facts.tree.statement(made), facts.tree.parents
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = targets_of(statement)
        name = next((each for each in targets if isinstance(each, ast.Name)), None)
        binding = facts.names.binding(name) if name is not None else None
        if binding is None:
            return True
        return any(isinstance(parents[use], (ast.Assign, ast.AnnAssign, ast.Call, ast.keyword)) for use in binding.uses)
    return isinstance(parents[made], (ast.Call, ast.keyword)) and isinstance(statement, ast.Expr)


def default_of(method: Method, parameter: ast.arg) -> ast.expr | None:
    """The default of a parameter."""
    arguments = method.args
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(plain), reversed(arguments.defaults), strict=False)]
    pairs += [(arg, value) for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
    return next((value for arg, value in pairs if arg is parameter), None)
