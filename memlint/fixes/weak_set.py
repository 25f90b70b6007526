"""Makes a list of weak references a `WeakSet`, where all that is done to it is to add one and to go through them.

The rewrite knows a use by its name: an attribute of that name on any object is taken for a use.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.growth_model import Container, Growth, Home
from memlint.facts.layout import first_line, last_line
from memlint.fixes.imports import is_alone, is_told, reachable
from memlint.model import Edit, Fix, Position, Safety

EMPTY = frozenset({"builtins.list", "builtins.set", "collections.deque"})
COMPARING = frozenset({"__eq__", "__hash__"})


class WeakSetForList:
    """The rewrite for a container that gets weak references."""

    def __init__(self, facts: Facts, container: Container, growth: Growth) -> None:
        self.facts = facts
        self.lines = facts.source.lines
        self.container = container
        self.growth = growth
        self.name = container.name.rpartition(".")[2]

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        made = self.container.made
        if not self.name.startswith("_"):
            return None, f"`{self.name}` has no underscore in front, and other files may use it as it is"
        if is_told(self.facts, self.name) or not self.is_empty(made):
            return None, f"`{self.name}` is not made empty, or is asked for by its name"
        edits: list[Edit] = []
        for use in self.uses():
            if use is getattr(self.container.statement, "targets", [None])[0]:
                continue
            changed = self.added(use) or self.walked(use)
            if not changed:
                return None, f"`{self.name}` is used for more than to add to it and to go through what is alive"
            edits += changed
        reference = self.reference(self.growth.by)
        imported = self.imported(reference) if reference else None
        if imported is None:
            return None, "`weakref.WeakSet` cannot be imported here"
        name, more = imported
        edits += [*more, Edit(*self.facts.tree.span(made), f"{name}()")]
        return Fix(f"make `{self.name}` a `WeakSet`", Safety.UNSAFE, tuple(dict.fromkeys(edits))), ""

    def is_empty(self, made: ast.expr) -> bool:
        """Whether a plain assignment makes the container, with nothing in it."""
        statement = self.container.statement
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or statement.value is not made:
            return False
        if isinstance(made, ast.Call):
            return not made.args and not made.keywords and self.facts.names.qualified(made.func) in EMPTY
        return isinstance(made, ast.List) and not made.elts

    def uses(self) -> Iterator[ast.expr]:
        """Every place that has the name: of any variable of the module, of an attribute of anything."""
        has_attributes = self.container.home is not Home.MODULE
        for node in self.facts.tree.parents:
            if isinstance(node, ast.Attribute) and has_attributes:
                named = node.attr
            else:
                named = node.id if isinstance(node, ast.Name) else ""
            if named == self.name and isinstance(node, ast.expr):
                yield node

    def added(self, use: ast.expr) -> list[Edit]:
        """The edits of a call that adds a reference; none where it is another use."""
        method = self.facts.tree.parents[use]
        call = self.facts.tree.parents[method]
        if not isinstance(method, ast.Attribute) or method.attr not in ("add", "append"):
            return []
        reference = self.reference(call)
        if reference is None or not isinstance(self.facts.tree.parents[call], ast.Expr) or self.compares(reference):
            return []
        start, end = self.facts.tree.span(reference)
        first, last = self.facts.tree.span(reference.args[0])
        name_end = self.facts.tree.span(method)[1]
        renamed = Edit(Position(name_end.line, name_end.column - len(method.attr)), name_end, "add")
        edits = [Edit(start, first, ""), Edit(last, end, "")]
        has_comment = any(start.line <= line <= end.line for line, _ in self.facts.source.comments)
        is_on_one_line = start.line == end.line or not has_comment
        return [*([renamed] if method.attr == "append" else []), *edits] if is_on_one_line else []

    def reference(self, call: ast.AST) -> ast.Call | None:
        """The call of `weakref.ref` that is all that a call is given."""
        given = call.args[0] if isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords else None
        is_plain = isinstance(given, ast.Call) and len(given.args) == 1 and not given.keywords
        if not isinstance(given, ast.Call) or not is_plain or isinstance(given.args[0], ast.Starred):
            return None
        return given if self.facts.names.qualified(given.func) in ("weakref.ref", "weakref.ReferenceType") else None

    def compares(self, reference: ast.Call) -> bool:
        """Whether a class of its own says when the object is equal to another, or is not known to be hashable yet."""
        given = reference.args[0]
        owner = self.facts.tree.enclosing(reference, ast.ClassDef)
        is_self = isinstance(given, ast.Name) and given.id in ("self", "cls")
        if owner is None or not is_self:
            return False
        methods = {each.name for each in owner.body if isinstance(each, ast.FunctionDef)}
        return bool(owner.decorator_list or methods & COMPARING)

    def imported(self, reference: ast.Call) -> tuple[str, tuple[Edit, ...]] | None:
        """How `WeakSet` is written where the container is made; None where `weakref` is not a name of the module."""
        first: ast.expr = reference.func
        while isinstance(first, ast.Attribute):
            first = first.value
        binding = self.facts.names.binding(first) if isinstance(first, ast.Name) else None
        sole = binding.sole if binding else None
        statement = self.container.statement
        if binding is None or sole is None or sole.statement.lineno > statement.lineno:
            return None
        if self.facts.tree.parents[sole.statement] not in self.facts.tree.ancestors(statement):
            return None
        found = reachable(self.facts, "weakref", "WeakSet", reference)
        seen = self.facts.names.lookup(self.facts.names.scope_of(self.container.made), binding.name)
        return found if seen is binding else None

    def walked(self, use: ast.expr) -> list[Edit]:
        """The edits of a loop over those that are alive; none where it does anything else."""
        loop = self.facts.tree.parents[use]
        iterated = use
        if isinstance(loop, ast.Call) and self.facts.names.qualified(loop.func) == "builtins.list":
            iterated, loop = loop, self.facts.tree.parents[loop]
        if self.facts.names.lookup(self.facts.names.scope_of(use), "list") is not None:
            return []
        if not isinstance(loop, ast.For) or loop.iter is not iterated or loop.orelse or len(loop.body) < 2:
            return []
        opened, test, *rest = loop.body
        reference = loop.target.id if isinstance(loop.target, ast.Name) else ""
        found = self.called(opened, reference)
        if found is None or not isinstance(test, ast.If) or test.orelse:
            return []
        is_alive = ast.unparse(test.test) == f"{found.id} is not None" and not rest
        is_dead = ast.unparse(test.test) == f"{found.id} is None" and bool(rest)
        is_skipped = is_dead and len(test.body) == 1 and isinstance(test.body[0], ast.Continue)
        kept = test.body if is_alive else rest
        if not (is_alive or is_skipped) or not self.stays_inside(loop, opened, test, kept):
            return []
        return self.loop_edits(loop, found.id, test, kept, self.facts.source.between(*self.facts.tree.span(use)))

    def called(self, statement: ast.stmt, reference: str) -> ast.Name | None:
        """The name that is given what a reference refers to."""
        if not isinstance(statement, ast.Assign) or ast.unparse(statement.value) != f"{reference}()":
            return None
        target = statement.targets[0]
        return target if isinstance(target, ast.Name) and len(statement.targets) == 1 else None

    def stays_inside(self, loop: ast.For, opened: ast.stmt, test: ast.stmt, kept: list[ast.stmt]) -> bool:
        """Whether the reference is read once, and what it refers to in the statements that are kept alone."""
        inside = {node for each in kept for node in walk(each)}
        own = {*walk(opened), *walk(test), *inside}
        for name in (loop.target, getattr(opened, "targets", [None])[0]):
            binding = self.facts.names.binding(name) if isinstance(name, ast.Name) else None
            if binding is None or len(binding.definitions) != 1 or not own.issuperset(binding.uses):
                return False
            if name is loop.target and inside.intersection(binding.uses):
                return False
        return True

    def loop_edits(self, loop: ast.For, name: str, test: ast.If, kept: list[ast.stmt], place: str) -> list[Edit]:
        """Go through the objects: the lines that ask for them fall away, and those of the `if` move out."""
        is_inside = kept is test.body
        first, last = first_line(loop.body[0]), test.lineno if is_inside else last_line(test)
        head, tail = self.facts.tree.span(loop.target)[0], self.facts.tree.span(loop.iter)[1]
        within = range(head.line, last + 1)
        is_plain = all(is_alone(self.facts, each) for each in (loop.body[0], *kept))
        is_plain = is_plain and self.is_plain_header(loop) and self.is_plain_header(test)
        if not is_plain or any(line in within for line, _ in self.facts.source.comments):
            return []
        edits = [
            Edit(head, tail, f"{name} in list({place})"),
            Edit(Position(first, 1), Position(last + 1, 1), ""),
        ]
        if not is_inside:
            return edits
        step = len(self.blanks(kept[0])) - len(self.blanks(test))
        strings = self.facts.source.lines_in_strings
        for line in range(last + 1, last_line(kept[-1]) + 1):
            text = self.lines[line - 1]
            if text.strip() and line not in strings:
                if text[:step].strip():
                    return []
                edits.append(Edit(Position(line, 1), Position(line, step + 1), ""))
        return edits

    def is_plain_header(self, statement: ast.For | ast.If) -> bool:
        """Whether a loop or a test begins with a line that is written as usual, and holds that alone."""
        return self.lines[statement.lineno - 1].strip() == ast.unparse(statement).split("\n")[0]

    def blanks(self, statement: ast.stmt) -> str:
        line = self.lines[statement.lineno - 1]
        return line[: len(line) - len(line.lstrip())]
