from __future__ import annotations

import ast

from memlint.api import Binding, Effect, Facts, FinallyNone, Role, Rule, Safety, Slice, all_of, cst, walk

FRAMES = frozenset({"inspect.currentframe", "sys._getframe"})
LISTS = frozenset({"inspect.getouterframes", "inspect.stack"})
COPIES = frozenset({"inspect.getargvalues", "inspect.getouterframes", "builtins.reversed"})
"""Calls whose result holds the frame that they are given, or that comes to it last."""
MAKERS = b"currentframe|_getframe|getouterframes"


class OwnFrameKept(Rule):
    """A frame holds its locals; a local that holds the frame closes a cycle."""

    code = "ML109"
    name = "own-frame-kept"
    effect = Effect.LATE
    fixes = (Safety.SAFE,)
    gate = all_of(b"def", b"=", file=(MAKERS + b"|inspect", MAKERS + rb"|\bstack\b"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        rule = cls(facts, part)
        return any(rule.held(call) and rule.target(call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        held = self.held(call) if call else ""
        target = self.target(call) if call and held else None
        binding = self.facts.names.binding(target) if target else None
        if target is None or binding is None or self.facts.names.scope_of(target) is not binding.scope:
            return
        function, statement = binding.scope.node, self.facts.tree.statement(target)
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or self.walks_out(binding):
            return
        if target not in self.facts.flow_of_objects(function).reaching_exit(target.id, raising=False):
            return
        reason = self.held_elsewhere(binding)
        fix, unfixed = (None, reason) if reason else FinallyNone(self.facts, function, statement, binding).fix()
        self.report(
            statement if isinstance(statement, (ast.Assign, ast.AnnAssign)) else target,
            f"`{target.id}` still holds {held} when `{function.name}` ends: a cycle, so all its locals are freed only "
            f"by the garbage collector; {self.advice(binding)}",
            related=[(function, "the function whose frame it is")],
            fix=fix,
            unfixed=unfixed,
            optional=bool(self.steps(binding)) or self.is_captured(binding) or not self.is_run(function),
        )

    def is_captured(self, binding: Binding) -> bool:
        """Whether a function inside uses the name, and needs what it holds."""
        return any(self.facts.tree.function(use) is not binding.scope.node for use in binding.uses)

    def is_run(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether anything in the package calls a function, and does so time and again."""
        return self.facts.population.is_called(function) and self.facts.population.is_done_often(function.body[0])

    def held(self, value: ast.expr) -> str:
        """What a call gives, if it holds the frame of the function that makes it."""
        if not isinstance(value, ast.Call):
            return ""
        called = self.facts.names.qualified(value.func) or ""
        given = [*value.args, *(keyword.value for keyword in value.keywords)]
        if called in FRAMES and all(isinstance(each, ast.Constant) and each.value == 0 for each in given):
            return "its own frame"
        is_own = called == "inspect.stack" or any(map(self.held, given))
        return "a list of frames, its own among them," if called in LISTS and is_own else ""

    def target(self, call: ast.Call) -> ast.Name | None:
        """The name that one plain assignment binds to the value, also where a condition chooses it."""
        parent = self.facts.tree.parents[call]
        while isinstance(parent, (ast.IfExp, ast.BoolOp)):
            parent = self.facts.tree.parents[parent]
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
            target = parent.targets[0]
        elif isinstance(parent, (ast.AnnAssign, ast.NamedExpr)):
            target = parent.target
        else:
            return None
        return target if isinstance(target, ast.Name) else None

    def walks_out(self, binding: Binding) -> bool:
        """Whether the name goes on to an outer frame, as `frame = frame.f_back` does, or its list loses frames."""
        changed = any(fate.role is Role.MUTATED for fate in self.facts.escape.fates(binding))
        return changed or any(not self.may_stay(step) for step in self.steps(binding))

    def steps(self, binding: Binding) -> list[ast.AST]:
        """What binds the name to an outer frame."""
        parts = ((each, node) for each in binding.definitions if each.value for node in walk(each.value))
        return [each.node for each, node in parts if getattr(node, "attr", "") == "f_back" or node in binding.uses]

    def may_stay(self, step: ast.AST) -> bool:
        """Whether a loop takes a step outward on one branch alone, and may end with none."""
        statement = self.facts.tree.statement(step)
        branch = self.facts.tree.parents[statement] if statement else None
        loop = self.facts.tree.enclosing(branch, ast.While, ast.For) if isinstance(branch, ast.If) else None
        return loop is not None and any(isinstance(node, (ast.Break, ast.Return)) for node in walk(loop))

    def advice(self, binding: Binding) -> str:
        return "use `locals()`" if self.reads_locals(binding) else f"write `finally: {binding.name} = None`"

    def reads_locals(self, binding: Binding) -> bool:
        """Whether `frame.f_locals` is read: up to 3.12 that leaves a dict on the frame in which the frame stands."""
        parents = (self.facts.tree.parents[use] for use in binding.uses)
        return any(isinstance(parent, ast.Attribute) and parent.attr == "f_locals" for parent in parents)

    def held_elsewhere(self, binding: Binding) -> str:
        """Why letting go of the name would not free the frame; empty where it would."""
        if self.reads_locals(binding):
            return f"`{binding.name}.f_locals` holds the frame as well"
        for use in binding.uses:
            parent = self.facts.tree.parents[use]
            if isinstance(parent, ast.Call) and self.facts.names.qualified(parent.func) in COPIES:
                return f"what `{self.text(parent.func)}` gives holds the frame as well"
        return ""
