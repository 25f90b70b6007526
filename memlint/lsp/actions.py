"""What an editor offers at a finding: its fix, a comment that ignores it, all safe fixes of the document."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from lsprotocol import types

from memlint.ignoring import comment
from memlint.lsp.diagnostics import diagnostic, text_edits
from memlint.lsp.document import Document
from memlint.model import Finding, Safety
from memlint.proof import is_remark
from memlint.source import LINE_END
from memlint.syntax import CODE as SYNTAX_CODE

FIX_ALL = "source.fixAll.memlint"
KINDS: list[types.CodeActionKind | str] = [types.CodeActionKind.QuickFix, FIX_ALL]
REASON = "FIXME: say why"
"""What stands in a new comment for the reason that only its author knows."""


def is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether the client asks for actions of a kind: by its name, or by that of a kind which it belongs to."""
    return only is None or any((kind + ".").startswith(wanted and wanted + ".") for wanted in only)


def touching(document: Document, place: types.Range) -> list[Finding]:
    """The findings on any line of a range: the cursor need not stand on the very name."""
    first, last = place.start.line + 1, place.end.line + 1
    return [each for each in document.outcome.findings if each.start.line <= last and each.end.line >= first]


def fix_action(finding: Finding, document: Document) -> types.CodeAction | None:
    """The fix of a finding, not yet proved, so without its edit; none where it is only to be shown."""
    fix = finding.fix
    if fix is None or fix.safety is Safety.SHOW:
        return None
    is_safe = fix.safety is Safety.SAFE
    title = fix.message[:1].upper() + fix.message[1:]
    return types.CodeAction(
        title=f"{title} ({finding.code})" if is_safe else f"{title} ({finding.code}, unsafe)",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(finding, document)],
        is_preferred=is_safe,
        data={"uri": document.uri, "version": document.version, "fingerprint": finding.fingerprint},
    )


def fix_all_action(document: Document) -> types.CodeAction | None:
    """All safe fixes of a document, not yet worked out; none where no finding has one."""
    fixes = (finding.fix for finding in document.outcome.findings)
    if not any(fix and fix.safety is Safety.SAFE for fix in fixes):
        return None
    return types.CodeAction(
        title="Apply all safe fixes of memlint",
        kind=FIX_ALL,
        data={"uri": document.uri, "version": document.version, "fingerprint": None},
    )


def ignore_action(finding: Finding, document: Document) -> types.CodeAction | None:
    """A comment that ignores the finding where it stands; none for a syntax error, or for what is said of comments."""
    if finding.code == SYNTAX_CODE or not finding.rows or is_remark(finding):
        return None
    edits = comment(document.source, finding.rows[0], {finding.code}, REASON)
    return types.CodeAction(
        title=f"Ignore {finding.code} on this line",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(finding, document)],
        edit=workspace_edit(document, text_edits(edits, document)),
    )


def workspace_edit(document: Document, edits: Sequence[types.TextEdit]) -> types.WorkspaceEdit:
    """Edits of a document; of this version and no other, where the client can tell."""
    if not document.client.knows_versions:
        return types.WorkspaceEdit(changes={document.uri: edits})
    this = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(this, edits)])


def replacing(document: Document, after: str) -> list[types.TextEdit]:
    """The edits that make the text of a document another one, by lines, so that the cursor stays where it is."""
    old, new = (with_ends(text) for text in (document.text, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        types.TextEdit(types.Range(document.beginning(first), document.beginning(last)), "".join(new[start:end]))
        for tag, first, last, start, end in matcher.get_opcodes()
        if tag != "equal"
    ]


def with_ends(text: str) -> list[str]:
    ends = [found.end() for found in LINE_END.finditer(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
