"""Findings as the protocol's diagnostics."""

from __future__ import annotations

import os
from collections.abc import Sequence

from lsprotocol import types
from pygls import uris

from memlint.lsp.document import Document
from memlint.model import Edit, Finding, Related, Severity

SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}
WITHOUT_EFFECT = frozenset({"useless-slots", "del-frees-nothing", "needless-deepcopy", "redundant-array-copy"})
"""Rules that find code which could go without loss; editors fade it."""


def diagnostics(document: Document) -> list[types.Diagnostic]:
    return [diagnostic(finding, document) for finding in document.outcome.findings]


def diagnostic(finding: Finding, document: Document) -> types.Diagnostic:
    """A finding, with no more than the client can read."""
    reads = document.client.reads
    page = document.pages.get(finding.code) if reads.code_description_support else None
    places = [related(each, document) for each in finding.related] if reads.related_information else None
    fades = reads.tag_support and finding.name in WITHOUT_EFFECT
    return types.Diagnostic(
        range=document.range(finding.start, finding.end),
        message=finding.message,
        severity=SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(page) if page else None,
        source="memlint",
        tags=[types.DiagnosticTag.Unnecessary] if fades else None,
        related_information=places,
        data=data(finding, document) if reads.data_support else None,
    )


def related(other: Related, document: Document) -> types.DiagnosticRelatedInformation:
    """Another place of a finding; in another file its columns are taken for code units, which they are in ASCII."""
    path = os.path.abspath(other.path)
    if path == document.path:
        return types.DiagnosticRelatedInformation(
            types.Location(document.uri, document.range(other.start, other.end)), other.message
        )
    start, end = (types.Position(place.line - 1, place.column - 1) for place in (other.start, other.end))
    return types.DiagnosticRelatedInformation(
        types.Location(uris.from_fs_path(path) or "", types.Range(start, end)), other.message
    )


def data(finding: Finding, document: Document) -> dict[str, object]:
    """What a client may want to know besides: fix, effect, fingerprint."""
    fix = finding.fix and {
        "message": finding.fix.message,
        "applicability": finding.fix.safety.value,
        "edits": [
            {
                "range": {"start": as_json(each.range.start), "end": as_json(each.range.end)},
                "newText": each.new_text,
            }
            for each in text_edits(finding.fix.edits, document)
        ],
    }
    return {"effect": finding.effect.value, "fingerprint": finding.fingerprint, "fix": fix}


def as_json(place: types.Position) -> dict[str, int]:
    return {"line": place.line, "character": place.character}


def text_edits(edits: Sequence[Edit], document: Document) -> list[types.TextEdit]:
    """Edits with the line ends of the document, in its order."""
    return [
        types.TextEdit(document.range(edit.start, edit.end), edit.content.replace("\n", document.source.newline))
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end))
    ]
