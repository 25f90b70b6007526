"""A reference cycle as rules are told of it, and the references of a function that one is made of."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.class_model import ClassModel
from memlint.facts.keeping import Link
from memlint.facts.names import Binding

if TYPE_CHECKING:
    from memlint.facts import Facts

Key: TypeAlias = tuple[Binding, str]
"""A local variable and the attribute of its object that is meant; an empty one for the object itself."""


@dataclass(frozen=True)
class Cycle:
    """A cycle, by the statement that closes it."""

    by: ast.stmt
    names: tuple[str, ...]
    """The links, and the start again: `A.child`, `C.owner`, `A`."""
    back: str
    """The link that leads back to what keeps the other: the one to make weak."""
    places: tuple[tuple[Facts, ast.AST, str], ...]
    """The other statements that make links, each with its file and the link."""
    made: tuple[tuple[Facts, ast.AST] | None, ...]
    """Where each of the links is made; None for the statement that closes the cycle."""
    is_heavy: bool
    """Whether one of its classes keeps something big, or has instances made in a loop."""
    is_alone: bool
    """Whether a process has one such cycle, or one that lives as long as a function."""
    is_closed: bool
    """Whether one of its classes has a method that closes what it keeps."""
    is_of_host: bool = False
    """Whether one of its links is a slot, under a constant key, in a table of an object that a function is given: what
    the program runs in."""
    owner: ClassModel | None = None
    """The class whose instances the link back leads to, where classes make the cycle."""
    up: Link | None = None
    """That link."""


class Edge(NamedTuple):
    """A reference between two objects that a function knows by name."""

    holder: Key
    attribute: str
    value: Key
    by: ast.stmt | None
    """None where the class makes the link elsewhere."""
    uses: tuple[ast.Name, ...] = ()
    links: tuple[Link, ...] = ()
