"""Names that are to keep what something was before it changes, and are but another name for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.escape import Role
from memlint.facts.kinds import IN_PLACE, MUTABLE
from memlint.facts.names import Binding, DefinitionKind, ScopeKind
from memlint.facts.shapes import end, place

if TYPE_CHECKING:
    from memlint.facts import Facts

FORMER = re.compile(
    r"_*(?:(?:old|orig|original|backup|saved|prev|previous|before|snapshot|initial)(?:_\w+)?"
    r"|\w+_(?:old|orig|original|backup|saved|prev|previous|before|snapshot|bak))"
)
"""Names that promise what something was."""
COPIED = re.compile(r"_*(?:copy|copied|(?:copy|copied)_(?:of_)?\w+|\w+_(?:copy|copied|clone))")
"""Names that promise a copy, to be changed apart from what it was taken from."""
BODIES = (ScopeKind.FUNCTION, ScopeKind.MODULE)


CHANGED = MUTABLE | {"environment"}


class Snapshot(NamedTuple):
    """An alias, the first change of what it stands for, and the first read after that."""

    alias: ast.Name
    value: ast.expr
    change: ast.AST
    read: ast.expr


class Snapshots:
    """Finds aliases that are taken for copies."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.names = facts.names

    def of(self, assignment: ast.Assign | ast.AnnAssign) -> Snapshot | None:
        """What goes wrong with `old = x`, where `x` is changed in place and `old` read for what it was."""
        targets = assignment.targets if isinstance(assignment, ast.Assign) else [assignment.target]
        alias, value = targets[0], assignment.value
        if len(targets) != 1 or not isinstance(alias, ast.Name) or not isinstance(value, (ast.Name, ast.Attribute)):
            return None
        is_copy = bool(COPIED.fullmatch(alias.id))
        if not (is_copy or FORMER.fullmatch(alias.id)) or self.facts.kind(value) not in CHANGED:
            return None
        binding = self.names.binding(alias)
        if binding is None or binding.scope.kind not in BODIES or binding.scope.node is not self.tree.function(alias):
            return None
        others = self.others(assignment, value)
        own = [use for use in self.all_of(binding) if self.is_alias(use, alias)]
        changed, read = (own, others) if is_copy else (others, own)
        for change in self.changes(changed, self.facts.kind(value)):
            found = next(
                (
                    each
                    for each in read
                    if place(each) > end(change) and self.is_misread(each, change, is_copy, others, own, value)
                ),
                None,
            )
            if found is not None:
                return Snapshot(alias, value, change, found)
        return None

    def is_alias(self, use: ast.Name, alias: ast.Name) -> bool:
        """Whether a use of the alias has the value that the assignment gave it, and no other."""
        body = self.tree.function(use)
        return body is self.tree.function(alias) and self.facts.flow(body).reaching(use) == {alias}

    def is_misread(
        self,
        read: ast.expr,
        change: ast.AST,
        is_copy: bool,
        others: list[ast.expr],
        own: list[ast.Name],
        value: ast.expr,
    ) -> bool:
        """Whether a read behind a change takes the two for two: both are in one statement, or the alias is put back."""
        statement = self.tree.statement(read)
        beside = own if is_copy else others
        if any(self.tree.statement(each) is statement and each is not read for each in beside):
            return not isinstance(self.tree.parents[read], ast.Compare) or is_by_value(self.tree.parents[read])
        parent = self.tree.parents[read]
        if is_copy or not isinstance(parent, ast.Assign) or read is not parent.value:
            return is_copy
        wanted = ast.dump(value)
        return any(ast.dump(target).replace("Store()", "Load()") == wanted for target in parent.targets)

    def changes(self, names: Iterable[ast.expr], kind: str | None) -> list[ast.AST]:
        """What changes an object in place under these names."""
        found: list[ast.AST] = []
        for other in names:
            parent = self.tree.parents[other]
            if isinstance(parent, ast.AugAssign) and other is parent.target:
                if isinstance(parent.op, IN_PLACE.get(kind, ())):
                    found.append(parent)
                continue
            found += [by for role, by in self.facts.escape.roles(other) if role is Role.MUTATED]
        return sorted(found, key=place)

    def others(self, assignment: ast.stmt, value: ast.expr) -> list[ast.expr]:
        """The expressions behind an assignment that still read the object which it took."""
        if isinstance(value, ast.Name):
            binding = self.names.binding(value)
            return self.same(binding, value) if binding else []
        body = self.tree.function(assignment)
        wanted = ast.dump(value)
        places = [
            node
            for node in walk(body)
            if isinstance(node, ast.Attribute) and ast.dump(node).replace("Store()", "Load()") == wanted
        ]
        rebound = [each for each in places if not isinstance(each.ctx, ast.Load) and not self.is_augmented(each)]
        first = min(map(place, rebound), default=(10**9, 0))
        return [each for each in places if place(assignment) < place(each) < first and self.is_here(each, assignment)]

    def all_of(self, binding: Binding) -> list[ast.Name]:
        augmented = [made.node for made in binding.definitions if isinstance(made.statement, ast.AugAssign)]
        return [each for each in (*binding.uses, *augmented) if isinstance(each, ast.Name)]

    def same(self, binding: Binding, value: ast.Name) -> list[ast.expr]:
        """The uses of a name behind one of its reads that have the value that it had there; `x += …` keeps it."""
        body = self.tree.function(value)
        flow = self.facts.flow(body)
        current = set(flow.reaching(value)) - self.renewed(binding, value)
        in_place = IN_PLACE.get(self.facts.kind(value), ())
        found: list[ast.expr] = []
        for use in sorted(self.all_of(binding), key=place):
            if self.tree.function(use) is body and place(use) > place(value) and flow.reaching(use) <= current:
                found.append(use)
                change = self.tree.parents[use]
                if isinstance(change, ast.AugAssign) and use is change.target and isinstance(change.op, in_place):
                    current.add(use)
        return found

    def renewed(self, binding: Binding, value: ast.Name) -> set[ast.AST]:
        """The definitions that give a name another value right behind one of its reads, in the same run of statements:
        what they bind comes to the read only by the next turn of a loop."""
        statement = self.tree.statement(value)
        beside = self.tree.parents.get(statement) if statement else None
        return {
            each.node
            for each in binding.definitions
            if each.kind is not DefinitionKind.AUGMENTED
            and self.tree.parents.get(each.statement) is beside
            and each.statement.lineno > value.lineno
        }

    def is_here(self, node: ast.AST, assignment: ast.stmt) -> bool:
        return self.tree.function(node) is self.tree.function(assignment)

    def is_augmented(self, node: ast.AST) -> bool:
        return isinstance(self.tree.parents[node], ast.AugAssign)


def is_by_value(comparison: ast.AST) -> bool:
    """Whether a comparison is not of identity."""
    return isinstance(comparison, ast.Compare) and not isinstance(comparison.ops[0], (ast.Is, ast.IsNot))
