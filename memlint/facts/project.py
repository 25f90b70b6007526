"""What holds for all files of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Project:
    """The Python version that the code must run on, as (major, minor), and the folder that paths are told from."""

    target: tuple[int, int] = (3, 10)
    root: str = ""
