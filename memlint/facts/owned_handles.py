"""Handles that instances own: what a method opens into an attribute, and whether any code of the file closes it."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.class_model import ClassModel
from memlint.facts.handles import Act
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts


class OwnedHandles:
    """Asks of an opening call whether an instance keeps its handle, and nobody closes that."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def unclosed(self, call: ast.Call) -> ast.Attribute | None:
        """The attribute of the instance that gets a handle which no code of the file closes or hands on."""
        sort = self.facts.handles.sort(call)
        statement = self.facts.tree.parents[call]
        if sort is None or not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
            return None
        target = statement.targets[0]
        model = self.facts.classes.instance(target.value) if isinstance(target, ast.Attribute) else None
        if model is None or not isinstance(target, ast.Attribute):
            return None
        if not self.is_known(model, target.attr) and not self.is_private(model, target.attr):
            return None
        if target.attr in self.spelled or "__dict__" in self.reads or model.intercepts(target.attr):
            return None
        reads = [each for each in self.reads.get(target.attr, []) if self.facts.names.qualified(each) is None]
        uses = (use for read in reads for use in self.facts.handles.uses(read, sort, None, frozenset()))
        return target if all(use.act is Act.READS for use in uses) else None

    def is_sure(self, kept: ast.Attribute) -> bool:
        """Whether no base in a file that is not found may close what an instance keeps."""
        model = self.facts.classes.instance(kept.value)
        return model is not None and self.is_known(model, kept.attr)

    def is_idle(self, call: ast.Call, kept: ast.Attribute) -> bool:
        """Whether what is opened starts its workers with the first task, and the file gives it none."""
        return self.facts.handles.sort(call) == "executor" and not self.reads.get(kept.attr)

    def is_timed(self, call: ast.Call) -> bool:
        """Whether the method that opens something starts a timer of its instance, which keeps that from then on."""
        started = (node for node in walk(self.facts.tree.function(call)) if isinstance(node, ast.Call))
        given = (
            each
            for timer in started
            if getattr(timer.func, "attr", getattr(timer.func, "id", "")) in known("handles", "kept_by", "timers")
            for each in timer.args
        )
        return any(isinstance(each, ast.Attribute) and self.facts.classes.instance(each.value) for each in given)

    def is_private(self, model: ClassModel, attribute: str) -> bool:
        """Whether an attribute is the class's own by its name, and no base in a file that is found knows it."""
        others = (each.home.facts for each in model.lineage() if each.home is not self.facts.classes)
        return attribute.startswith("_") and all(attribute not in facts.source.text for facts in others)

    def closed_by_event(self, call: ast.Call) -> ast.Attribute | None:
        """The attribute whose handle a class closes in nothing but a method that an event calls, `on_…`, so that it
        stays open where the event does not come."""
        sort = self.facts.handles.sort(call)
        statement = self.facts.tree.parents[call]
        target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
        model = self.facts.classes.instance(target.value) if isinstance(target, ast.Attribute) else None
        if sort is None or model is None or not isinstance(target, ast.Attribute) or "__del__" in model.methods:
            return None
        if not self.is_event(call) or target.attr in self.spelled:
            return None
        reads = self.reads.get(target.attr, [])
        uses = [(read, use) for read in reads for use in self.facts.handles.uses(read, sort, None, frozenset())]
        closings = [read for read, use in uses if use.act is Act.CLOSES]
        return target if closings and all(map(self.is_event, closings)) else None

    def is_event(self, node: ast.AST) -> bool:
        return getattr(self.facts.tree.function(node), "name", "").startswith("on_")

    def is_known(self, model: ClassModel, attribute: str) -> bool:
        """Whether all bases of a class are found, and those of other files do not know the attribute."""
        lineage = list(model.lineage())
        named = sum(len(each.node.bases) for each in lineage)
        plain = sum(self.is_object(each, base) for each in lineage for base in each.node.bases)
        if any(each.node.keywords for each in lineage) or named > plain + len(lineage) - 1:
            return False
        others = (each.home.facts for each in lineage if each.home is not self.facts.classes)
        return all(attribute not in facts.source.text for facts in others)

    def is_object(self, model: ClassModel, base: ast.expr) -> bool:
        return model.home.facts.names.qualified(base) in ("builtins.object", "abc.ABC", "threading.Thread")

    @cached_property
    def reads(self) -> dict[str, list[ast.Attribute]]:
        """The reads of attributes of the file, whatever they are read of, by the name."""
        reads: dict[str, list[ast.Attribute]] = {}
        for node in self.facts.tree.parents:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                reads.setdefault(node.attr, []).append(node)
        return reads

    @cached_property
    def spelled(self) -> frozenset[str]:
        """The strings of the file, by which an attribute may be asked for."""
        nodes = self.facts.tree.parents
        return frozenset(each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str))
