"""Containers that outlive a call: what they belong to, where they grow, and what is put in."""

from __future__ import annotations

import ast
import enum
from typing import NamedTuple

from memlint.facts.class_model import ClassModel
from memlint.facts.defaults import Touch


class Home(enum.Enum):
    """What a container belongs to."""

    MODULE = "module"
    CLASS = "class"
    INSTANCE = "instance"


class Sort(enum.Enum):
    """What is put in, or by whom, where that has a rule of its own."""

    LOCK = "a lock, or another thing to wait for, under a key"
    WEAK = "a weak reference"
    MESSAGE = "a message of a conversation"
    HANDLED = "anything, by a route or a task"
    PLAIN = "anything else"


class Growth(NamedTuple):
    """A place that puts something in: the container there, the key, if it has keys, and the value, if that is told."""

    by: ast.AST
    use: ast.expr
    key: ast.expr | None
    value: ast.expr | None
    is_reading: bool = False
    """Whether it only reads, and so makes what a `defaultdict` does not have yet."""


class Container(NamedTuple):
    """A container that outlives calls, what is done to it in this file, and where it grows."""

    home: Home
    name: str
    kind: str
    made: ast.expr
    statement: ast.stmt
    owner: ClassModel | None
    touches: list[Touch]
    growths: list[Growth]
