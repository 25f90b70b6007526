"""What an editor shows under the cursor: the pages of the rules that are named or found there."""

from __future__ import annotations

import re

from memlint.lsp.document import Document
from memlint.model import Position
from memlint.page import HEADING, Page

WORD = re.compile(r"[A-Za-z][\w-]*")
COMMENT = re.compile(r"#\s*(?:memlint|noqa):[^#]*")
FENCE = re.compile(r"^```python [a-z-]+[ \t]*$", re.MULTILINE)


def words_at(document: Document, position: Position) -> list[list[str]]:
    """What rules may be called that a place is about, the nearest first: the word there; then what a comment to linters
    names and what is found there."""
    line = document.line(position.line - 1)
    at = position.column - 1
    words = [found.group() for found in WORD.finditer(line) if found.start() <= at < found.end()]
    comments = [found.group() for found in COMMENT.finditer(line) if found.start() <= at < found.end()]
    around = [word for comment in comments for word in WORD.findall(comment)]
    around += [each.code for each in document.outcome.findings if each.start <= position <= each.end]
    return [words, around]


def shown(text: str) -> str:
    """What a page says of its rule, with the first of its examples."""
    page = Page(text)
    starts = [found.start() for found in HEADING.finditer(text)]
    parts = {name: text[start:end] for name, start, end in zip(page.headings, starts, [*starts[1:], None], strict=True)}
    example = ""
    for bad in page.bad[:1]:
        fixed = f"```python fixed\n{bad.fixed}```\n" if bad.fixed else ""
        example = f"## Bad\n\n```python\n{bad.code}```\n\n{fixed}"
    chosen = [text[: starts[0] if starts else None], parts.get("Why", ""), example, parts.get("Fix", "")]
    return FENCE.sub("```python", "\n\n".join(part.strip() for part in chosen if part)) + "\n"
