"""Patterns as in a .gitignore, with git's own meaning.

The library for this, pathspec, differs from git on one tree of ordinary patterns in twelve, and raises on patterns that
git takes for broken: docs/decisions/0005.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

PADDING = re.compile(r"(?<!\\)((?:\\\\)*) +\Z")
TOKEN = re.compile(
    r"(?P<folders>(?<![^/])\*\*+/)|(?P<rest>(?<![^/])\*\*+\Z)|(?P<segment>(?<![^/])\*(?=/|\Z))|(?P<part>\*+)|(?P<one>\?)"
    r"|\[(?P<negated>[!^]|(?![!^]))(?P<set>(?:\[:[^\]]*:\]|\\.|[^\\])(?:\[:[^\]]*:\]|\\.|[^\]\\])*)\]"
    r"|(?P<broken>\[|\\\Z)|\\?(?P<character>.)",
    re.DOTALL,
)
WILD = {"folders": "(?:.*/)?", "rest": ".+", "segment": "[^/]+", "part": "[^/]*", "one": "[^/]", "broken": "(?!)"}
SET_ITEM = re.compile(r"\[:([^\]]*):\]|\\?(.)(?:-\\?(.))?", re.DOTALL)
SETS = {"alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "digit": "0-9", "lower": "a-z", "space": " \\t-\\r", "upper": "A-Z"}


class Patterns:
    """Gitignore patterns relative to a folder, in one expression over `name NUL path`; the last that matches decides.

    As in git's own walk they are asked about an entry itself: what they say of its folder was settled there.
    """

    def __init__(self, lines: Iterable[str], base: str) -> None:
        self.base = base
        self.verdicts: list[bool] = []
        self.mean_files = False
        regexes: list[str] = []
        for line in lines:
            text = PADDING.sub(r"\1", octets(line))
            pattern = text.removeprefix("!")
            body = pattern.removesuffix("/")
            if not body or line.startswith("#"):
                continue
            if body.count("/") == 1:
                body = body.removeprefix("**/")
            regex = translated(body.removeprefix("/")) + ("/" if pattern.endswith("/") else "/?")
            regexes.insert(0, f"[^\0]*\0{regex}()" if "/" in body else f"{regex}\0.*()")
            self.verdicts.insert(0, pattern == text)
            self.mean_files |= not pattern.endswith("/")
        self.regex = re.compile("|".join(regexes), re.DOTALL)

    def prefix_of(self, folder: str) -> str:
        is_below = folder == self.base or folder.startswith(os.path.join(self.base, ""))
        rest = folder.removeprefix(self.base) if is_below else os.path.relpath(folder, self.base)
        rest = rest.strip(os.sep).replace(os.sep, "/")
        return f"{rest}/" if rest else ""

    def verdict(self, prefix: str, name: str) -> bool | None:
        """True leaves the entry out, False keeps it, None says nothing; the name of a folder ends in a slash."""
        text = f"{name}\0{prefix}{name}"
        match = self.regex.fullmatch(text if text.isascii() else octets(text))
        return self.verdicts[match.lastindex - 1] if match and match.lastindex else None

    def means(self, path: str) -> bool:
        """Whether a path below the base, with slashes, is left out by itself or with a folder that it is in."""
        parts = path.split("/")
        folders = [f"{name}/" for name in parts[:-1]]
        return any(
            self.verdict("".join(folders[:depth]), name) is True for depth, name in enumerate([*folders, parts[-1]])
        )


def octets(text: str) -> str:
    """The text with one character for each byte, because bytes are what git compares."""
    return os.fsencode(text).decode("latin-1")


def translated(pattern: str) -> str:
    """A gitignore pattern as a regular expression; one that git takes for broken matches nothing."""
    parts = []
    for token in TOKEN.finditer(pattern):
        if token["set"]:
            parts.append(translated_set(token["set"], bool(token["negated"])))
        elif token["character"]:
            parts.append(re.escape(token["character"]))
        else:
            parts.append(WILD[token.lastgroup or "broken"])
    return "".join(parts)


def translated_set(text: str, negated: bool) -> str:
    members = "/"  # never meant by a set, but an empty one would be no expression
    for known, low, high in SET_ITEM.findall(text):
        if not low:
            members += SETS.get(known, "")
        elif low <= (high or low):
            members += f"{re.escape(low)}-{re.escape(high or low)}"
    return f"[^{members}]" if negated else f"(?!/)[{members}]"
