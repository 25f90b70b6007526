"""Other ways to write a piece of code, drawn by hypothesis."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
import warnings
from collections.abc import Callable, Iterator

from hypothesis import strategies as st

from memlint.facts.names import DefinitionKind, Names, ScopeKind
from memlint.source import SourceFile
from memlint.testing import FUTURE, indented

INSIDE = (" ", "  ", "\n", "\n    ", "  # noted (\n", " \\\n")
"""What may stand between two tokens in brackets, beside what stands there."""
OUTSIDE = (" ", "  ", " \\\n", "\\\n    ")
QUIET = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENCODING)
STRING_PARTS = {
    getattr(tokenize, name, -1) for name in ("FSTRING_START", "FSTRING_MIDDLE", "TSTRING_START", "TSTRING_MIDDLE")
}
STRING_ENDS = {getattr(tokenize, name, -1) for name in ("FSTRING_END", "TSTRING_END")}
HEADERS = (
    "if True:",
    "for _ in range(1):",
    "def context():",
    "async def context():",
    "class Context:",
    "def context(*, given=1):\n    local = given",
    "def context():\n  if True:\n   with open(__file__):",
)
COMMENTS = ("# noted", "# type: ignore", "# type: int", "# noqa: E501", "# naïve ☕ 記憶")
NAMES = ("file", "data", "found", "value", "l", "naïve", "_", "len", "list", "print", "deque", "weakref", "self")


def gaps(text: str) -> Iterator[tuple[int, bool]]:
    """The offsets between tokens where blanks may be put in, each with whether it is in brackets."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    depth = formatted = 0
    before, last = tokenize.NEWLINE, ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in QUIET and token.type != tokenize.ENDMARKER:
            if before not in QUIET and not formatted and token.type not in STRING_ENDS and last != "@":
                yield starts[token.start[0] - 1] + token.start[1], depth > 0
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
        if token.type in STRING_PARTS and token.string.strip("rRfFtT")[:1] in "\"'":
            formatted += 1
        formatted -= token.type in STRING_ENDS
        before, last = token.type, token.string


@st.composite
def respelled(draw: st.DrawFn, text: str) -> str:
    """The same code with blanks, line ends and comments put in between its tokens."""
    pieces, done = [], 0
    for place, is_inside in gaps(text):
        if draw(st.integers(0, 3)) == 0:
            pieces += [text[done:place], draw(st.sampled_from(INSIDE if is_inside else OUTSIDE))]
            done = place
    return "".join([*pieces, text[done:]])


@st.composite
def renamed(draw: st.DrawFn, text: str, names: tuple[str, ...] = NAMES) -> str:
    """The same code with a local variable called otherwise: it may be called as a fix would call one of its own."""
    source, module = SourceFile("", text), ast.parse(text)
    resolved = Names(module)
    bindings = {resolved.binding(node) for node in ast.walk(module) if isinstance(node, ast.Name)}
    plain = {DefinitionKind.ASSIGNMENT, DefinitionKind.AUGMENTED, DefinitionKind.LOOP, DefinitionKind.WITH}
    local = [
        binding
        for binding in bindings
        if binding and all(each.kind in plain for each in binding.definitions) and binding.scope.kind in LOCAL
    ]
    if not local:
        return text
    local.sort(key=lambda binding: (binding.name, binding.definitions[0].node.lineno))  # type: ignore[attr-defined]
    chosen, new = draw(st.sampled_from(local)), draw(st.sampled_from(names))
    places = {(node.lineno, source.column(node.lineno, node.col_offset)) for node in chosen.uses}
    places |= {
        (each.node.lineno, source.column(each.node.lineno, each.node.col_offset))  # type: ignore[attr-defined]
        for each in chosen.definitions
    }
    lines = text.split("\n")
    for row, column in sorted(places, reverse=True):
        line = lines[row - 1]
        if line[column - 1 :].startswith(chosen.name):
            lines[row - 1] = line[: column - 1] + new + line[column - 1 + len(chosen.name) :]
    return "\n".join(lines)


LOCAL = (ScopeKind.FUNCTION, ScopeKind.COMPREHENSION)


@st.composite
def nested(draw: st.DrawFn, text: str) -> str:
    """The same code in the body of something."""
    return indented(draw(st.sampled_from(HEADERS)))(text) if "'''" not in text and '"""' not in text else text


@st.composite
def remarked(draw: st.DrawFn, text: str) -> str:
    """The same code with comments at the ends of some lines, and on lines of their own."""
    lines = []
    for line in text.split("\n"):
        if line.strip() and draw(st.integers(0, 3)) == 0:
            comment = draw(st.sampled_from(COMMENTS))
            blanks = line[: len(line) - len(line.lstrip())]
            lines += [f"{line}  {comment}"] if draw(st.booleans()) else [f"{blanks}{comment}", line]
        else:
            lines.append(line)
    return "\n".join(lines)


@st.composite
def crowded(draw: st.DrawFn, text: str) -> str:
    """The same code with other statements on some of its lines."""
    lines = text.split("\n")
    for statement in ast.walk(ast.parse(text)):
        is_simple = isinstance(statement, ast.stmt) and not hasattr(statement, "body") and not is_future(statement)
        if is_simple and statement.lineno == statement.end_lineno and draw(st.integers(0, 3)) == 0:
            row = statement.lineno - 1
            line, blanks = lines[row], lines[row][: len(lines[row]) - len(lines[row].lstrip())]
            if draw(st.booleans()):
                lines[row] = f"{blanks}0; {line[len(blanks) :]}"
            elif "#" not in line:
                lines[row] = f"{line}; 0"
    return "\n".join(lines)


def is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


@st.composite
def joined(draw: st.DrawFn, text: str) -> str:
    """The same code with some bodies of one line written behind their header."""
    lines = text.split("\n")
    for row in range(len(lines) - 2, -1, -1):
        if lines[row].endswith(":") and lines[row + 1].strip() and draw(st.booleans()):
            tried = [*lines[:row], f"{lines[row]} {lines[row + 1].strip()}", *lines[row + 2 :]]
            lines = tried if compiles("\n".join(tried)) else lines
    return "\n".join(lines)


@st.composite
def decorated(draw: st.DrawFn, text: str) -> str:
    """The same code with a decorator on some functions."""
    head = (FUTURE.match(text) or [""])[0]
    marked = re.sub(
        r"^( *)(?=(?:async )?def )",
        lambda found: f"{found[1]}@mark  # noted\n{found[1]}" if draw(st.booleans()) else found[1],
        text[len(head) :],
        flags=re.MULTILINE,
    )
    return f"{head}def mark(function): return function\n{marked}"


@st.composite
def asynchronous(draw: st.DrawFn, text: str) -> str:
    """The code with its functions made coroutine functions."""
    return re.sub(r"^( *)def ", r"\1async def ", text, flags=re.MULTILINE) if draw(st.booleans()) else text


MUTATIONS: tuple[Callable[[str], st.SearchStrategy[str]], ...] = (
    respelled,
    renamed,
    nested,
    remarked,
    crowded,
    joined,
    decorated,
    asynchronous,
)


@st.composite
def mutated(draw: st.DrawFn, text: str, names: tuple[str, ...] = ()) -> str:
    """The code after some of these changes; those that it does not bear are left out."""
    for mutation in draw(st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=3, unique=True)):
        tried = draw(renamed(text, NAMES + names) if mutation is renamed else mutation(text))
        text = tried if compiles(tried) else text
    return text


def compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<mutated>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def identifiers(text: str) -> set[str]:
    """The names that occur in a text."""
    found = re.findall(r"\b[^\W\d]\w*", text)
    return {name for name in found if not keyword.iskeyword(name)}
