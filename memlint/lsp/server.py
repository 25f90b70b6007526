"""The language server: the open documents, what was found in them, and what is sent of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol.language_server import LanguageServerProtocol, lsp_method

from memlint.lsp import actions, analysis
from memlint.lsp.diagnostics import diagnostics, text_edits
from memlint.lsp.document import Client, Document
from memlint.lsp.worker import Worker
from memlint.model import Outcome
from memlint.settings import UsageError
from memlint.version import VERSION

DELAY = 0.2
"""Seconds without a change after which a document is checked."""
SECTION = "memlint"


class Protocol(LanguageServerProtocol):
    """The protocol without the documents of pygls, which break lines at form feeds and change messages on the way."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Iterator[Any]:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Iterator[Any]:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None


class Server(LanguageServer):
    """The open documents, and what was found in them."""

    def __init__(self) -> None:
        super().__init__("memlint", VERSION, protocol_cls=Protocol)
        self.worker = Worker()
        self.documents: dict[str, Document] = {}
        self.options: dict[str, object] = {}
        self.epoch = 0
        self.pulls = False
        """Whether the client asks for diagnostics; else they are sent to it."""
        self.working = asyncio.Lock()
        self.waiting: dict[str, asyncio.Task[None]] = {}
        """What is about to be sent, by document."""
        self.told = ""
        self.client = Client()

    def can(self, capability: str) -> Any:
        """What the client says of a capability of its own."""
        return get_capability(self.client_capabilities, capability)

    async def checked(self, uri: str) -> Document | None:
        """The newest version of a document with what is found in it; what changes meanwhile is checked again."""
        async with self.working:
            while document := self.documents.get(uri):
                epoch = self.epoch
                if document.epoch != epoch:
                    document.outcome, document.pages = await self.check(document)
                    document.epoch = epoch
                if document is self.documents.get(uri) and epoch == self.epoch:
                    return document
            return None

    async def check(self, document: Document) -> analysis.Checked:
        """Have a document checked; what goes wrong is told, and nothing was found."""
        try:
            found = await self.worker.run(analysis.check, self.request(document))
        except UsageError as error:
            self.tell(str(error))
        except Exception as error:
            self.log(f"{document.path}: not checked: {type(error).__name__}: {error}{error.__cause__ or ''}")
        else:
            self.told = ""
            for failure in found.outcome.failures:
                self.log(f"{failure.path}: {failure.rule and failure.rule + ': '}{failure.message}")
            return found
        return analysis.Checked(Outcome(document.path), {})

    def request(self, document: Document) -> analysis.Request:
        folders = tuple(filter(None, (uris.to_fs_path(folder.uri) for folder in self.workspace.folders.values())))
        return analysis.Request(document.path, document.text, self.options, folders, self.epoch)

    def send_soon(self, uri: str, delay: float = DELAY) -> None:
        """Send the diagnostics of a document to a client that does not ask for them, once it rests."""
        if task := self.waiting.pop(uri, None):
            task.cancel()
        if not self.pulls:
            self.waiting[uri] = asyncio.create_task(self.send(uri, delay))

    async def send(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        if document := await self.checked(uri):
            found = diagnostics(document)
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, document.version))

    def refresh(self) -> None:
        """Check every open document again: settings or files that findings depend on have changed."""
        self.epoch += 1
        if self.pulls and self.documents:
            self.workspace_diagnostic_refresh(None)
        for uri in self.documents:
            self.send_soon(uri)

    def configure(self, options: object) -> None:
        """Take the client's settings, where there are some."""
        if isinstance(options, Mapping) and options != self.options:
            self.options = dict(options)
            self.refresh()

    async def ask_settings(self) -> None:
        """Ask the client for its settings, where it can be asked and has some."""
        if self.can("workspace.configuration"):
            wanted = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
            with contextlib.suppress(JsonRpcException):
                (options,) = await self.workspace_configuration_async(wanted)
                self.configure(options)

    async def with_edit(self, action: types.CodeAction, document: Document) -> types.CodeAction | None:
        """The action with its edit; None where the fix cannot be proved, which is told."""
        request = self.request(document)
        fingerprint = action.data["fingerprint"] if isinstance(action.data, dict) else None
        if fingerprint is None:
            after = await self.worker.run(analysis.all_fixed, request)
            action.edit = actions.workspace_edit(document, actions.replacing(document, after))
            return action
        for finding in document.outcome.findings:
            if finding.fingerprint == fingerprint and finding.fix:
                if reason := await self.worker.run(analysis.refusal, request, fingerprint):
                    self.log(f"{document.path}:{finding.start.line}: {finding.code} is not fixed: {reason}")
                    return None
                action.edit = actions.workspace_edit(document, text_edits(finding.fix.edits, document))
                return action
        return None

    def tell(self, message: str) -> None:
        """Show a mistake in the settings, once."""
        if message != self.told:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"memlint: {message}"))
        self.told = message

    def log(self, message: str) -> None:
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))
