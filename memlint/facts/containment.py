"""Containers that are put into themselves, and whether they still hold themselves when the body is done."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.names import Binding, DefinitionKind

if TYPE_CHECKING:
    from memlint.facts import Facts

PUTTING = frozenset({"append", "appendleft", "insert", "setdefault"})
SPREADING = frozenset({"extend", "extendleft", "update"})
"""Methods that put in what their argument holds, not the argument."""
TAKING = frozenset({"clear", "pop", "popitem", "popleft", "remove"})
HOLDING_ITSELF = frozenset({"list", "dict", "deque", "defaultdict"})
"""A set cannot: what is in it must be hashable."""
VALUELESS = frozenset({DefinitionKind.ANNOTATION, DefinitionKind.AUGMENTED, DefinitionKind.DELETE})
DISPLAYS = (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Tuple)
LOOPS = (ast.AsyncFor, ast.For, ast.While)


class Containment:
    """Tells what a container is put into, where that is the container."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def in_itself(self, by: ast.Call | ast.Assign | ast.AugAssign) -> Binding | None:
        """The variable whose container a call or statement puts into itself, where it stays there."""
        itself = self.contained(by)
        binding = self.facts.names.binding(itself[0]) if itself else None
        if binding is None or not self.is_container(binding):
            return None
        return binding if any(self.is_held(binding, name, by) for name in itself) else None

    def contained(self, node: ast.AST) -> list[ast.Name]:
        """The names of a container in what a call or statement puts into that same container."""
        receiver, values = put(node)
        binding = self.facts.names.binding(receiver) if isinstance(receiver, ast.Name) else None
        if binding is None:
            return []
        held = [each.value for value in values for each in self.facts.links.held(value)]
        return [name for name in held if isinstance(name, ast.Name) and self.facts.names.binding(name) is binding]

    def is_container(self, binding: Binding) -> bool:
        """Whether all that a name is ever bound to is a container that can hold itself."""
        givers = [each for each in binding.definitions if each.kind not in VALUELESS]
        return bool(givers) and all(self.facts.kinds.made(each.value) in HOLDING_ITSELF for each in givers)

    def is_held(self, binding: Binding, held: ast.Name, by: ast.Call | ast.stmt) -> bool:
        """Whether the container holds itself, and still does when the body is done."""
        statement, between = self.facts.tree.statement(by), self.facts.tree.statement(held)
        if statement is None or between is None:
            return False
        links = [(binding, statement)]
        if between is not statement:
            other = self.bound_by(between)
            if other is None or not self.is_of_one_round(binding, between, statement):
                return False
            links.append((other, between))
        return not any(self.takes_out(use, link) for end, link in links for use in end.uses)

    def bound_by(self, statement: ast.stmt) -> Binding | None:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        return self.facts.names.binding(target) if isinstance(target, ast.Name) else None

    def is_of_one_round(self, binding: Binding, between: ast.stmt, statement: ast.stmt) -> bool:
        """Whether a container that is put into `between`'s value is the same one as that value is then put into."""
        tree, sole = self.facts.tree, binding.sole
        if sole is None or tree.function(between) is not tree.function(statement):
            return False
        block = tree.parents[between]
        if block is not tree.parents[statement] and block not in tree.ancestors(statement):
            return False
        loops = {outer for outer in tree.ancestors(sole.node) if isinstance(outer, LOOPS)}
        return sole.statement.lineno <= between.lineno < statement.lineno and loops <= set(tree.ancestors(between))

    def takes_out(self, use: ast.Name, link: ast.stmt) -> bool:
        """Whether a use of a container may undo a link that it holds: later in the body, or in another."""
        tree = self.facts.tree
        parent = tree.parents[use]
        if isinstance(parent, ast.Attribute):
            takes = parent.attr in TAKING
        else:
            takes = isinstance(parent, ast.Subscript) and parent.value is use and self.replaces(parent, link)
        if not takes or tree.statement(use) is link:
            return False
        is_later = tree.function(use) is not tree.function(link) or use.lineno > link.lineno
        return is_later or any(isinstance(each, LOOPS) and use in walk(each) for each in tree.ancestors(link))

    def replaces(self, element: ast.Subscript, link: ast.stmt) -> bool:
        """Whether an element is deleted or bound anew that may be the one that a link made."""
        if isinstance(element.ctx, ast.Load):
            return False
        made = link.targets[0] if isinstance(link, ast.Assign) else None
        if isinstance(element.ctx, ast.Del) or not isinstance(made, ast.Subscript):
            return True
        return ast.dump(made.slice) == ast.dump(element.slice)


def put(node: ast.AST) -> tuple[ast.expr | None, list[ast.expr]]:
    """A container that a call or statement puts something into, and the values, or displays of them, that go in."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in PUTTING:
            return node.func.value, node.args[-1:]
        if node.func.attr in SPREADING:
            values = [each.value for each in node.keywords if each.arg]
            return node.func.value, [*values, *filter(is_display, node.args)]
    elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript):
        target = node.targets[0]
        spreads = isinstance(target.slice, ast.Slice)
        return target.value, [node.value] if is_display(node.value) or not spreads else []
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.BitOr)) and is_display(node.value):
        return node.target, [node.value]
    return None, []


def is_display(value: ast.expr) -> bool:
    return isinstance(value, DISPLAYS)
