"""All that a rule may import."""

from __future__ import annotations

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
