"""Rows of a table that are all fetched before the first is looked at, and looked at once."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.class_model import CLASS_PARAMETERS
from memlint.facts.escape import Role, changes
from memlint.facts.names import DefinitionKind
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

RowLoop: TypeAlias = ast.For | ast.comprehension


class Fetched(NamedTuple):
    """A call that fetches all rows for a loop, and the cursor or query that it is called on."""

    call: ast.Call
    source: ast.expr
    is_named: bool
    """Whether the rows have a name between the call and the loop."""


class Rows:
    """Questions about the rows that a module loops over."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.tree = facts.tree

    def fetched(self, loop: RowLoop) -> Fetched | None:
        """The call `cursor.fetchall()` whose rows are those of a whole table, for this loop alone."""
        found = self.called(loop, "fetchall")
        if found is None or not self.is_whole(found) or self.is_touched(loop, found.source) or is_search(loop):
            return None
        if self.is_deferred(loop):
            return None
        return None if self.keeps(loop) else found

    def is_deferred(self, loop: RowLoop) -> bool:
        """Whether a generator expression loops that leaves the function: the cursor may be closed by then."""
        generator = self.tree.parents[loop]
        return isinstance(generator, ast.GeneratorExp) and isinstance(
            self.tree.parents[generator], (ast.Assign, ast.AnnAssign, ast.Return, ast.Yield)
        )

    def mapped(self, loop: RowLoop) -> Fetched | None:
        """The call `query.all()` whose entities are those of a whole table, for this loop alone."""
        found = self.called(loop, "all")
        if found is None or not (self.has_mapper() or self.is_of_models(found.source)):
            return None
        if not self.is_unfiltered(found.source):
            return None
        session = self.session(found.source)
        if self.is_touched(loop, session) or self.may_use_session(loop):
            return None
        return None if self.keeps(loop) or self.is_changed(loop) else found

    def may_use_session(self, loop: RowLoop) -> bool:
        """Whether a loop calls what the project defines and may have the session: a method of its own, another
        class, a function."""
        for call in (node for part in self.parts(loop) for node in walk(part) if isinstance(node, ast.Call)):
            root: ast.expr = call.func
            while isinstance(root, (ast.Attribute, ast.Subscript)):
                root = root.value
            if not isinstance(root, ast.Name):
                continue
            binding = self.names.binding(root)
            made = binding.definitions if binding else []
            kinds = {each.kind for each in made}
            is_own = self.facts.classes.instance(root) is not None or root.id in CLASS_PARAMETERS
            is_outside = self.names.qualified(root) is not None and not self.is_of_library(root)
            if is_own or is_outside or kinds & {DefinitionKind.FUNCTION, DefinitionKind.CLASS}:
                return True
        return False

    def is_of_library(self, root: ast.Name) -> bool:
        """Whether a name is a builtin, or is imported from the standard library."""
        module = (self.names.qualified(root) or "").partition(".")[0]
        return module == "builtins" or module in sys.stdlib_module_names

    def called(self, loop: RowLoop, method: str) -> Fetched | None:
        """The call of a method without arguments that a loop runs over, itself or under a name of its own."""
        source: ast.expr | None = loop.iter
        binding = self.names.binding(source) if isinstance(source, ast.Name) else None
        if binding is not None:
            sole = binding.sole if len(binding.uses) == 1 else None
            source = sole.value if sole and sole.kind is DefinitionKind.ASSIGNMENT else None
            if sole is None or self.tree.function(sole.node) is not self.tree.function(loop.iter):
                return None
        is_plain = isinstance(source, ast.Call) and not source.args and not source.keywords
        if not is_plain or not isinstance(source, ast.Call) or not isinstance(source.func, ast.Attribute):
            return None
        return Fetched(source, source.func.value, binding is not None) if source.func.attr == method else None

    def is_whole(self, found: Fetched) -> bool:
        """Whether the statement that a cursor ran last is a constant that selects all rows of a table."""
        made = found.source.value if isinstance(found.source, ast.Await) else found.source
        run = made if isinstance(made, ast.Call) else self.run_before(found)
        if run is None or not run.args or getattr(run.func, "attr", "") not in known("transfers", "rows", "run_by"):
            return False
        text = self.text(run.args[0])
        words = set(re.findall(r"[a-z_]+", text.lower()))
        return {"select", "from"} <= words and not words & known("transfers", "rows", "few")

    def run_before(self, found: Fetched) -> ast.Call | None:
        """The last call that runs a statement on a cursor in front of where its rows are fetched."""
        cursor = ast.dump(found.source)
        statement = self.tree.statement(found.call)
        block = next((each for each in self.blocks(statement) if statement in each), []) if statement else []
        for before in reversed(block[: block.index(statement)] if statement in block else []):
            value = before.value if isinstance(before, (ast.Assign, ast.Expr)) else None
            run = value.value if isinstance(value, ast.Await) else value
            if isinstance(run, ast.Call) and isinstance(run.func, ast.Attribute) and ast.dump(run.func.value) == cursor:
                return run
            if any(ast.dump(node) == cursor for node in walk(before) if isinstance(node, ast.expr)):
                return None
        return None

    def blocks(self, statement: ast.stmt) -> Iterator[list[ast.stmt]]:
        """The blocks of what a statement stands in."""
        for _, block in ast.iter_fields(self.tree.parents[statement]):
            if isinstance(block, list):
                yield block

    def text(self, statement: ast.expr) -> str:
        """The constant text of a statement, also under a name or in `text(…)`; empty where it is put together."""
        if isinstance(statement, ast.Call) and len(statement.args) == 1 and not statement.keywords:
            statement = statement.args[0]
        binding = self.names.binding(statement) if isinstance(statement, ast.Name) else None
        if binding and binding.sole and binding.sole.value is not None:
            statement = binding.sole.value
        return statement.value if isinstance(statement, ast.Constant) and isinstance(statement.value, str) else ""

    def has_mapper(self) -> bool:
        """Whether the file imports a library that maps rows to objects."""
        mappers = known("transfers", "rows", "mappers")
        modules = (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
            for node in self.tree.parents
            if isinstance(node, (ast.Import, ast.ImportFrom))
        )
        return any(module.partition(".")[0] in mappers for each in modules for module in each)

    def is_of_models(self, query: ast.expr) -> bool:
        """Whether a query asks for classes, or columns of classes, that a module of models has: `query(Book.id)`."""
        method = query.func if isinstance(query, ast.Call) else None
        if not isinstance(query, ast.Call) or getattr(method, "attr", "") != "query" or not query.args:
            return False
        named = [(self.names.qualified(each) or "").split(".") for each in query.args]
        return all(
            {"model", "models"} & set(parts[:-1]) and parts[-1 - (parts[-1].islower())][:1].isupper() for parts in named
        )

    def is_unfiltered(self, query: ast.expr) -> bool:
        """Whether a query is one of all rows: nothing is filtered, limited, grouped or joined."""
        query = query.value if isinstance(query, ast.Await) else query
        if isinstance(query, ast.Attribute):
            return query.attr == "query" and isinstance(query.value, ast.Name) and query.value.id[:1].isupper()
        if isinstance(query, ast.Name):
            binding = self.names.binding(query)
            value = binding.sole.value if binding and binding.sole else None
            return isinstance(value, ast.Call) and self.is_unfiltered(value)
        if not isinstance(query, ast.Call):
            return False
        if self.names.qualified(query.func) in known("transfers", "rows", "selected_by"):
            return self.is_of_entities(query)
        if not isinstance(query.func, ast.Attribute):
            return False
        method = query.func.attr
        if method == "query":
            return self.is_of_entities(query)
        if method in ("execute", "scalars") and query.args:
            return self.is_unfiltered(query.args[0])
        return method in known("transfers", "rows", "kept_by") and self.is_unfiltered(query.func.value)

    def session(self, query: ast.expr) -> ast.expr | None:
        """The session that a query is made with."""
        while isinstance(query, (ast.Attribute, ast.Await, ast.Call)):
            is_method = isinstance(query, ast.Attribute) and query.attr in ("execute", "query", "scalars")
            if is_method and isinstance(query, ast.Attribute) and not isinstance(query.value, (ast.Call, ast.Await)):
                return query.value
            query = query.func if isinstance(query, ast.Call) else query.value
        return None

    def is_of_entities(self, query: ast.Call) -> bool:
        """Whether a query asks for classes or their columns, and for nothing that is worked out."""
        return bool(query.args) and not query.keywords and all(map(self.is_entity, query.args))

    def is_entity(self, column: ast.expr) -> bool:
        """Whether an expression is a class, a table or a column, and not a part of another query."""
        while isinstance(column, ast.Attribute):
            column = column.value
        binding = self.names.binding(column) if isinstance(column, ast.Name) else None
        made = [each.value for each in binding.definitions if each.value is not None] if binding else []
        parts = known("transfers", "rows", "parted_by")
        is_part = any(isinstance(each, ast.Call) and getattr(each.func, "attr", "") in parts for each in made)
        return isinstance(column, ast.Name) and not is_part

    def is_of_columns(self, query: ast.expr) -> bool:
        """Whether a query asks for columns alone, so that a row is a tuple of values and no object."""
        calls = [node for node in walk(query) if isinstance(node, ast.Call)]
        asking = [
            each
            for each in calls
            if getattr(each.func, "attr", "") == "query"
            or self.names.qualified(each.func) in known("transfers", "rows", "selected_by")
        ]
        columns = [column for each in asking for column in each.args]
        return bool(columns) and all(
            isinstance(each, ast.Attribute) and getattr(each.value, "id", "")[:1].isupper() for each in columns
        )

    def is_kept_in_parts(self, loop: RowLoop) -> bool:
        """Whether a dictionary of the fields of each row is kept, so that nearly all is held anyway."""
        made = self.tree.parents[loop]
        return isinstance(loop, ast.comprehension) and isinstance(getattr(made, "elt", None), ast.Dict)

    def is_touched(self, loop: RowLoop, cursor: ast.expr | None) -> bool:
        """Whether the loop uses the cursor or the connection, or ends the transaction, while rows are still to come."""
        busy = frozenset().union(*(known("transfers", "rows", key) for key in ("ended_by", "held_by", "run_by")))
        sought = ast.dump(cursor) if cursor is not None and not isinstance(cursor, ast.Call) else None
        for part in self.parts(loop):
            for node in walk(part):
                if isinstance(node, ast.Attribute) and node.attr in busy:
                    return True
                if sought and isinstance(node, ast.expr) and ast.dump(node) == sought:
                    return True
        return False

    def parts(self, loop: RowLoop) -> list[ast.AST]:
        """What a loop runs for each row."""
        if isinstance(loop, ast.For):
            return list(loop.body)
        made = self.tree.parents[loop]
        results = [made.key, made.value] if isinstance(made, ast.DictComp) else [getattr(made, "elt", made)]
        return [*results, *loop.ifs]

    def keeps(self, loop: RowLoop) -> bool:
        """Whether a loop keeps each row, or something that is made of all of it, so that all are held anyway."""
        rows = {node.id for node in walk(loop.target) if isinstance(node, ast.Name)}
        kept = self.storing(loop) if isinstance(loop, ast.For) else self.kept(loop)
        return any(
            isinstance(node, ast.Name) and node.id in rows and not self.is_field(node)
            for each in kept
            for node in walk(each)
        )

    def is_field(self, row: ast.Name) -> bool:
        """Whether one field of a row is read, and no method called that may make something of all of it."""
        parent = self.tree.parents[row]
        return isinstance(parent, (ast.Attribute, ast.Subscript)) and not self.tree.is_called(parent)

    def is_changed(self, loop: RowLoop) -> bool:
        """Whether a loop writes to the entities, which the session holds from then on until it is flushed."""
        binding = self.names.binding(loop.target) if isinstance(loop.target, ast.Name) else None
        uses = binding.uses if binding else []
        fates = self.facts.escape.own_fates(binding) if binding else ()
        return any(fate.role in (Role.MUTATED, Role.STORED) for fate in fates) or any(map(self.is_part_changed, uses))

    def is_part_changed(self, use: ast.AST) -> bool:
        """Whether a container that hangs on an entity is changed: `user.roles.append(role)`."""
        parent = self.tree.parents[use]
        while isinstance(parent, (ast.Attribute, ast.Subscript)):
            if not isinstance(parent.ctx, ast.Load) or (isinstance(parent, ast.Attribute) and changes(parent.attr)):
                return True
            parent = self.tree.parents[parent]
        return False

    def kept(self, loop: ast.comprehension) -> list[ast.AST]:
        """What a comprehension keeps of each row; nothing where a generator is used up by a call."""
        made = self.tree.parents[loop]
        is_reduced = isinstance(made, ast.GeneratorExp) and isinstance(self.tree.parents[made], ast.Call)
        return [] if is_reduced else self.parts(loop)[: 2 if isinstance(made, ast.DictComp) else 1]

    def storing(self, loop: ast.For) -> Iterator[ast.AST]:
        """What the body of a loop puts into containers and attributes."""
        grow = known("containers", "methods", "grow")
        for part in loop.body:
            for node in walk(part):
                targets = node.targets if isinstance(node, ast.Assign) else []
                is_growth = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in grow
                if is_growth or not all(isinstance(target, ast.Name) for target in targets):
                    yield node


def is_search(loop: RowLoop) -> bool:
    """Whether a loop looks for one row and leaves off when it has it; what is searched so is a short list of names."""
    return isinstance(loop, ast.For) and any(isinstance(node, (ast.Break, ast.Return)) for node in walk(loop))
