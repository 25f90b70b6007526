from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst, known


class LabelCardinality(Rule):
    """A metric keeps one series for every value of its labels, for as long as the process runs."""

    code = "ML612"
    name = "label-cardinality"
    effect = Effect.KEPT
    default = False
    claims = ("bounded",)
    gate = all_of(rb"\.[\s\\]*(?:labels|add|record|set)\b", file=(rb"prometheus_client|opentelemetry",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(True for call in part.nodes(ast.Call) for _ in faults(facts, call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        fault = next(faults(self.facts, call), None) if call else None
        if call is None or fault is None:
            return
        label, value = fault
        assert isinstance(call.func, ast.Attribute)
        self.report(
            value,
            f"{self.quoted(call.func.value) or 'the metric'} keeps one series for every value of `{label}`, "
            f"and {self.quoted(value) or 'this value'} is new with every user or request; "
            "label by a bounded group such as the route, and log the rest",
            elsewhere=[(self.facts, made, "the metric")] if (made := maker(self.facts, call.func.value)) else [],
        )


def faults(facts: Facts, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The labels of a metric that are given an identity: name and value."""
    if not isinstance(call.func, ast.Attribute):
        return
    labels: list[tuple[str, ast.expr]] = []
    if call.func.attr == "labels":
        made = maker(facts, call.func.value)
        if made is not None and facts.names.qualified(made.func) in known("metrics", "made_by", "labelled"):
            labels = list(prometheus_labels(call, made))
    elif call.func.attr in known("metrics", "methods", "record"):
        made = maker(facts, call.func.value)
        if made is not None and is_instrument(facts, made):
            labels = list(attributes(call))
    for label, value in labels:
        if is_identity(facts, label, value) and not is_forgotten(facts, call.func.value):
            yield label, value


def maker(facts: Facts, metric: ast.expr) -> ast.Call | None:
    """The call that makes what an expression names: a variable bound once, or an attribute of `self` stored once."""
    value: ast.expr | None = None
    if isinstance(metric, ast.Name):
        binding = facts.names.binding(metric)
        value = binding.sole.value if binding and binding.sole else None
    elif isinstance(metric, ast.Attribute) and (model := facts.classes.instance(metric.value)):
        stores = [each for each in model.stores if each.attribute == metric.attr and not each.inside]
        value = stores[0].value if len(stores) == 1 else None
    return value if isinstance(value, ast.Call) else None


def is_instrument(facts: Facts, made: ast.Call) -> bool:
    """Whether a call makes an instrument of OpenTelemetry."""
    if not isinstance(made.func, ast.Attribute) or made.func.attr not in known("metrics", "made_by", "instrument"):
        return False
    meter = maker(facts, made.func.value)
    return meter is not None and facts.names.qualified(meter.func) in known("metrics", "made_by", "meter")


def prometheus_labels(call: ast.Call, made: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The labels by keyword, and those by place under the names that the metric was made with."""
    yield from ((each.arg, each.value) for each in call.keywords if each.arg)
    declared = next((each.value for each in made.keywords if each.arg == "labelnames"), None)
    if declared is None and len(made.args) > 2:
        declared = made.args[2]
    if isinstance(declared, (ast.List, ast.Tuple)):
        for name, value in zip(declared.elts, call.args, strict=False):
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value, value


def attributes(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The attributes that a measurement is recorded under, where they are written out."""
    given = next((each.value for each in call.keywords if each.arg == "attributes"), None)
    if given is None and len(call.args) > 1:
        given = call.args[1]
    if isinstance(given, ast.Dict):
        for key, value in zip(given.keys, given.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value


def is_identity(facts: Facts, label: str, value: ast.expr) -> bool:
    """Whether a label takes a new value with every user or request: by its name, or by what is given for it."""
    if isinstance(value, ast.Call) and len(value.args) == 1 and facts.names.qualified(value.func) == "builtins.str":
        value = value.args[0]
    if isinstance(value, ast.Call):
        return facts.names.qualified(value.func) in known("metrics", "labels", "fresh")
    if not isinstance(value, (ast.Name, ast.Attribute)):
        return False
    name = value.id if isinstance(value, ast.Name) else value.attr
    identities = known("metrics", "labels", "identity")
    return label.replace(".", "_") in identities or name in identities or is_sent(value)


def is_sent(value: ast.expr) -> bool:
    """Whether a value is the raw address of a request: `request.path`, `self.request.url.path`."""
    while isinstance(value, ast.Attribute) and value.attr in known("metrics", "labels", "sent"):
        value = value.value
        name = value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""
        if name in known("metrics", "labels", "request"):
            return True
    return False


def is_forgotten(facts: Facts, metric: ast.expr) -> bool:
    """Whether the file lets series of the metric go somewhere."""
    told = ast.unparse(metric)
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in known("metrics", "methods", "forget")
        and ast.unparse(node.value) == told
        for node in facts.tree.parents
    )
