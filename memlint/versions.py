"""Whether a version is one that `required-version` lets in: the part of PEP 440 that releases need."""

from __future__ import annotations

import re

CLAUSE = re.compile(r"\s*(~=|===?|!=|<=|>=|<|>|)\s*v?([0-9]+(?:\.[0-9]+)*)(\.\*)?\s*")
RELEASE = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def allows(specifier: str, version: str) -> bool:
    """Whether each clause (`>=0.2`, `~=1.4`, `==2.*`; a bare version is `==`) lets the version in.

    What follows the release of a version, as `rc1`, does not count. Raises `ValueError` where a clause is none.
    """
    release = RELEASE.match(version)
    found = numbers(release[0] if release else "0")
    verdicts = [holds(clause, found) for clause in specifier.split(",")]
    return all(verdicts)


def holds(clause: str, found: tuple[int, ...]) -> bool:
    match = CLAUSE.fullmatch(clause)
    if not match:
        raise ValueError(clause)
    operator, text, is_prefix = match[1] or "==", match[2], bool(match[3])
    wanted = numbers(text)
    if (is_prefix and operator not in ("==", "!=")) or (operator == "~=" and len(wanted) < 2):
        raise ValueError(clause)
    if operator == "~=":
        return padded(found, wanted) >= padded(wanted, found) and begins(found, wanted[:-1])
    if is_prefix:
        return begins(found, wanted) is (operator == "==")
    left, right = padded(found, wanted), padded(wanted, found)
    return {
        "==": left == right,
        "===": left == right,
        "!=": left != right,
        "<=": left <= right,
        ">=": left >= right,
        "<": left < right,
        ">": left > right,
    }[operator]


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def padded(release: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """The release with zeros up to the length of the other: 1.4 is 1.4.0."""
    return release + (0,) * (len(other) - len(release))


def begins(release: tuple[int, ...], prefix: tuple[int, ...]) -> bool:
    return padded(release, prefix)[: len(prefix)] == prefix
