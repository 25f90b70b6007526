"""Answers that are worked out once for each thing that is asked about."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Owner = TypeVar("Owner")
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def remembered(method: Callable[[Owner, Asked], Answer]) -> Callable[[Owner, Asked], Answer]:
    """A method whose answers its object keeps, by what it was asked about, and that go with it; `functools.cache` would
    keep the object.

    The answers must not depend on which file is being linted: what searches a package goes through `Project.answered`.
    """
    place = f"{method.__name__} remembered"

    @wraps(method)
    def answer(self: Owner, about: Asked) -> Answer:
        known: dict[Any, Answer] = self.__dict__.setdefault(place, {})
        if about not in known:
            known[about] = method(self, about)
        return known[about]

    return answer
