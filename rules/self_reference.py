from __future__ import annotations

from memlint.api import ClassModel, Effect, Facts, Store, StoreRule


class SelfReference(StoreRule[str]):
    """An instance that holds itself is a cycle of one."""

    code = "ML101"
    name = "self-reference"
    effect = Effect.LATE

    @classmethod
    def kept(cls, facts: Facts, model: ClassModel, store: Store) -> str | None:
        """What holds the instance in a stored value: the name of a call, empty for the value itself or a container."""
        held = facts.links.held(store.value)
        return next((holder for value, holder in held if facts.classes.instance(value) is model), None)

    def report_store(self, model: ClassModel, store: Store, kept: str) -> None:
        owner, instance = model.node.name, store.instance
        holds = f"keeps a `{kept}` that holds `{instance}`" if kept else f"holds `{instance}`"
        self.report(
            store.by,
            f"`{instance}.{store.attribute}` {holds}: a cycle, so each `{owner}` is freed only by the garbage "
            "collector; leave it out, or keep a `weakref.ref`",
            severity=self.weight(model),
            cycle=(f"{owner}.{store.attribute}", owner),
        )
