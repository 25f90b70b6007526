"""Masks what IPython adds to Python in a cell, so that lines and columns stay.

A magic becomes `_()`, the call of something unknown. Where it runs Python, as `%time` does, that part stays.
"""

from __future__ import annotations

import ast
import re
import warnings

RUNNING = ("time", "timeit", "capture", "prun", "debug", "memit", "mprun", "lprun", "snakeviz", "scalene")
"""Magics whose cell or rest of the line is Python that runs in the notebook."""

SHOWING = "time"
"""The one of these that gives the value of what it runs."""

UNKNOWN = "_()"

AUTOMAGIC = r"(?:cat|cd|conda|cp|ls|mamba|mkdir|mv|pip|rm|rmdir|uv)[ \t]+(?!=|[^\w\s]=|and\b|i[fns]\b|or\b)[^\n]+"
"""Magics that IPython knows without `%`, where the line is no Python."""

SIGNS = re.compile(rf"^[ \t]*[%!?,;/]|=[ \t]*[%!]|\?[ \t]*$|^[ \t]*{AUTOMAGIC}", re.MULTILINE)
"""Where a cell may hold more than Python."""

CELL_MAGIC = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*%%([\w.]+)[^\n]*")
DATABRICKS = re.compile(r"\s*%(?:fs|md|r|run|scala|sh|sql)\b")
"""What Databricks takes for a magic of the whole cell, where the rest is no Python."""

ESCAPE = re.compile(
    rf"""
    (?P<before> [ \t]* (?: [A-Za-z_] [^=#\n('"]* = [ \t]* (?=[%!]) )? )
    (?P<escape> [%!?,;/] (?: \\\n | [^\n] )* | [^\n#'"=]* \w[\w*.\])]* \?\??[ \t]* (?=\n|\Z) | {AUTOMAGIC} )
    """,
    re.VERBOSE,
)
"""A line that is a magic, a shell command or a question for help, or that gives the result of one a name."""

BODY = re.compile(rf"%({'|'.join(RUNNING)})[ \t]+(?:-[A-Za-z][ \t]*\d*[ \t]+)*(?=[^-\s])")
TOKEN = re.compile(
    r"""
    (\"{3}|'{3}) (?: \\. | (?!\1) . )* (?: \1 | \Z )
    | "(?: \\. | [^"\\\n] )*" | '(?: \\. | [^'\\\n] )*'
    | \#[^\n]* | \\\n | .
    """,
    re.VERBOSE | re.DOTALL,
)


def masked(source: str) -> tuple[str, bool]:
    """The Python of a cell, and whether IPython keeps the value of an expression at its end."""
    magic = CELL_MAGIC.match(source)
    if magic and magic[1] not in RUNNING:
        return blank(source), False
    head, rest = (blank(magic[0]), source[magic.end() :]) if magic else ("", source)
    keeps = magic is None or magic[1] == SHOWING
    if SIGNS.search(rest) and not is_python(rest):
        python, gives = without_escapes(rest)
        if DATABRICKS.match(rest) and not is_python(python):
            return blank(source), False
        rest, keeps = python, keeps and gives
    return head + rest, keeps


def without_escapes(text: str) -> tuple[str, bool]:
    """The text with its magics masked, and whether the last statement gives its value."""
    pieces: list[str] = []
    place, gives = 0, True
    while place < len(text):
        escape = ESCAPE.match(text, place)
        end = escape.end() if escape else end_of_line(text, place)
        piece = text[place:end]
        if escape:
            start = escape.start("escape")
            body = BODY.match(text, start) if not escape["before"].strip() else None
            gives = body is None or body[1] == SHOWING
            last = end_of_line(text, body.end()) if body else end
            run = f"_;{' ' * (body.end() - start - 2)}{text[body.end() : last]}" if body else ""
            if run and is_python(run):
                piece, end = escape["before"] + run, last
            else:
                piece = escape["before"] + mask(escape["escape"])
        elif piece.strip():
            gives = True
        pieces.append(piece)
        place = end
    return "".join(pieces), gives


def end_of_line(text: str, place: int) -> int:
    """Behind the logical line that begins at a place."""
    depth = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        token = found[0] if found else text[place]
        place += len(token)
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif token == "\n" and depth <= 0:
            break
    return place


def mask(escape: str) -> str:
    """A value that nobody knows, in the place of a magic."""
    shown = UNKNOWN if len(escape) >= len(UNKNOWN) and "\n" not in escape[: len(UNKNOWN)] else "_"
    return shown + blank(escape[len(shown) :])


def blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
