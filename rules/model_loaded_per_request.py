from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst

LOOPS = (ast.For, ast.AsyncFor, ast.While)


class ModelLoadedPerRequest(Rule):
    """A model is read from disk, weights and all, by each request or each turn of a loop."""

    code = "ML904"
    name = "model-loaded-per-request"
    effect = Effect.PEAK
    gate = all_of(
        rb"@|\bfor\b|\bwhile\b",
        rb"\(",
        file=(
            rb"transformers|diffusers|peft|torch|joblib|tensorflow|keras|spacy|whisper|onnx|flair|gensim|easyocr|optimum|timm|setfit",
            rb"load|from_pretrained|pipeline|Transformer|Encoder|Model|Session|Reader",
        ),
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.models.load(call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        load = self.facts.models.load(call) if call else None
        if call is None or load is None:
            return
        loader = ast.unparse(call.func)
        if isinstance(load.by, LOOPS):
            told = f"every turn of the loop loads the same model with `{loader}`: load it once in front of the loop"
        else:
            told = (
                f"`{loader}` loads the same model at each call of `{load.by.name}`, and calls at the same time "
                "each hold one: load it once, as the process starts"
            )
        self.report(call, told, related=[(load.by, "what runs it again and again")])
