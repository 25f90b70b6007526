from __future__ import annotations

from memlint.api import PUT_IN, Container, Effect, Facts, Growth, GrowthRule, Home, Severity, Slice, all_of


class DeviceTensorKept(GrowthRule):
    """A container gets a tensor at each step, with the graph that computed it, on the device where it was computed."""

    code = "ML929"
    name = "device-tensor-kept"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    yields_to = ("ML604", "ML921", "ML922")
    homes = (Home.MODULE, Home.CLASS, Home.INSTANCE)
    gate = all_of(file=(*PUT_IN, rb"\b(?:torch|lightning|pytorch_lightning)\b"))

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        return facts.kept_tensors.is_kept(container, growth)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return facts.frameworks.uses("torch") and super().suspects(facts, part)

    def report_growth(self, container: Container, growth: Growth) -> None:
        name = container.name if container.home is Home.MODULE else self.told_owner(container)
        value = self.quoted(growth.value) if growth.value is not None else ""
        self.report(
            growth.by,
            f"`{name}` keeps {value or 'a tensor'} of every step with the graph that computed it, on its device: add "
            "`.detach().cpu()`, or a number by `.item()`, and empty it at times",
            related=[(container.statement, "it is made here, once")],
        )
