"""`memlint server`: the language server for editors."""

from __future__ import annotations

import click

NEEDED = frozenset({"pygls", "lsprotocol"})


@click.command()
@click.option("--stdio", is_flag=True, hidden=True, help="The only way there is; some clients ask for it by name.")
def command(stdio: bool) -> int:
    """Serve an editor: the language server, on standard input and output."""
    try:
        from memlint.lsp.features import serve
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in NEEDED:
            raise
        raise click.UsageError('the server needs pygls 2; install it with `pip install "memlint[lsp]"`') from None
    serve()
    return 0
