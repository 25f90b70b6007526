"""What is in a container, as far as the source tells: the kind of its elements, or of the one under a known key."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.kinds import MUTABLE, default_of
from memlint.facts.names import Binding, Definition, DefinitionKind
from memlint.facts.shapes import is_none
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

DEEPEST = 12
"""Steps from a container to where it is made that are followed."""
MOST = 300
"""Expressions that are looked at for one question."""


class Source(NamedTuple):
    """An expression that a value may come from, or an annotation that promises it."""

    node: ast.expr
    promised: bool = False


class Nesting:
    """Follows containers to where they are made or annotated."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.kinds = facts.kinds
        self.busy: set[ast.expr] = set()
        """The expressions whose contents are being worked out."""
        self.steps = 0

    def element(self, container: ast.expr, key: ast.expr | None = None) -> str | None:
        """The kind of the elements of a container, of a mapping its values; with a key, of the one there."""
        return self.at(container, [key])

    def item(self, iterable: ast.expr) -> str | None:
        """The kind of what a loop over an expression gives; of the keys of a mapping nothing is known."""
        if (
            isinstance(iterable, ast.Call)
            and isinstance(iterable.func, ast.Attribute)
            and iterable.func.attr == "values"
        ):
            return self.element(iterable.func.value)
        return None if self.kinds.of(iterable) in ("dict", "defaultdict", None) else self.element(iterable)

    def at(self, container: ast.expr, keys: Iterable[ast.expr | None]) -> str | None:
        """The kind of what lies under the keys, one a level; None for any key."""
        found = list(self.under(container, keys))
        return self.kinds.agreed(map(self.kind, found)) if found else None

    def holds_mutable(self, container: ast.expr, keys: Iterable[ast.expr | None]) -> bool:
        """Whether something under the keys is certainly a container, array or the like that can be changed."""
        return any(self.kind(source) in CHANGED for source in self.under(container, keys))

    def under(self, container: ast.expr, keys: Iterable[ast.expr | None]) -> list[Source]:
        """All that may lie under the keys; empty where some of it is unknown."""
        found = [Source(container)]
        for key in keys:
            found = [inner for source in found for inner in self.inner(source, key, 0) or [UNKNOWN]]
            if UNKNOWN in found:
                return []
        return found

    def kind(self, source: Source) -> str | None:
        return self.kinds.annotations.kind(source.node) if source.promised else self.kinds.of(source.node)

    def inner(self, source: Source, key: ast.expr | None, depth: int) -> list[Source]:
        """What a source holds under a key, or under any; empty where that is unknown, or too far away."""
        self.steps = self.steps + 1 if self.busy else 0
        if depth > DEEPEST or source.node in self.busy or self.steps > MOST:
            return []
        self.busy.add(source.node)
        try:
            return self.contents(source, key, depth)
        finally:
            self.busy.remove(source.node)

    def contents(self, source: Source, key: ast.expr | None, depth: int) -> list[Source]:
        node = source.node
        if source.promised:
            item = self.kinds.annotations.item(node)
            return [Source(item, promised=True)] if item is not None else []
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return self.of_display(node, key, depth)
        if isinstance(node, ast.Dict):
            return self.of_dict(node, key, depth)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            return [Source(node.elt)]
        if isinstance(node, ast.DictComp):
            return [Source(node.value)]
        if isinstance(node, ast.Call):
            return self.of_call(node, key, depth)
        parts = list(self.origins(node))
        found = [self.inner(part, key, depth + 1) for part in parts if not is_none(part.node)]
        return [each for inner in found for each in inner] if all(found) else []

    def of_display(self, node: ast.List | ast.Tuple | ast.Set, key: ast.expr | None, depth: int) -> list[Source]:
        starred = [each for each in node.elts if isinstance(each, ast.Starred)]
        place = key.value if isinstance(key, ast.Constant) else None
        if not starred and type(place) is int and not isinstance(node, ast.Set):
            return [Source(node.elts[place])] if 0 <= place < len(node.elts) else []
        found = [Source(each) for each in node.elts if each not in starred]
        for each in starred:
            spread = self.inner(Source(each.value), None, depth + 1)
            if not spread:
                return []
            found += spread
        return found

    def of_dict(self, node: ast.Dict, key: ast.expr | None, depth: int) -> list[Source]:
        found: list[Source] = []
        for name, value in zip(reversed(node.keys), reversed(node.values), strict=True):
            if name is None:
                spread = self.inner(Source(value), key, depth + 1)
                if not spread:
                    return []
                found += spread
            elif not isinstance(key, ast.Constant) or not isinstance(name, ast.Constant):
                found.append(Source(value))
            elif name.value == key.value:
                return [*found, Source(value)]
        return found

    def of_call(self, call: ast.Call, key: ast.expr | None, depth: int) -> list[Source]:
        """What the container holds that a call makes of another, of keywords or of a factory."""
        maker = self.names.qualified(call.func) or ""
        if isinstance(call.func, ast.Attribute) and call.func.attr == "copy" and not call.args:
            return self.inner(Source(call.func.value), key, depth + 1)
        if maker in known("kinds", "copied", "elements") and not any(
            isinstance(each, ast.Starred) for each in call.args
        ):
            given = [Source(each.value) for each in call.keywords if each.arg and is_named(key, each.arg)]
            if len(given) < len(call.keywords) and any(each.arg is None for each in call.keywords):
                return []
            if not call.args or (given and isinstance(key, ast.Constant)):
                return given
            copied = self.inner(Source(call.args[0]), key, depth + 1)
            return [*copied, *given] if copied else []
        if maker == "builtins.dict.fromkeys" and len(call.args) == 2:
            return [Source(call.args[1])]
        if self.kinds.of(call) == "defaultdict" and len(call.args) == 1:
            return self.of_factory(call.args[0])
        returns = self.annotation_of(call)
        return self.inner(returns, key, depth + 1) if returns else []

    def of_factory(self, factory: ast.expr) -> list[Source]:
        """What a factory makes: a lambda its body, a class an instance."""
        if isinstance(factory, ast.Lambda):
            return [Source(factory.body)]
        return [Source(factory, promised=True)] if self.kinds.annotations.kind(factory) else []

    def annotation_of(self, call: ast.Call) -> Source | None:
        """What a function of this file says that it returns."""
        binding = self.names.binding(call.func) if isinstance(call.func, ast.Name) else None
        node = binding.sole.node if binding and binding.sole else None
        if not isinstance(node, ast.FunctionDef) or node.decorator_list or node.returns is None:
            return None
        return Source(node.returns, promised=True)

    def origins(self, node: ast.expr) -> Iterator[Source]:
        """Where the value of a name, an attribute, an item or an operation comes from; nothing where unknown."""
        if isinstance(node, ast.NamedExpr):
            yield Source(node.value)
        elif isinstance(node, ast.IfExp):
            yield from (Source(node.body), Source(node.orelse))
        elif isinstance(node, ast.BoolOp):
            yield from map(Source, node.values)
        elif isinstance(node, ast.BinOp):
            yield from self.operands(node)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            yield Source(node.value)
        elif isinstance(node, ast.Subscript):
            yield from self.under(node.value, [node.slice])
        elif isinstance(node, ast.Name):
            yield from self.of_binding(node, self.names.binding(node))
        elif isinstance(node, ast.Attribute):
            yield from self.of_attribute(node)

    def operands(self, node: ast.BinOp) -> Iterator[Source]:
        if isinstance(node.op, ast.Mult):
            yield Source(node.right if isinstance(node.right, (ast.List, ast.Tuple)) else node.left)
        elif isinstance(node.op, (ast.Add, ast.BitOr)):
            yield from (Source(node.left), Source(node.right))

    def of_binding(self, name: ast.Name, binding: Binding | None) -> Iterator[Source]:
        """What a variable may have been given where it is read."""
        if binding is None:
            return
        made = [each for each in binding.definitions if each.kind is not DefinitionKind.DELETE]
        body = self.facts.tree.function(name)
        if binding.scope.node is body and name in self.facts.tree.parents:
            current = self.facts.flow(body).reaching(name)
            made = [each for each in made if each.node in current] or made
        for each in made:
            yield self.of_definition(each) or UNKNOWN

    def of_definition(self, made: Definition) -> Source | None:
        if made.kind is DefinitionKind.PARAMETER and isinstance(made.node, ast.arg):
            return self.of_parameter(made.node)
        annotation = getattr(made.statement, "annotation", None)
        if isinstance(made.statement, ast.AnnAssign) and (made.value is None or is_empty(made.value)):
            return Source(annotation, promised=True) if annotation else None
        if made.kind in (DefinitionKind.ASSIGNMENT, DefinitionKind.WALRUS) and made.value is not None:
            return Source(made.value)
        return None

    def of_parameter(self, parameter: ast.arg) -> Source | None:
        """What a parameter is by its annotation, else by its default."""
        arguments = self.facts.tree.parents[parameter]
        if not isinstance(arguments, ast.arguments) or parameter in (arguments.vararg, arguments.kwarg):
            return None
        if parameter.annotation:
            return Source(parameter.annotation, promised=True)
        default = default_of(arguments, parameter)
        return Source(default) if default and not is_none(default) else None

    def of_attribute(self, attribute: ast.Attribute) -> Iterator[Source]:
        """What the class of an instance puts into an attribute, in its body and in its methods."""
        results = self.kinds.results
        model = results.model(attribute.value) if results else None
        for each in model.local_lineage() if model else ():
            for store in each.stores_of(attribute.attr):
                promised = getattr(store.by, "annotation", None) if isinstance(store.by, ast.AnnAssign) else None
                yield Source(promised, promised=True) if promised and is_empty(store.value) else Source(store.value)
            binding = self.names.inner(each.node).bindings.get(attribute.attr)
            for made in binding.definitions if binding else ():
                yield self.of_definition(made) or UNKNOWN


UNKNOWN = Source(ast.Constant(value=...))
CHANGED = MUTABLE | {"array", "frame", "tensor"}


def is_named(key: ast.expr | None, name: str) -> bool:
    """Whether a key may be that name."""
    return not isinstance(key, ast.Constant) or key.value == name


def is_empty(value: ast.expr) -> bool:
    """Whether an expression makes a container with nothing in it, so that an annotation says more."""
    if isinstance(value, ast.Call):
        return not value.args and not value.keywords
    return (
        isinstance(value, (ast.Dict, ast.List))
        and not getattr(value, "keys", None)
        and not getattr(value, "elts", None)
    )
