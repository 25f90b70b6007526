from __future__ import annotations

import ast

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst, known, walk

SORTS = frozenset({"file", "archive", "sqlite", "connection", "socket", "kernel", "listing"})
NAMES = ("file", "handle", "stream", "opened")
USUAL = "it stays open until it is collected: open it in a `with`"
KEPT = {
    "kernel": "it is a number that nothing collects, and stays open until the process ends: give it to `CloseHandle`",
    "listing": "where the loop ends early it stays open until it is collected: open it in a `with`",
}


class OpenInline(Rule):
    """What is opened inside a larger expression has no name, so nobody can close it."""

    code = "ML801"
    name = "open-inline"
    effect = Effect.KEPT
    also = ("SIM115",)
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(rb"\(", file=(rb"open|File|connect|socket|FTP|SMTP|IMAP|POP|Telnet|SSH|HTTP|kernel32|scandir",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.handles.sort(call) in SORTS and facts.handles.inline(call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        if call is None or self.facts.handles.sort(call) not in SORTS:
            return
        user = self.facts.handles.inline(call)
        if user is None:
            return
        opened = self.quoted(call) or f"`{ast.unparse(call.func)}(…)`"
        fix = self.managed(call)
        sort = self.facts.handles.sort(call)
        if sort == "listing" and not self.facts.handles.is_left_early(user):
            return
        if self.is_read_out(call, user):
            return
        self.report(
            call,
            f"{opened} has no name and is never closed; {KEPT.get(sort or '', USUAL)}",
            optional=sort == "listing"
            or self.facts.closures.is_main(call)
            or self.facts.population.is_of_program
            or self.is_of_main(call),
            fix=fix,
            unfixed="" if fix else "it stands where no `with` can be written around it alone",
        )

    def is_of_main(self, call: ast.Call) -> bool:
        """Whether a call stands in a function that a program runs a single time."""
        function = self.facts.tree.function(call)
        return not isinstance(function, ast.Module) and self.facts.closures.runs_once(function)

    def is_read_out(self, call: ast.Call, user: ast.AST) -> bool:
        """Whether a `for` that no jump leaves runs over files each of which is closed where its lines end."""
        if self.facts.names.qualified(call.func) != "fileinput.FileInput" or not isinstance(user, ast.For):
            return False
        jumps = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom)
        return not any(isinstance(node, jumps) for part in user.body for node in walk(part))

    def managed(self, call: ast.Call) -> Fix | None:
        """Open it in a `with` around the statement, where nothing of the statement runs before the opening."""
        statement = self.facts.tree.statement(call)
        if (
            statement is None
            or not isinstance(statement, (ast.Assign, ast.Expr, ast.Return))
            or "\n" in self.text(statement)
        ):
            return None
        if self.facts.handles.sort(call) != "file" or not self.is_first(call, statement):
            return None
        start, end = self.slice.span(statement)
        lines = self.facts.source.lines
        before, behind = lines[start.line - 1][: start.column - 1], lines[end.line - 1][end.column - 1 :]
        if before.strip() or behind.strip() or "#" in self.text(statement):
            return None
        taken = self.facts.handles.identifiers
        name = next((each for each in NAMES if each not in taken), None)
        function = self.facts.tree.function(statement)
        if name is None or isinstance(self.facts.tree.parents[statement], ast.ClassDef):
            return None
        inner, last = self.slice.span(call)
        text = self.text(statement)
        body = text[: inner.column - start.column] + name + text[last.column - start.column :]
        outer = self.facts.tree.enclosing(statement, ast.stmt)
        step = before[len(self.indentation(outer)) :] if outer else "\t" if "\n\t" in self.facts.source.text else "    "
        content = f"with {self.text(call)} as {name}:\n{before}{step}{body}"
        is_waiting = self.facts.names.qualified(call.func) == "os.popen"
        safety = Safety.UNSAFE if is_waiting or isinstance(function, ast.Module) else Safety.SAFE
        return Fix("open it in a `with`", safety, (Edit(start, end, content),))

    def is_first(self, call: ast.Call, statement: ast.stmt) -> bool:
        """Whether the opening is what a statement evaluates first, and a call of its own value."""
        inner: ast.AST = call
        for outer in self.facts.tree.ancestors(call):
            if outer is statement:
                targets = statement.targets if isinstance(statement, ast.Assign) else []
                return inner is getattr(statement, "value", None) and all(
                    isinstance(each, ast.Name) for each in targets
                )
            is_chained = isinstance(outer, (ast.Attribute, ast.Subscript)) and outer.value is inner
            is_called = isinstance(outer, ast.Call) and (outer.func is inner or self.is_through(outer, inner, call))
            if not is_chained and not is_called:
                return False
            inner = outer
        return False

    def is_through(self, outer: ast.Call, inner: ast.AST, call: ast.Call) -> bool:
        """Whether a call takes the handle, or what was read of it, as its first argument and runs no foreign code."""
        if outer.args[:1] != [inner] or not is_named(outer.func):
            return False
        return inner is call or (self.facts.names.qualified(outer.func) or "") in known(
            "handles", "consumed_by", "text"
        )


def is_named(function: ast.expr) -> bool:
    """Whether a call names its function, so that finding it runs no code."""
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name)
