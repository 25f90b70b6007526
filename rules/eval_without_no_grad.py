from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class EvalWithoutNoGrad(Rule):
    """Evaluation mode changes how layers behave; it does not stop the graph of gradients from being recorded."""

    code = "ML923"
    name = "eval-without-no-grad"
    effect = Effect.PEAK
    quiet_in_tests = True
    gate = all_of(rb"\bdef\b", rb"\beval\b", file=(rb"\btorch\b|lightning|\baccelerate\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        functions = part.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        return facts.frameworks.uses("torch") and any(map(facts.outputs.wasted, functions))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        body = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        call = self.facts.outputs.wasted(body) if body and self.facts.frameworks.uses("torch") else None
        if call is None:
            return
        module = ast.unparse(call.func)
        self.report(
            call,
            f"`{module}` is in evaluation mode, but its calls still record a graph and hold all activations: "
            "run them under `torch.no_grad()` or `torch.inference_mode()`",
        )
