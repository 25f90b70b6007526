from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class DatasetPythonList(Rule):
    """Worker processes share the memory of a data set until they look at it: each object of Python that they read is
    written to."""

    code = "ML928"
    name = "dataset-python-list"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    gate = all_of(rb"\bnum_workers\b", file=(rb"\btorch\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return facts.frameworks.uses("torch") and any(map(facts.datasets.copied, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.datasets.copied(call) if call and self.facts.frameworks.uses("torch") else None
        if call is None or found is None:
            return
        name = f"{found.model.node.name}.{found.store.attribute}"
        self.report(
            call,
            f"every worker process gets a copy of `{name}` while it reads it, since reading an object of Python writes "
            "its reference count: hold an array or an Arrow table instead",
            elsewhere=[(found.model.home.facts, found.store.by, "an object for every item is stored here")],
        )
