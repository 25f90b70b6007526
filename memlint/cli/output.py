"""Where reports go: one format or several, each to standard output or to a file."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from memlint import report
from memlint.mistakes import UsageError, suggestion
from memlint.report.view import RuleText


@dataclass(frozen=True)
class Output:
    """A report that is asked for: its format, empty for the one that suits the stream, and the stream."""

    format: str
    stream: TextIO
    file: str = ""


@contextmanager
def outputs(flags: dict[str, Any]) -> Iterator[list[Output]]:
    """The reports that the flags ask for; those for files replace them, each at once, when all reports stand."""
    if flags["output_file"] is None:
        flag, wanted = "--output-format", [parsed(value) for value in flags["output_format"]] or [("", "")]
    else:
        flag, wanted = "--output-file", [alone(flags["output_format"], flags["output_file"])]
    refuse(flag, wanted, flags)
    made = [Output(format, io.StringIO() if file or flags["silent"] else sys.stdout, file) for format, file in wanted]
    yield made
    for output in made:
        if output.file and isinstance(output.stream, io.StringIO):
            replace(flag, output.file, output.stream.getvalue())


def parsed(value: str) -> tuple[str, str]:
    """The format and the file of `FORMAT:FILE`; an empty file for a format alone."""
    format, colon, file = value.partition(":")
    if format not in report.FORMATS:
        raise UsageError(f'--output-format: there is no format "{format}"{suggestion(format, report.FORMATS)}')
    if colon and not file:
        raise UsageError(f'--output-format: "{value}" names no file; write {format}:FILE, or {format} alone')
    return format, file


def alone(formats: tuple[str, ...], file: str) -> tuple[str, str]:
    """The format, if there is one, with the file of `--output-file`."""
    wanted = [parsed(value) for value in formats] or [("", "")]
    if len(wanted) > 1 or wanted[0][1]:
        raise UsageError("--output-file: it is for one format; write --output-format FORMAT:FILE for each of several")
    return wanted[0][0], file


def refuse(flag: str, wanted: list[tuple[str, str]], flags: dict[str, Any]) -> None:
    """Raise `UsageError`, before the run begins, for what cannot be written when it ends."""
    taken: set[str] = set()
    for format, file in wanted:
        place = os.path.realpath(file) if file else ""
        if place in taken:
            where = file or "standard output"
            raise UsageError(f"{flag}: two reports cannot share {where}; write FORMAT:FILE, each with its own file")
        taken.add(place)
        if file and not is_writable(Path(place)):
            raise UsageError(f"{flag}: {file} cannot be written; name a file in a folder that exists and is writable")
        if flags["statistics"] and format and format not in report.STATISTICS:
            raise UsageError(f"--statistics: {format} lists findings; take one of {', '.join(report.STATISTICS)}")
    if flags["diff"] and flag == "--output-format" and taken != {""}:
        raise UsageError("--diff: it writes a patch and no report; leave out --output-format, or --diff")


def is_writable(target: Path) -> bool:
    is_odd = target.exists() and not target.is_file()
    return not is_odd and target.parent.is_dir() and os.access(target.parent, os.W_OK)


def replace(flag: str, file: str, text: str) -> None:
    from memlint import fixing

    target = Path(os.path.realpath(file))
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
    try:
        fixing.replace_file(target, text.encode("utf-8", "backslashreplace"), mode)
    except OSError as error:
        raise UsageError(f"{flag}: {file} cannot be written: {error.strerror or error}") from None


def colored(when: str, out: TextIO) -> bool:
    """Whether to color: the flag, then FORCE_COLOR, then NO_COLOR, then the terminal."""
    if when != "auto":
        return when == "always"
    if os.environ.get("FORCE_COLOR"):
        return True
    return not os.environ.get("NO_COLOR") and out.isatty()


def rule_text(code: str) -> RuleText | None:
    """What a report may say of a rule; None for ML000, which is none."""
    from memlint.page import Page
    from memlint.registry import all_rules, page_text

    rule = next((each for each in all_rules() if each.code == code), None)
    if rule is None:
        return None
    try:
        page = page_text(rule)
    except UsageError:  # a plugin may do without
        page = ""
    return RuleText(rule.name, rule.effect, rule.severity, Page(page).summary, page, rule.default)
