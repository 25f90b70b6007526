"""Signs of reference cycles in the text of code, for gates: each is there wherever such a cycle is, and in few other
files."""

from __future__ import annotations

import functools
import re
from collections import Counter
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
OWN_PART = re.compile(rb"(?<![\w.])([^\W\d]\w*)\.\w+ *= *\(*\1\.\w+")
"""A line that names an object, gives an attribute of it something, and names the object again, or a part of it."""

DEFINED = re.compile(rb"def[\s\\]+(\w+)")
PROPERTY = re.compile(rb"@[\w.]*(?:property|setter|getter|deleter)\b[^\n]*\n\s*(?:async[\s\\]+)?def[\s\\]+(\w+)")
SET = re.compile(rb"\.[\s\\]*(\w+)" + INSIDE + rb"(?::[^=\n]*)?=(?!=)")
DERIVED = re.compile(rb"class[\s\\]+\w+[\s\\]*[(\[]")
BLOCK = re.compile(rb"def[\s\\]+(\w+)|class[\s\\]+\w+[\s\\]*[(:\[]")
CALLED = re.compile(rb"([^\W\d]\w*)\s*\.\s*(?:(" + PUTTING + rb")|\w+)\s*\(")
GIVEN = re.compile(rb"(\w+)" + INSIDE + rb"(?::[^=\n]*)?=[\s(\\]*\Z")

LOOKING = (rb"return ", rb"type\(", rb"len\(", rb"id\(", rb"repr\(", rb"isinstance\(", rb"is ")
"""What looks at an object, or hands it to the caller."""
INDENTED = frozenset({b" ", b"\t", b"\f"})
"""What stands before the header of a function that is no module's own."""
FURTHEST = 3
"""Names of a place that is followed: `a.b.c`."""
LONGEST = 200
"""Characters between a name and the lambda that it is given."""


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


def keeps_own_part(scan: Scan) -> bool:
    """Whether an attribute of an object that code knows by name may be given a part of that object: `x.y = x.z`."""
    if not STORED.search(scan.data.replace(b"self.", b"")):
        return False
    return OWN_PART.search(scan.code) is not None


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


def keeps_method(scan: Scan) -> bool:
    """Whether a method of the same object may be put into an attribute of it."""
    own = instances(scan)
    read = {name for each in own for name in parts(each).findall(scan.data)}
    if not read:
        return False
    defined = Counter(DEFINED.findall(scan.data))
    plain = defined - Counter(PROPERTY.findall(scan.data))
    if not read.isdisjoint(plain):
        return True
    inherited = read - defined.keys() - set(SET.findall(scan.data)) if DERIVED.search(scan.data) else set()
    if not inherited:
        return False
    either, names = b"|".join(own), b"|".join(inherited)
    of_own = re.compile(rb"(?<![\w.])(?:%s)\.(\w+)\b(?! *[.(\[])" % either)
    return any(
        not inherited.isdisjoint(of_own.findall(rest))
        for line in lines_with(scan, rb"(?:%s)\.(?:%s)\b(?! *[.(\[])" % (either, names))
        for rest in kept(line, own)
    )


def lines_with(scan: Scan, pattern: bytes) -> list[bytes]:
    """The logical lines in which a pattern occurs behind something else."""
    return re.findall(rb"^.+\b" + pattern + rb".*$", scan.code, re.MULTILINE)


def kept(line: bytes, own: frozenset[bytes]) -> Iterator[bytes]:
    """What stands behind the places of a line that keep something: an attribute, a name that is given a display or the
    value of a call, a call of a method of the object, or of one that puts it into a container."""
    for found in TARGET.finditer(line):
        rest = line[found.end() :]
        if b"." in found[1] or b"(" in rest or b"[" in rest or b"{" in rest:
            yield rest
    for called in CALLED.finditer(line):
        if called[1] in own or called[2]:
            yield line[called.end() :]


@functools.lru_cache(maxsize=256)
def parts(name: bytes) -> re.Pattern[bytes]:
    """The attributes of an object that are read for their value."""
    after = rb"(?!\s*[.(\[])(?!" + INSIDE + rb"(?:[-+*/%&|^@]|//|\*\*|<<|>>)?(?::[^=\n]*)?=[^=])"
    return re.compile(name + rb"[\s\\]*\.[\s\\]*(\w+)\b" + after)


def keeps_generator(scan: Scan) -> bool:
    """Whether an attribute may be given a generator or coroutine of the same object."""
    own = instances(scan)
    either = b"|".join(own)
    if not own or not re.search(
        rb"(?:%s)[\s\\]*\.[\s\\]*\w+" % either + INSIDE + rb"(?:[\[:][^=\n]*)?=(?!=)", scan.data
    ):
        return False
    made = suspending(scan) if b"yield" in scan.words or b"async" in scan.words else set()
    called = made and not made.isdisjoint(re.findall(rb"(?:%s)[\s\\]*\.[\s\\]*(\w+)" % either, scan.data))
    if not called and b"for" not in scan.words:
        return False
    of_own = re.compile(rb"(?<![\w.])(?:%s)\b(?:\.(\w+)\s*\()?" % either)
    for line in lines_with(scan, rb"(?:%s)\b" % either):
        if b"=" in line and (found := TARGET.search(line)):
            rest = line[found.end() :]
            if any(name in made or b" for " in rest for name in of_own.findall(rest)):
                return True
    return False


def suspending(scan: Scan) -> set[bytes]:
    """The names of the functions that are asynchronous, or have a `yield` in them."""
    found: set[bytes] = set()
    outer: list[tuple[int, bytes]] = []
    for line in scan.lines:
        code = line.lstrip()
        if not code:
            continue
        depth = len(line) - len(code)
        while outer and depth <= outer[-1][0]:
            outer.pop()
        header = DEFINED.match(code, 6 if code.startswith(b"async ") else 0)
        if header:
            outer.append((depth, header[1]))
            found.update([header[1]] if code.startswith(b"async ") else ())
        if b"yield" in code:
            found.update(name for _, name in outer)
    return found


def keeps_function(scan: Scan) -> bool:
    """Whether an attribute may be given a lambda or a nested function, or a weak reference is made in one."""
    named = nested(scan)
    if b"lambda" in scan.words:
        starts = (found.start() for found in re.finditer(rb"lambda\b", scan.data))
        given = (GIVEN.search(scan.data, max(0, start - LONGEST), start) for start in starts)
        named.update((each[1] for each in given if each), [b"lambda"])
    if not named or b"weakref" in scan.words:
        return bool(named)
    either = b"|".join(named)
    is_kept = re.compile(rb"(?<![\w.])(?:%s)\b(?!\s*\()" % either)
    lines = lines_with(scan, rb"(?:%s)\b" % either)
    return any(is_kept.search(rest) for line in lines for rest in kept(line, frozenset()))


def nested(scan: Scan) -> set[bytes]:
    """The names of the functions that stand in others."""
    data, found = scan.data, set()
    outer: list[tuple[int, bool]] = []
    for header in BLOCK.finditer(data):
        start = data.rfind(b"\n", 0, header.start()) + 1
        before = data[start : header.start()]
        depth = len(before) - len(before.lstrip())
        if before.strip() not in (b"", b"async"):
            continue
        while outer and depth <= outer[-1][0]:
            outer.pop()
        if header[1] and outer and outer[-1][1]:
            found.add(header[1])
        outer.append((depth, bool(header[1])))
    return found
