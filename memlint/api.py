"""All that a rule may import. A name is imported, with the module that it comes from, when a rule first asks for it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.branches import walk
    from memlint.facts.children import Child
    from memlint.facts.class_containers import Shared as SharedContainer
    from memlint.facts.class_kinds import ClassKind
    from memlint.facts.classes import ClassModel, MethodKind, Store
    from memlint.facts.constants import AliasWrite
    from memlint.facts.copies import Needless
    from memlint.facts.cycle_model import Cycle
    from memlint.facts.defaults import Default, Touch
    from memlint.facts.drains import Drain
    from memlint.facts.escape import LEAVES, Fate, Role
    from memlint.facts.exceptions import Function, Grip, Place
    from memlint.facts.fields import SharedDefault
    from memlint.facts.growth_model import Container, Growth, Home, Sort
    from memlint.facts.layout import Slice
    from memlint.facts.line_loops import LineLoop
    from memlint.facts.local_handles import Handle
    from memlint.facts.names import Binding, Definition, DefinitionKind, Scope, ScopeKind
    from memlint.facts.queues import Queue
    from memlint.facts.shapes import last_name
    from memlint.families import PUT_IN, DefaultRule, GrowthRule, Remark, StoreRule
    from memlint.fixes.cached_attribute import CachedAttribute
    from memlint.fixes.collected_frames import CollectedFrames
    from memlint.fixes.copied_part import CopiedPart
    from memlint.fixes.deque_for_list import DequeForList
    from memlint.fixes.finally_none import FinallyNone, released
    from memlint.fixes.handed_over import handed_over
    from memlint.fixes.hoisted import hoisted_class, hoisted_function, hoisted_wrapper
    from memlint.fixes.imports import is_alone, reachable
    from memlint.fixes.joined_parts import JoinedParts
    from memlint.fixes.kept_tasks import KeptTasks
    from memlint.fixes.local_alias import LocalAlias
    from memlint.fixes.moving_position import MovingPosition
    from memlint.fixes.none_guard import NoneGuard
    from memlint.fixes.removed_path import RemovedPath
    from memlint.fixes.weak_link import WeakLink
    from memlint.fixes.weak_set import WeakSetForList
    from memlint.fixes.with_around import WithAround, moved
    from memlint.gate import CONTAINER_DEFAULT, LARGE_MAKERS, NOTEBOOK, REST, TOLD, Gate, all_of
    from memlint.knowledge import names as known
    from memlint.model import Edit, Effect, Finding, Fix, Position, Related, Safety, Severity
    from memlint.review import Review
    from memlint.rule import Rule, cst, m

__all__ = [
    "CONTAINER_DEFAULT",
    "LARGE_MAKERS",
    "LEAVES",
    "NOTEBOOK",
    "PUT_IN",
    "REST",
    "TOLD",
    "AliasWrite",
    "Binding",
    "CachedAttribute",
    "Child",
    "ClassKind",
    "ClassModel",
    "CollectedFrames",
    "Container",
    "CopiedPart",
    "Cycle",
    "Default",
    "DefaultRule",
    "Definition",
    "DefinitionKind",
    "DequeForList",
    "Drain",
    "Edit",
    "Effect",
    "Facts",
    "Fate",
    "FinallyNone",
    "Finding",
    "Fix",
    "Function",
    "Gate",
    "Grip",
    "Growth",
    "GrowthRule",
    "Handle",
    "Home",
    "JoinedParts",
    "KeptTasks",
    "LineLoop",
    "LocalAlias",
    "MethodKind",
    "MovingPosition",
    "Needless",
    "NoneGuard",
    "Place",
    "Position",
    "Queue",
    "Related",
    "Remark",
    "RemovedPath",
    "Review",
    "Role",
    "Rule",
    "Safety",
    "Scope",
    "ScopeKind",
    "Severity",
    "SharedContainer",
    "SharedDefault",
    "Slice",
    "Sort",
    "Store",
    "StoreRule",
    "Touch",
    "WeakLink",
    "WeakSetForList",
    "WithAround",
    "all_of",
    "cst",
    "handed_over",
    "hoisted_class",
    "hoisted_function",
    "hoisted_wrapper",
    "is_alone",
    "known",
    "last_name",
    "m",
    "moved",
    "reachable",
    "released",
    "walk",
]

SOURCES = {
    "memlint.facts": "Facts",
    "memlint.facts.branches": "walk",
    "memlint.facts.children": "Child",
    "memlint.facts.class_containers": "SharedContainer=Shared",
    "memlint.facts.class_kinds": "ClassKind",
    "memlint.facts.classes": "ClassModel MethodKind Store",
    "memlint.facts.constants": "AliasWrite",
    "memlint.facts.copies": "Needless",
    "memlint.facts.cycle_model": "Cycle",
    "memlint.facts.defaults": "Default Touch",
    "memlint.facts.drains": "Drain",
    "memlint.facts.escape": "LEAVES Fate Role",
    "memlint.facts.exceptions": "Function Grip Place",
    "memlint.facts.fields": "SharedDefault",
    "memlint.facts.growth_model": "Container Growth Home Sort",
    "memlint.facts.layout": "Slice",
    "memlint.facts.line_loops": "LineLoop",
    "memlint.facts.local_handles": "Handle",
    "memlint.facts.names": "Binding Definition DefinitionKind Scope ScopeKind",
    "memlint.facts.queues": "Queue",
    "memlint.facts.shapes": "last_name",
    "memlint.families": "PUT_IN DefaultRule GrowthRule Remark StoreRule",
    "memlint.fixes.cached_attribute": "CachedAttribute",
    "memlint.fixes.collected_frames": "CollectedFrames",
    "memlint.fixes.copied_part": "CopiedPart",
    "memlint.fixes.deque_for_list": "DequeForList",
    "memlint.fixes.finally_none": "FinallyNone released",
    "memlint.fixes.handed_over": "handed_over",
    "memlint.fixes.hoisted": "hoisted_class hoisted_function hoisted_wrapper",
    "memlint.fixes.imports": "is_alone reachable",
    "memlint.fixes.joined_parts": "JoinedParts",
    "memlint.fixes.kept_tasks": "KeptTasks",
    "memlint.fixes.local_alias": "LocalAlias",
    "memlint.fixes.moving_position": "MovingPosition",
    "memlint.fixes.none_guard": "NoneGuard",
    "memlint.fixes.removed_path": "RemovedPath",
    "memlint.fixes.weak_link": "WeakLink",
    "memlint.fixes.weak_set": "WeakSetForList",
    "memlint.fixes.with_around": "WithAround moved",
    "memlint.gate": "CONTAINER_DEFAULT LARGE_MAKERS NOTEBOOK REST TOLD Gate all_of",
    "memlint.knowledge": "known=names",
    "memlint.model": "Edit Effect Finding Fix Position Related Safety Severity",
    "memlint.review": "Review",
    "memlint.rule": "Rule cst m",
}
"""The names of each module; `here=there` where it has another name there."""

HOMES = {
    here: (module, there or here)
    for module, words in SOURCES.items()
    for here, _, there in (word.partition("=") for word in words.split())
}


def __getattr__(name: str) -> object:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, there = HOMES[name]
    value: object = getattr(import_module(module), there)
    globals()[name] = value
    return value
