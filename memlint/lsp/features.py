"""What the language server does at each message of the client."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcException

from memlint.lsp import actions, analysis, hover
from memlint.lsp.diagnostics import diagnostics
from memlint.lsp.document import Client, Document
from memlint.lsp.server import SECTION, Server

WATCHED = ("**/pyproject.toml", "**/memlint.toml", "**/*.py")


def initialize(server: Server, params: types.InitializeParams) -> None:
    server.worker.start()
    given = params.initialization_options
    server.configure(given.get(SECTION, given) if isinstance(given, Mapping) else None)
    server.client = Client(
        types.PositionEncodingKind(server.workspace.position_encoding or "utf-16").value,
        server.can("text_document.publish_diagnostics") or types.PublishDiagnosticsClientCapabilities(),
        bool(server.can("workspace.workspace_edit.document_changes")),
        "edit" in (server.can("text_document.code_action.resolve_support.properties") or ()),
    )
    # Findings depend on other files, so a client that asks for them must also let itself be told when to ask again.
    server.pulls = bool(server.can("text_document.diagnostic") and server.can("workspace.diagnostics.refresh_support"))
    if server.pulls:
        options = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False)
        server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(pull)


async def initialized(server: Server, params: types.InitializedParams) -> None:
    wanted = []
    if server.can("workspace.did_change_watched_files.dynamic_registration"):
        watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
        watched = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        wanted.append(types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched))
    if server.can("workspace.did_change_configuration.dynamic_registration"):
        section = types.DidChangeConfigurationRegistrationOptions(SECTION)
        wanted.append(types.Registration("settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if wanted:
        with contextlib.suppress(JsonRpcException):
            await server.client_register_capability_async(types.RegistrationParams(wanted))
    await server.ask_settings()


def opened(server: Server, params: types.DidOpenTextDocumentParams) -> None:
    given = params.text_document
    scheme, name = uris.uri_scheme(given.uri), uris.to_fs_path(given.uri)
    if given.language_id not in ("", "python") and not given.uri.endswith((".py", ".pyi")):
        return
    if scheme == "untitled":
        name = os.path.abspath("untitled.py")
    if name:
        server.documents[given.uri] = Document(given.uri, name, given.text, given.version, server.client)
        server.send_soon(given.uri, 0)


def changed(server: Server, params: types.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    if uri in server.documents:
        server.documents[uri] = server.documents[uri].changed(params.content_changes, params.text_document.version)
        server.send_soon(uri)


def saved(server: Server, params: types.DidSaveTextDocumentParams) -> None:
    server.refresh()


def closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    if server.documents.pop(uri, None) and not server.pulls:
        if task := server.waiting.pop(uri, None):
            task.cancel()
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def files_changed(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
    server.refresh()


def folders_changed(server: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    server.refresh()


async def settings_changed(server: Server, params: types.DidChangeConfigurationParams) -> None:
    """Take the settings that are sent, which may be those of other servers, too; ask, where there are none of ours."""
    if isinstance(params.settings, Mapping) and SECTION in params.settings:
        server.configure(params.settings[SECTION])
    else:
        await server.ask_settings()


async def pull(server: Server, params: types.DocumentDiagnosticParams) -> types.RelatedFullDocumentDiagnosticReport:
    document = await server.checked(params.text_document.uri)
    return types.RelatedFullDocumentDiagnosticReport(diagnostics(document) if document else [])


async def code_actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    document = await server.checked(params.text_document.uri)
    if document is None:
        return []
    offered: list[types.CodeAction] = []
    unproved: list[types.CodeAction | None] = []
    only = params.context.only
    if actions.is_wanted(types.CodeActionKind.QuickFix, only):
        findings = actions.touching(document, params.range)
        unproved += [actions.fix_action(finding, document) for finding in findings]
        ignoring = [actions.ignore_action(finding, document) for finding in findings]
        offered += filter(None, ignoring)
    if actions.is_wanted(actions.FIX_ALL, only):
        unproved.append(actions.fix_all_action(document))
    fixes = [action for action in unproved if action]
    if not document.client.is_lazy:
        fixes = [found for action in fixes if (found := await server.with_edit(action, document))]
    return [*fixes, *offered]


async def resolve(server: Server, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit, of the version for which it was offered."""
    origin = action.data if isinstance(action.data, dict) else {}
    document = await server.checked(origin.get("uri", ""))
    if document is None or document.version != origin.get("version"):
        raise JsonRpcException("the document has changed", types.LSPErrorCodes.ContentModified)
    found = await server.with_edit(action, document)
    if found is None:
        raise JsonRpcException("the fix cannot be proved, so it is not applied", types.LSPErrorCodes.RequestFailed)
    return found


async def explain(server: Server, params: types.HoverParams) -> types.Hover | None:
    document = server.documents.get(params.text_document.uri)
    words = hover.words_at(document, document.position(params.position)) if document else []
    pages = await server.worker.run(analysis.explained, words) if any(words) else []
    if not pages:
        return None
    formats = server.can("text_document.hover.content_format") or [types.MarkupKind.Markdown]
    return types.Hover(types.MarkupContent(formats[0], "\n---\n\n".join(map(hover.shown, pages))))


def end(server: Server, params: None) -> None:
    server.worker.close()


FEATURES: dict[str, Callable[..., Any]] = {
    types.INITIALIZE: initialize,
    types.INITIALIZED: initialized,
    types.SHUTDOWN: end,
    types.TEXT_DOCUMENT_DID_OPEN: opened,
    types.TEXT_DOCUMENT_DID_CHANGE: changed,
    types.TEXT_DOCUMENT_DID_SAVE: saved,
    types.TEXT_DOCUMENT_DID_CLOSE: closed,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: files_changed,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: folders_changed,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: settings_changed,
    types.CODE_ACTION_RESOLVE: resolve,
    types.TEXT_DOCUMENT_HOVER: explain,
}


def serve() -> None:
    """Serve a client on standard input and output until it leaves; what is printed meanwhile goes to standard error."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = Server()
    for name, handler in FEATURES.items():
        server.feature(name)(handler)
    offered = types.CodeActionOptions(actions.KINDS, resolve_provider=True)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, offered)(code_actions)
    try:
        server.start_io(stdout=stream)
    finally:
        server.worker.close()
