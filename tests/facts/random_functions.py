"""Small random functions over three names, with all that a function can do to a name.

In the templates `$` is any name, `&` one name wherever it stands, `%` an expression; `...` are statements,
`turn` statements of a loop, and `stay` statements that do not jump out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache

NAMES = ("a", "b", "c")

EXPRESSIONS = """
$ | & | $ | step() | 0 | None | call($) | (%, %) | (% + %) | (& := %) | (yield %) | (% and %) | (% or %)
| (not %) | ($ and (& := %), &)
| (% if % else %) | (% < % < %) | [% for i in items() if %] | {i: % for i in items() for j in items($)}
| [& for & in items(&) if &] | [(&, (& := i)) for i in items()] | f'{$}' | list(% for i in items($))
| (lambda: %) | (lambda a=$: (a, b)) | [(lambda: &) for & in items()]
"""
SIMPLE = """
$ = % | $ = % | $ = step() | $ = $ | $ = None | $ = 0 | $ = [] | $ = $ = % | $, $ = %, % | $, *$ = items()
| $, ($, $) = $, $ | $ += % | $: int = % | $: int | del $ | del $, $ | % | call($) | return % | raise KeyError
| assert %, % | import math as $ | pass | break | continue | def $(a=&): return a, b
| class $: p = &
"""
COMPOUND = """
if %:
    ...

if %:
    ...
else:
    ...

if %:
    ...
elif %:
    ...
else:
    ...

if $ and not $:
    ...

while more() and %:
    turn

while more():
    turn
else:
    ...

while True:
    if not more(): break
    turn

while 1:
    if not more(): return $
    turn

for $ in items():
    turn

for $ in items($):
    turn
else:
    ...

try:
    ...
except KeyError:
    ...

try:
    call($)
    & = step()
except KeyError:
    call(&)

try:
    (& := %)()
except TypeError:
    call(&)

try:
    ...
except:
    ...

try:
    ...
finally:
    ...

try:
    ...
finally:
    $ = None

try:
    ...
except (KeyError, NameError) as &:
    ...
except ValueError:
    ...
else:
    ...
finally:
    ...

try:
    ...
except Exception as &:
    ...
finally:
    ...

try:
    ...
except* KeyError as &:
    stay
except* (ValueError, NameError):
    stay
else:
    ...

try:
    step()
except* KeyError:
    & = 1
except* ValueError:
    call(&)

with manager:
    ...

with manager as $, manager as $:
    ...

match %:
    case 0:
        ...
    case [&, *_] if %:
        ...
    case (1 | None) as &:
        ...

match %:
    case [] | {}:
        ...
    case &:
        ...

def b():
    nonlocal a
    a = step()
    return a
call(b)

def b():
    return &
& = step()
call(b)
"""


class Writer:
    """Writes the text of a random function; `pick` chooses one of some texts."""

    def __init__(self, pick: Callable[[Sequence[str]], str]) -> None:
        self.pick = pick
        self.left = 12

    def function(self) -> str:
        allowed = {"return", "walrus"} | ({"yield"} if self.pick("..y") == "y" else set())
        return "\n".join(["def f(a, b):", "    c: int", *self.block(allowed)])

    def block(self, allowed: set[str]) -> list[str]:
        return [f"    {line}" for _ in self.pick(("1", "12", "123")) for line in self.statement(allowed)]

    def statement(self, allowed: set[str]) -> list[str]:
        self.left -= 1
        template = self.pick(split(SIMPLE, "|") + (split(COMPOUND, "\n\n") if self.left > 0 else ()))
        words = {"return", "break", "continue"} - allowed
        is_jump = template.split()[0] in words or (template.startswith("while 1") and "return" in words)
        if is_jump or ("except*" in template and sys.version_info < (3, 11)):
            template = "pass"
        same = self.pick(NAMES)
        lines: list[str] = []
        for line in template.split("\n"):
            indent = line[: len(line) - len(line.lstrip())][4:]
            if line.strip() == "...":
                lines += [indent + inner for inner in self.block(allowed)]
            elif line.strip() == "turn":
                lines += [indent + inner for inner in self.block(allowed | {"break", "continue"})]
            elif line.strip() == "stay":
                lines += [indent + inner for inner in self.block(allowed & {"walrus", "yield"})]
            else:
                lines.append(self.fill(line, same, allowed, 2))
        return lines

    def fill(self, template: str, same: str, allowed: set[str], depth: int) -> str:
        if "lambda" in template:
            allowed = allowed - {"walrus", "yield"}
        elif " for " in template:
            allowed = allowed - {"yield"}
        return "".join(self.part(mark, same, allowed, depth) for mark in template)

    def part(self, mark: str, same: str, allowed: set[str], depth: int) -> str:
        if mark == "$":
            return self.pick(NAMES)
        if mark == "%":
            template = self.pick(split(EXPRESSIONS, "|") if depth else ("$", "$", "step()"))
            words = {":=": "walrus", "yield": "yield"}
            if any(mark in template and word not in allowed for mark, word in words.items()):
                template = "$"
            return self.fill(template, self.pick(NAMES), allowed, depth - 1)
        return same if mark == "&" else mark


@cache
def split(templates: str, separator: str) -> tuple[str, ...]:
    return tuple(template.strip() for template in templates.split(separator))


def function_of(choices: bytes) -> str:
    """The function that a string of choices spells; when they run out, the first of everything."""
    left = iter(choices)
    return Writer(lambda texts: texts[next(left, 0) % len(texts)]).function()
