from __future__ import annotations

import ast
import re

from memlint.api import Edit, Effect, Facts, Fix, Position, Rule, Safety, Slice, all_of, cst, is_alone, moved, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
SUSPENDING = (ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith)
TRAINING = re.compile(r"backward|fit|grad|optim|step|train", re.IGNORECASE)
"""What is in the names of code that needs gradients, or may."""


class EvalWithoutNoGrad(Rule):
    """Evaluation mode changes how layers behave; it does not stop the graph of gradients from being recorded."""

    code = "ML923"
    name = "eval-without-no-grad"
    effect = Effect.PEAK
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bdef\b", rb"\beval\b", file=(rb"\btorch\b|lightning|\baccelerate\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        functions = part.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        return facts.frameworks.uses("torch") and any(map(facts.outputs.wasted, functions))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        body = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        call = self.facts.outputs.wasted(body) if body and self.facts.frameworks.uses("torch") else None
        if call is None or body is None:
            return
        fix, unfixed = self.without_graph(body, call)
        module = ast.unparse(call.func)
        self.report(
            call,
            f"`{module}` is in evaluation mode, but its calls still record a graph and hold all activations: "
            "run them under `torch.no_grad()` or `torch.inference_mode()`",
            fix=fix,
            unfixed=unfixed,
            optional=self.is_called_without_graph(body),
        )

    def is_called_without_graph(self, function: Function) -> bool:
        """Whether gradients are off around all calls of the function that the package shows."""
        calls = self.facts.population.calls_of(self.facts, function)
        return bool(calls) and all(facts.gradients.are_off(call) for facts, call in calls)

    def without_graph(self, function: Function, call: ast.Call) -> tuple[Fix | None, str]:
        """Run the rest of the function, from the call on, under `torch.no_grad()`; or why that is not offered."""
        name = next((each for each in sorted(self.facts.handles.identifiers) if self.is_torch(each, function)), None)
        if name is None:
            return None, "`torch` is not imported by its module, or means something else here"
        for node in walk(function):
            if isinstance(node, SUSPENDING):
                return None, "the function is suspended, and gradients would be off in others meanwhile"
            word = getattr(node, "attr", getattr(node, "id", ""))
            if TRAINING.search(word):
                return None, f"`{word}` may need gradients"
        first = next(each for each in function.body if call in set(walk(each)))
        last = function.body[-1]
        if not is_alone(self.facts, first) or not is_alone(self.facts, last) or first.lineno == function.lineno:
            return None, "a statement shares its line"
        inner = self.indentation(first)
        step = inner[len(self.indentation(function)) :]
        start = Position(first.lineno, 1)
        lines = range(first.lineno, (last.end_lineno or last.lineno) + 1)
        head, *rest = moved(self.facts, lines, step)
        opening = Edit(start, start, f"{inner}with {name}.no_grad():\n{head.content}")
        return Fix("run it under `torch.no_grad()`", Safety.UNSAFE, (opening, *rest)), ""

    def is_torch(self, name: str, function: Function) -> bool:
        """Whether a name is the package `torch` inside a function."""
        binding = self.facts.names.lookup(self.facts.names.inner(function), name)
        imported = binding.sole.node if binding and binding.sole else None
        if not isinstance(imported, ast.alias) or not isinstance(self.facts.tree.parents[imported], ast.Import):
            return False
        return imported.name == "torch" or (imported.asname is None and imported.name.startswith("torch."))
