from __future__ import annotations

import ast
import builtins
import keyword

from memlint.api import Binding, Edit, Effect, Fix, Rule, Safety, Severity, all_of, cst

CACHING = (3, 11)
"""The Python from which on the interpreter remembers where it found a name."""

REFLECTION = frozenset({"dir", "eval", "exec", "globals", "locals", "vars"})
COMPILERS = ("numba.", "torch.jit.", "triton.")
"""Decorators that compile a function, for which a global is a constant."""

STORES = (ast.Store, ast.Del)
SUSPENDING = (ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.AsyncWith)


class GlobalInHotLoop(Rule):
    """A name that is not local is looked up on every turn; in a small inner loop that is a part of the work."""

    code = "ML301"
    name = "global-in-hot-loop"
    effect = Effect.TIME
    severity = Severity.INFO
    fixes = (Safety.UNSAFE,)
    gate = all_of(
        rb"\bdef\b",
        rb"\n[^\S\n]+(?:while\b|for\b(?s:.*?)(?:\brange\b|\n[^\S\n]+(?:for|while)\b))",
    )

    def visit_For(self, node: cst.For) -> None:
        self.examine(self.twin(node, ast.For))

    def visit_While(self, node: cst.While) -> None:
        self.examine(self.twin(node, ast.While))

    def examine(self, loop: ast.For | ast.While | None) -> None:
        loops = self.facts.loops
        if loop is None or not loops.is_hot(loop) or self.is_compiled(loop):
            return
        outermost = loops.nest(loop)[0]
        seen = {ast.unparse(node) for node in ast.walk(outermost) if isinstance(getattr(node, "ctx", None), STORES)}
        for read in loops.every_turn(loop):
            kind, name = loops.lookup(read), ast.unparse(read)
            if kind is not None and name not in seen:
                seen.add(name)
                self.report_read(read, name, kind, outermost)

    def is_compiled(self, loop: ast.stmt) -> bool:
        """Whether a decorator compiles the function that a loop stands in."""
        decorators: list[ast.expr] = getattr(self.facts.tree.function(loop), "decorator_list", [])
        bare = (each.func if isinstance(each, ast.Call) else each for each in decorators)
        return any((self.facts.names.qualified(each) or "").startswith(COMPILERS) for each in bare)

    def report_read(self, read: ast.expr, name: str, kind: str, outermost: ast.For | ast.While) -> None:
        version, nanoseconds = self.facts.loops.saving(kind)
        is_cached = self.facts.project.target >= CACHING
        cost = f"{'only ' if is_cached else ''}some {nanoseconds} ns a time on Python {version}"
        advice = "bind it to a local name before" + (", if that counts" if is_cached else "")
        unfixed = "" if is_cached else self.objection(outermost)
        fix = None if is_cached or unfixed else self.bound_before(read, name, outermost)
        self.report(
            read,
            f"`{name}` is looked up on every turn of this loop, at {cost}: {advice}",
            fix=fix,
            unfixed=unfixed,
        )

    def objection(self, outermost: ast.For | ast.While) -> str:
        """Why nothing may be bound in front of a loop; empty where it may."""
        if any(isinstance(node, SUSPENDING) for node in ast.walk(outermost)):
            return "the loop suspends its function, and others may rebind the name meanwhile"
        readers = REFLECTION & identifiers(self.facts.tree.function(outermost))
        return f"`{min(readers)}` would see the new local name" if readers else ""

    def bound_before(self, read: ast.expr, name: str, outermost: ast.For | ast.While) -> Fix:
        """Bind the value to a local name in front of the outermost loop and read that inside."""
        function = self.facts.tree.function(read)
        start = self.slice.span(outermost)[0]
        alias = fresh(name, identifiers(function))
        same = (node for node in ast.walk(outermost) if isinstance(node, type(read)) and ast.unparse(node) == name)
        same = (node for node in same if self.origin(node) is self.origin(read))
        reads = [self.replace(node, alias) for node in same if self.facts.tree.function(node) is function]
        binding = Edit(start, start, f"{alias} = {name}\n{self.indentation(outermost)}")
        return Fix(f"bind `{name}` to the local name `{alias}` before the loop", Safety.UNSAFE, (binding, *reads))

    def origin(self, read: ast.expr) -> Binding | None:
        """The variable that a name, or the module of an attribute, comes from; None for a builtin."""
        name = read.value if isinstance(read, ast.Attribute) else read
        return self.facts.names.binding(name) if isinstance(name, ast.Name) else None


def identifiers(function: ast.AST) -> set[str]:
    """Every name that occurs in a function."""
    fields = ("arg", "asname", "id", "name")
    found = {getattr(node, field, None) for node in ast.walk(function) for field in fields}
    declared = (node.names for node in ast.walk(function) if isinstance(node, (ast.Global, ast.Nonlocal)))
    return {name for name in found if isinstance(name, str)}.union(*declared)


def fresh(name: str, taken: set[str]) -> str:
    """A local name for a global, a builtin or a module's attribute that a function does not use yet."""
    alias = name.rpartition(".")[2].lower()
    while alias in taken or alias == name or keyword.iskeyword(alias) or hasattr(builtins, alias):
        alias += "_"
    return alias
