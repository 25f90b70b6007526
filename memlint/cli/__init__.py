"""The command line: one module a command."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import sys
from importlib.util import find_spec
from typing import Any, NoReturn

import click

from memlint.version import VERSION

COMMANDS = {
    "check": "memlint.cli.check",
    "baseline": "memlint.cli.baseline",
    "rule": "memlint.cli.rule",
    "config": "memlint.cli.config",
    "server": "memlint.cli.server",
    "clean": "memlint.cli.clean",
    "completion": "memlint.cli.completion",
}
"""Each command and the module that defines it, imported when the command is run."""

COMPLETE = "_MEMLINT_COMPLETE"
"""The environment variable by which a shell asks for completions."""

COULD_NOT_RUN = 2
INTERRUPTED = 130


class Commands(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name]).command
        if COMPLETE in os.environ:
            from memlint.cli.completing import taught

            return taught(name, command)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(name)) for name in COMMANDS])

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS:
            from memlint.settings import suggestion

            raise click.UsageError(f'there is no command "{args[0]}"{suggestion(args[0], COMMANDS)}')
        return super().resolve_command(context, args)


def summary(name: str) -> str:
    """What a command does, by the first line of its module, which is read and not run."""
    loader = getattr(find_spec(COMMANDS[name]), "loader", None)
    first_line = str(loader.get_source(COMMANDS[name]) if loader else "").partition("\n")[0]
    said = first_line.partition(": ")[2].removesuffix('"""').removesuffix(".")
    return said[:1].upper() + said[1:]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="memlint", message="%(prog)s %(version)s")
def command() -> None:
    """memlint finds the Python code that leaks or wastes memory."""


def main() -> NoReturn:
    """Run the command line, and end the process without taking its objects apart, which takes longer than many a file
    does."""
    status = run()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(status)


def run() -> int:
    """The exit status of the command line; a mistake of the caller is one line on standard error and status 2."""
    try:
        status: int = command.main(prog_name="memlint", standalone_mode=False) or 0
        sys.stdout.flush()
    except SystemExit as end:  # so ends what completes a command
        status = int(end.code or 0)
    except click.ClickException as error:
        print(f"memlint: error: {' '.join(error.format_message().split())}", file=sys.stderr)
        status = COULD_NOT_RUN
    except (click.Abort, KeyboardInterrupt):
        print("memlint: interrupted", file=sys.stderr)
        status = INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; what is still buffered must not raise again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    return status
