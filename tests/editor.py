"""Talks to the language server as an editor does."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

PATIENCE = 15.0
"""Seconds within which the server has to show what is expected."""
CAPABILITIES = {
    "pull": types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        ),
        text_document=types.TextDocumentClientCapabilities(
            diagnostic=types.DiagnosticClientCapabilities(related_document_support=True),
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
        ),
        general=types.GeneralClientCapabilities(position_encodings=["utf-8"]),
    )
}
"""Clients that ask for diagnostics and let themselves be told when to; others are recorded from real editors."""


class Editor:
    """A client with some documents open."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.texts: dict[Path, str] = {}
        self.versions: dict[Path, int] = {}
        self.capabilities = types.ServerCapabilities()

    def open(self, path: Path, text: str | None = None, language: str = "python") -> None:
        """Open a file, with other text than it has where one is given."""
        if text is None:
            text = path.read_bytes().decode()
        self.texts[path], self.versions[path] = text, 1
        item = types.TextDocumentItem(path.as_uri(), language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, path: Path, *changes: types.TextDocumentContentChangeEvent) -> None:
        self.versions[path] += 1
        this = types.VersionedTextDocumentIdentifier(self.versions[path], path.as_uri())
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(this, list(changes)))

    def write(self, path: Path, text: str) -> None:
        """Replace the text of the buffer."""
        self.texts[path] = text
        self.change(path, types.TextDocumentContentChangeWholeDocument(text))

    def save(self, path: Path, text: str | None = None) -> None:
        path.write_text(self.texts[path] if text is None else text, "utf-8", newline="")
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(self.document(path)))

    def document(self, path: Path) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(path.as_uri())

    def pushed(self, path: Path) -> list[str] | None:
        found = self.client.diagnostics.get(path.as_uri())
        return None if found is None else [line(each) for each in found]

    async def shows(self, path: Path, expected: list[str]) -> None:
        """Wait until the diagnostics that the server has sent are those expected."""
        until = time.monotonic() + PATIENCE
        while self.pushed(path) != expected and time.monotonic() < until:
            await asyncio.sleep(0.02)
        assert self.pushed(path) == expected

    async def pull(self, path: Path) -> list[str]:
        params = types.DocumentDiagnosticParams(self.document(path))
        report = await self.client.text_document_diagnostic_async(params)
        return [line(each) for each in report.items]

    async def actions(self, path: Path, row: int, only: list[str] | None = None) -> list[types.CodeAction]:
        """What is offered with the cursor on a line, with its edit."""
        place = types.Position(row - 1, 0)
        context = types.CodeActionContext(list(self.client.diagnostics.get(path.as_uri(), ())), only)
        params = types.CodeActionParams(self.document(path), types.Range(place, place), context)
        found = await self.client.text_document_code_action_async(params)
        return [each if each.edit else await self.client.code_action_resolve_async(each) for each in found or ()]

    async def hover(self, path: Path, row: int, column: int) -> str:
        params = types.HoverParams(self.document(path), types.Position(row - 1, column - 1))
        found = await self.client.text_document_hover_async(params)
        return found.contents.value if found else ""


def line(found: types.Diagnostic) -> str:
    """A diagnostic as the tests write it: places as the server sends them, which count from 0."""
    start, end = found.range.start, found.range.end
    place = f"{start.line}:{start.character}-{end.line}:{end.character}"
    return f"{place} {found.severity.name} {found.code}" if found.severity else place


def applied(text: str, action: types.CodeAction, path: Path) -> str:
    """The text after an action; offsets in ASCII text."""
    assert action.edit
    if action.edit.changes:
        edits = list(action.edit.changes[path.as_uri()])
    else:
        (change,) = action.edit.document_changes or ()
        edits = list(change.edits)
    starts = [0]
    for part in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(part))
    for edit in sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
        start, end = (starts[place.line] + place.character for place in (edit.range.start, edit.range.end))
        text = text[:start] + edit.new_text + text[end:]
    return text


@asynccontextmanager
async def editor(
    *folders: Path, like: str = "visual-studio-code", options: Any = None, settings: Any = None, **environment: str
) -> AsyncIterator[Editor]:
    """A server in a process of its own, and an editor like one of those that are known."""
    client = make_test_lsp_client()
    client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda params: None)
    if settings is not None:
        client.set_configuration({"memlint": settings})
    await client.start_io(sys.executable, "-m", "memlint", "server", cwd=folders[0], env={**os.environ, **environment})
    connected = Editor(client)
    try:
        opened = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
        capabilities = CAPABILITIES.get(like) or client_capabilities(like)
        result = await client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                root_uri=folders[0].as_uri(),
                workspace_folders=opened,
                initialization_options=options,
            )
        )
        connected.capabilities = result.capabilities
        yield connected
        await client.shutdown_session()
    finally:
        with suppress(ProcessLookupError):
            client._server.kill()
        await client.stop()
