"""`memlint completion`: print the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from memlint.cli import COMPLETE
from memlint.settings import suggestion

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", metavar="bash|zsh|fish")
def command(shell: str) -> int:
    """Print the completion script of a shell: eval "$(memlint completion bash)"."""
    found = get_completion_class(shell) if shell in SHELLS else None
    if found is None:
        way_out = suggestion(shell, SHELLS) or f"; write {', '.join(SHELLS[:-1])} or {SHELLS[-1]}"
        raise click.UsageError(f'there is no completion for "{shell}"{way_out}')
    click.echo(found(click.Command("memlint"), {}, "memlint", COMPLETE).source())
    return 0
