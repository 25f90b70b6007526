"""What every name of a module refers to, by the rules of CPython's compiler, and what it is called in full.

The tree is read once, with lists of what is still to read and no recursion, so its depth does not matter.
Annotations count as read where they stand, however late Python evaluates them; string annotations are not seen,
until `read` is asked to.
"""

from __future__ import annotations

import ast
import builtins
from operator import attrgetter

from memlint.facts.branches import walk
from memlint.facts.scopes import Binding, Definition, DefinitionKind, Scope, ScopeKind, Walk, mangled

__all__ = ["Binding", "Definition", "DefinitionKind", "Names", "Scope", "ScopeKind", "imported_from", "mangled"]

BUILTINS = frozenset(dir(builtins)) - {"__doc__", "__loader__", "__name__", "__package__", "__spec__"}
"""Names that need no definition, save those that every module has with a value of its own."""


class Names:
    """The scopes of one module, and the binding behind each of its names."""

    __slots__ = ("_bindings", "_inner", "_origins", "_regions", "_scopes", "has_star_import", "module")

    def __init__(self, module: ast.Module) -> None:
        reading = Walk(module)
        _move_declared(reading.scopes)
        self.module = reading.scopes[0]
        self.has_star_import = reading.has_star_import
        self._inner = reading.inner
        self._regions = reading.regions
        self._scopes: dict[ast.AST, Scope] = {}
        self._bindings: dict[ast.AST, Binding] = {}
        self._origins: dict[Binding, tuple[str | None, ast.expr | None]] = {}
        self._index_definitions(reading.scopes)
        self._resolve_loads()

    def close(self) -> None:
        """Cut the links from scopes to their bindings, which keep their scope."""
        for scope, _, _ in self._regions:
            scope.close()

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope that evaluates a node; a parameter belongs to its function, a `def` to the scope around it.

        Operators and contexts, which `ast` shares between expressions, have none: `KeyError`.
        """
        if not self._scopes:
            for scope, _, nodes in self._regions:
                self._scopes.update(dict.fromkeys(nodes, scope))
        return self._scopes[node]

    def inner(self, node: ast.AST) -> Scope:
        """The scope that a module, class, function, lambda or comprehension makes; `KeyError` for other nodes."""
        return self._inner[node]

    def binding(self, name: ast.Name) -> Binding | None:
        """The variable that this name reads, binds or deletes; None for builtins and names from elsewhere."""
        return self._bindings.get(name)

    def binding_of(self, definition: ast.AST) -> Binding | None:
        """The variable that a parameter, import, `def`, `class`, handler or pattern binds, if it binds any."""
        return self._bindings.get(definition)

    def lookup(self, scope: Scope, identifier: str) -> Binding | None:
        """The variable that a name would mean if a scope read it; None for builtins and names from elsewhere."""
        return _resolve(scope, identifier)

    def read(self, text: str, scope: Scope) -> ast.expr | None:
        """The expression in a string, such as an annotation, with its names resolved as if a scope read them."""
        try:
            expression = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        for node in walk(expression):
            if isinstance(node, ast.Name) and (binding := _resolve(scope, node.id)):
                self._bindings[node] = binding
        return expression

    def qualified(self, expression: ast.expr) -> str | None:
        """The full dotted name of `name.attribute…` through imports and the module's own aliases: `numpy.zeros`.

        Relative imports keep their dots: `.mod.name`. None for what is not imported, or not by imports alone.
        """
        attributes: list[str] = []
        followed: set[Binding] = set()
        while True:
            while isinstance(expression, ast.Attribute):
                attributes.append(expression.attr)
                expression = expression.value
            if not isinstance(expression, ast.Name):
                return None
            binding = self._bindings.get(expression)
            if binding is None:
                root = f"builtins.{expression.id}" if expression.id in BUILTINS else None
                break
            if binding not in self._origins:
                self._origins[binding] = _imported(binding), self._aliased(binding)
            root, value = self._origins[binding]
            if root is not None or value is None or binding in followed:
                break
            followed.add(binding)
            expression = value
        return None if root is None else ".".join([root, *reversed(attributes)])

    def _aliased(self, binding: Binding) -> ast.expr | None:
        """What a module-level name stands for throughout the module, when one plain assignment binds it."""
        givers = _givers(binding)
        if binding.scope is self.module and len(givers) == 1 and givers[0].kind is DefinitionKind.ASSIGNMENT:
            return givers[0].value
        return None

    def _index_definitions(self, scopes: list[Scope]) -> None:
        for scope in scopes:
            for binding in scope.bindings.values():
                if len(binding.definitions) > 1:
                    binding.definitions.sort(key=attrgetter("node.lineno", "node.col_offset"))
                for definition in binding.definitions:
                    self._bindings[definition.node] = binding

    def _resolve_loads(self) -> None:
        bindings = self._bindings
        used: set[Binding] = set()
        for scope, loads, _ in self._regions:
            known: dict[str, Binding | None] = {}
            for name in loads:
                if name.id in known:
                    binding = known[name.id]
                else:
                    binding = known[name.id] = _resolve(scope, name.id)
                if binding is not None:
                    binding.uses.append(name)
                    bindings[name] = binding
            used.update(binding for binding in known.values() if binding is not None)
        for binding in used:
            binding.uses.sort(key=attrgetter("lineno", "col_offset"))


def _resolve(scope: Scope, identifier: str) -> Binding | None:
    """The variable that a name read in `scope` means: the nearest one, where a class shows its own to no function."""
    name = mangled(identifier, scope.private)
    sees_class = True
    while scope.parent is not None:
        if sees_class or scope.kind is not ScopeKind.CLASS:
            if isinstance(scope.declared.get(name), ast.Global):
                break
            if name in scope.bindings:
                return scope.bindings[name]
        sees_class = sees_class and scope.kind is ScopeKind.TYPE
        scope = scope.parent
    while scope.parent is not None:
        scope = scope.parent
    return scope.bindings.get(name)


def _move_declared(scopes: list[Scope]) -> None:
    """Hand the definitions of `global` and `nonlocal` names to the scopes that own them, outer scopes first."""
    module = scopes[0]
    for scope in scopes[1:]:
        for name, declaration in scope.declared.items():
            own = scope.bindings.pop(name, None)
            if own is None:
                continue
            if isinstance(declaration, ast.Global):
                home = module.bindings.setdefault(name, Binding(name, module))
            else:
                home = _outer(scope, name) or scope.bindings.setdefault(name, Binding(name, scope))
            home.definitions += own.definitions


def _outer(scope: Scope, name: str) -> Binding | None:
    """The variable of a function around `scope` that `nonlocal` means."""
    outer = scope.parent
    while outer is not None and outer.parent is not None:
        if outer.kind is not ScopeKind.CLASS and name in outer.bindings:
            return outer.bindings[name]
        outer = outer.parent
    return None


def _givers(binding: Binding) -> list[Definition]:
    """The definitions that give a value: deletions and bare annotations say nothing of what a name means."""
    silent = (DefinitionKind.DELETE, DefinitionKind.ANNOTATION)
    return [definition for definition in binding.definitions if definition.kind not in silent]


def _imported(binding: Binding) -> str | None:
    """What a name that only imports bind is imported from: the first of them, where `try` or `if` chooses."""
    givers = _givers(binding)
    if not givers or any(giver.kind is not DefinitionKind.IMPORT for giver in givers):
        return None
    return imported_from(givers[0])


def imported_from(definition: Definition) -> str:
    """The dotted name that the definition of an import gives, with the dots of a relative one in front."""
    alias, statement = definition.node, definition.statement
    assert isinstance(alias, ast.alias)
    if isinstance(statement, ast.ImportFrom):
        origin = "." * statement.level + (statement.module or "")
        return origin + alias.name if origin.endswith(".") else f"{origin}.{alias.name}"
    return alias.name if alias.asname else alias.name.partition(".")[0]
