"""Signs of reference cycles in the text of code, for gates: each is there wherever such a cycle is, and in few other
files."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from memlint.gate import Question, Scan

GAP = rb"(?:\s|\\\n|#[^\n]*\n)*"
"""Blanks, comments and line ends, as they stand between tokens inside brackets."""

PARAMETERS = rb"\w+[\s\\]*(?:\[[^(]*)?\(" + GAP
METHOD = re.compile(rb"def[\s\\]+" + PARAMETERS + rb"([^\W\d]\w*)")
"""The header of a function, up to its first parameter."""

INSIDE = rb"(?:[^\S\n]|\\\n)*"
"""Blanks, as they stand between tokens outside brackets."""
PUTTING = rb"append|appendleft|add|insert|setdefault"

CHAIN = rb"[^\W\d]\w*(?:\.\w+)*"
TARGET = re.compile(rb"(?:^|(?<=[:;=]))\s*(" + CHAIN + rb")\s*(?:\[.*\]\s*)?(?::[^=]*)?(?==(?!=))")
TARGETS = re.compile(rb"\s*((?:[\w.\[\]\"'()*\s]+,)+[\w.\[\]\"'()*\s]*)=(?!=)")
PUT = re.compile(rb"(" + CHAIN + rb")\.(?:" + PUTTING + rb")\s*\(")
VALUE = re.compile(rb"(?<![\w.])([^\W\d]\w*(?:\.\w+)?)\b(?!\s*[.(\[]|=[^=])")
"""A name, or an attribute of one, that is read for its value."""

PLACE = rb"\.[\s\\]*\w+" + INSIDE
STORED = re.compile(
    PLACE
    + rb"(?:\[[^\n]*\]"
    + INSIDE
    + rb")?(?::[^=\n]*)?=(?!=)|"
    + PLACE
    + rb"\.[\s\\]*(?:"
    + PUTTING
    + rb")"
    + INSIDE
    + rb"\("
)
"""A value that is put into an attribute, or into a container there."""
ALIAS = re.compile(rb"=[\s(\\]*[^\W\d]\w*[\s\\]*\.[\s\\]*\w+" + INSIDE + rb"\)*" + INSIDE + rb"(?:[=;#\n])")
BARE_PUT = re.compile(rb"\.[\s\\]*(?:" + PUTTING + rb")" + INSIDE + rb"\(")
OWN = re.compile(rb"(?<![\w.])([^\W\d]\w*)\.\w.*?[=(].*(?<![\w.])\1\b(?! *[.(])")
"""A line that names an object, gives an attribute of it something, and names the object again."""


LOOKING = (rb"return ", rb"type\(", rb"len\(", rb"id\(", rb"repr\(", rb"isinstance\(", rb"is ")
"""What looks at an object, or hands it to the caller."""
INDENTED = frozenset({b" ", b"\t", b"\f"})
"""What stands before the header of a function that is no module's own."""
FURTHEST = 3
"""Names of a place that is followed: `a.b.c`."""


def either(*questions: Question) -> Question:
    """Whether one of some holds."""
    return lambda scan: any(map(scan.has, questions))


def gives_instance(scan: Scan) -> bool:
    """Whether a method reads its instance for more than an attribute: passes it on, or stores it."""
    return any(is_given(scan.data, name) for name in instances(scan))


def instances(scan: Scan) -> frozenset[bytes]:
    """What functions that are indented call their first parameter, `self` mostly."""
    data = scan.data
    return frozenset(found[1] for found in METHOD.finditer(data) if data[found.start() - 1 : found.start()] in INDENTED)


def is_given(data: bytes, name: bytes) -> bool:
    """Whether a name stands alone more often than headers and `super()` have it."""
    alone, elsewhere = uses(name)
    return len(alone.findall(data)) > len(elsewhere.findall(data))


@functools.lru_cache(maxsize=256)
def uses(name: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A name that stands alone and is not only looked at, and where it always does."""
    looked = b"".join(rb"(?<!\b%s%s)" % (each, name) for each in LOOKING)
    alone = rb"%s\b(?!\s*\.)(?<![\w.]%s)" % (name, name) + looked
    always = (
        rb"def[\s\\]+(?!(?:id|isinstance|len|repr|type)\b)"
        + PARAMETERS
        + rb"%s\b(?!\s*\.)|super\s*\([\w.\s]*,\s*%s\b(?!\s*\.)" % (name, name)
    )
    return re.compile(alone), re.compile(always)


class Reference(NamedTuple):
    """A line that makes one object refer to others, all by name: `a`, or `a.b`."""

    holder: bytes
    values: list[bytes]
    is_store: bool
    """Whether it puts them into an attribute, or a container there."""
    calls: bool


def references(scan: Scan) -> Iterator[Reference]:
    """What the lines of a text make refer to what, roughly."""
    for line in scan.lines:
        if b"=" in line or b"." in line:
            yield from references_of(line)


def references_of(line: bytes) -> Iterator[Reference]:
    found = [(each[1].split(b"."), line[each.end() :]) for each in TARGET.finditer(line)] if b"=" in line else []
    if b"," in line and b"=" in line and (several := TARGETS.match(line)):
        found += [(chain.split(b"."), line[several.end() :]) for chain in re.findall(CHAIN, several[1])]
    for parts, rest in found:
        values = VALUE.findall(rest)
        if len(parts) == 1:
            yield Reference(parts[0], values, False, b"(" in rest)
            for place in (*(place for place, _ in found), *(each.split(b".") for each in values)):
                if len(place) > 1:
                    yield Reference(b".".join(place[:-1]), parts, False, False)
        elif len(parts) <= FURTHEST:
            yield Reference(b".".join(parts[:-1]), values, True, b"(" in rest)
    for put in PUT.finditer(line) if BARE_PUT.search(line) else ():
        parts = put[1].split(b".")
        if len(parts) <= FURTHEST:
            holder = b".".join(parts[:-1] or parts)
            yield Reference(holder, VALUE.findall(line[put.end() :]), len(parts) > 1, True)


def closes_circle(scan: Scan) -> bool:
    """Whether objects that code knows by name may refer to each other in a circle, by an attribute of one at least."""
    others = scan.data.replace(b"self.", b"")
    if not STORED.search(others) and not (BARE_PUT.search(others) and ALIAS.search(others)):
        return False
    held: dict[bytes, set[bytes]] = {}
    stores: list[Reference] = []
    for each in references(scan):
        held.setdefault(each.holder, set()).update(each.values)
        if each.is_store:
            stores.append(each)
    for holder in [each for each in held if b"." in each]:
        held.setdefault(holder.partition(b".")[0], set()).add(holder)
    return any(
        (value == each.holder and each.calls) or (value != each.holder and leads(held, value, each.holder))
        for each in stores
        for value in each.values
    )


def keeps_itself(scan: Scan) -> bool:
    """Whether an attribute of an object that code knows by name may be given that very object: `x.y = x`."""
    if not STORED.search(scan.data.replace(b"self.", b"")):
        return False
    return OWN.search(scan.code) is not None


def leads(held: dict[bytes, set[bytes]], start: bytes, end: bytes) -> bool:
    """Whether references lead from one object to another."""
    waiting, seen = [start], {start}
    while waiting:
        for value in held.get(waiting.pop(), ()):
            if value == end:
                return True
            if value not in seen:
                seen.add(value)
                waiting.append(value)
    return False
