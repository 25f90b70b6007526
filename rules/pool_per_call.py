from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Handle, Rule, Safety, Severity, Slice, WithAround, all_of, cst

SORTS = frozenset({"pool", "executor"})


class PoolPerCall(Rule):
    """A function makes workers at each call and never ends them."""

    code = "ML809"
    name = "pool-per-call"
    effect = Effect.KEPT
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bdef\b", rb"\(", file=(rb"Pool",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(cls.name_of(facts, call) is not None for call in part.nodes(ast.Call))

    @classmethod
    def name_of(cls, facts: Facts, call: ast.Call) -> str | None:
        """The name of a pool that nobody shuts down, empty where it has none; None of all else."""
        if facts.handles.sort(call) not in SORTS or isinstance(facts.tree.function(call), ast.Module):
            return None
        if facts.handles.inline(call):
            return ""
        handle = facts.local_handles.of(call)
        return (
            handle.name.id
            if handle and not handle.closings and any(facts.local_handles.missed(handle, raising=True))
            else None
        )

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        name = self.name_of(self.facts, call) if call else None
        if call is None or name is None:
            return
        what = f"`{name}`" if name else f"the pool of `{ast.unparse(call.func)}`"
        is_freed = not name and self.facts.handles.sort(call) == "executor"
        handle = self.facts.local_handles.of(call)
        fix, unfixed = WithAround(self.facts, handle).fix() if handle else (None, "the pool has no name")
        self.report(
            call,
            f"{what} is never shut down; its workers stay until it is collected: make it in a `with`",
            severity=Severity.INFO if is_freed else None,
            fix=fix,
            unfixed=unfixed,
            optional=is_freed or (handle is not None and self.is_left_to_run(handle)),
        )

    def is_left_to_run(self, handle: Handle) -> bool:
        """Whether the function gives back what the pool is to work out, and so does not wait for it."""
        calls = [self.facts.tree.parents[use] for use in self.uses(handle) if isinstance(use, ast.Attribute)]
        return any(
            isinstance(self.facts.tree.parents[each], ast.Return) for each in calls if isinstance(each, ast.Call)
        )

    def uses(self, handle: Handle) -> list[ast.AST]:
        binding = self.facts.names.binding(handle.name)
        return [self.facts.tree.parents[use] for use in binding.uses] if binding else []
