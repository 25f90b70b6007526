from __future__ import annotations

import ast

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst


class PredictInLoop(Rule):
    """A model of Keras is set up for a whole data set at each turn of a loop, to predict one sample."""

    code = "ML927"
    name = "predict-in-loop"
    effect = Effect.TIME
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bfor\b|\bwhile\b", rb"\bpredict\b", file=(rb"\bkeras\b|\btensorflow\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return facts.frameworks.uses("keras") and any(map(facts.predictions.single, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.predictions.single(call) if call and self.facts.frameworks.uses("keras") else None
        if call is None or found is None or not isinstance(call.func, ast.Attribute):
            return
        model = ast.unparse(call.func.value)
        fix = self.shortened(call, call.func.value)
        self.report(
            call,
            f"every turn of the loop makes `{model}.predict` set up a data set and its callbacks for one sample: stack "
            f"the samples and predict them at once, or call `{model}.predict_on_batch`",
            related=[(found.loop, "the loop")],
            fix=fix,
            unfixed="" if fix else "the call spans lines",
        )

    def shortened(self, call: ast.Call, model: ast.expr) -> Fix | None:
        """Predict the batch as it is; what else the call is told has no meaning then."""
        if "\n" in self.text(call) or "#" in self.text(call):
            return None
        start, end = self.slice.span(model)[1], self.slice.span(call)[1]
        edit = Edit(start, end, f".predict_on_batch({self.text(call.args[0])})")
        return Fix("predict the one batch as it is", Safety.UNSAFE, (edit,))
