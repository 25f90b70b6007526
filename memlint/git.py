"""What git says has changed: the lines since a revision, or those that are staged."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from memlint.changes import Changes, Lines
from memlint.mistakes import UsageError, printable, quoted, suggestion
from memlint.stamps import nearest

SOURCES = ("*.py", "*.pyi")
EXPORTED = (*SOURCES, "*.toml", "*.gitignore")
"""What is read of a project: its sources, its settings, and what it ignores."""
DIFF = """
    -c core.quotePath=true diff -U0 --inter-hunk-context=0 --text --find-renames --ignore-submodules --no-color
    --no-ext-diff --no-textconv --src-prefix=a/ --dst-prefix=b/
""".split()
HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
NO_REPOSITORY = b"not a git repository"


def changes_since(paths: Sequence[str], revision: str) -> Changes:
    """What has changed since the working tree left a revision; files that git does not know are new throughout."""
    lines: Lines = {}
    for top in dict.fromkeys(top_of(path, "--since") for path in paths):
        base = ancestor(top, revision)
        lines.update(hunks(top, base))
        named = [os.path.realpath(path) for path in paths if os.path.isfile(path)]
        below = [path for path in named if Path(path).is_relative_to(top)]
        untracked = git(top, "ls-files", "-o", "-z", "--exclude-standard", "--", *SOURCES)
        if below:
            untracked += git(top, "--literal-pathspecs", "ls-files", "-o", "-z", "--", *below)
        lines.update(dict.fromkeys(names(top, untracked)))
    return Changes(f"--since {revision}", lines)


def staged_in(paths: Sequence[str], folder: str) -> tuple[Sequence[str], Changes]:
    """What is staged; where that is not what the working tree holds, it is written to `folder` to be checked there."""
    home = os.path.realpath(".")
    top = top_of(home, "--staged")
    for path in paths:
        if not Path(os.path.realpath(path)).is_relative_to(top):
            raise UsageError(f"--staged: {printable(path)} is outside of the repository {printable(top)}")
    if unmerged := git(top, "diff", "--name-only", "--diff-filter=U", "-z"):
        raise UsageError(f"--staged: {names('', unmerged)[0]} is not merged yet; settle the conflict and git add it")
    lines = hunks(top, "--cached")
    differing = git(top, "ls-files", "-m", "-d", "-o", "-z", "--exclude-standard", "--", *EXPORTED)
    if not differing:
        return paths, Changes("--staged", lines)
    files = git(top, "ls-files", "-z", "--", *EXPORTED)
    git(top, "checkout-index", "-q", "-z", "--stdin", f"--prefix={folder}/", given=files)
    os.mkdir(os.path.join(folder, ".git"))  # ends the search for settings and for what is ignored
    inner = [os.path.relpath(os.path.realpath(path), home) if os.path.isabs(path) else path for path in paths]
    there = os.path.join(folder, os.path.relpath(home, top))
    for path in inner:
        os.makedirs(os.path.join(there, path if os.path.isdir(path) else ""), exist_ok=True)
        if not os.path.exists(os.path.join(there, path)):
            raise UsageError(f"--staged: {printable(path)} is not staged; git add it first")
    return inner, Changes("--staged", lines, os.path.normpath(there))


def top_of(path: str, flag: str) -> str:
    """The top of the working tree that a path is in."""
    folder = nearest(os.path.realpath(path))
    try:
        top = git(folder, "rev-parse", "--show-toplevel")
    except Refused as error:
        if NO_REPOSITORY not in error.words:
            raise
        raise UsageError(f"{flag}: {printable(folder)} is in no git repository; leave the flag out") from None
    return os.path.realpath(os.fsdecode(top.rstrip(b"\r\n")))


def ancestor(top: str, revision: str) -> str:
    """The commit where HEAD and a revision part."""
    fault = f"git knows no revision {quoted(revision)}"
    try:
        if revision.startswith("-"):
            raise Refused(b"that would be an option")
        commit = git(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
        fault = f"HEAD and {quoted(revision)} have no commit in common"
        return git(top, "merge-base", commit.decode(), "HEAD").strip().decode()
    except Refused:
        pass
    if git(top, "rev-parse", "--is-shallow-repository").strip() == b"true":
        way_out = "fetch the history first: git fetch --unshallow, or in a workflow fetch-depth: 0"
        raise UsageError(f"--since: this shallow clone does not reach back to {quoted(revision)}; {way_out}")
    known = os.fsdecode(git(top, "for-each-ref", "--format=%(refname:short)")).splitlines()
    raise UsageError(f"--since: {fault}{suggestion(revision, set(known) - {revision})}")


def hunks(top: str, against: str) -> Lines:
    """The changed lines of every source file, from a patch without context."""
    found: Lines = {}
    current: list[tuple[int, int]] = []
    patch = iter(git(top, *DIFF, against, "--", *SOURCES).split(b"\n"))
    for line in patch:
        if line.startswith(b"+++ "):
            current = []
            if line != b"+++ /dev/null":
                found[os.path.realpath(os.path.join(top, os.fsdecode(unquoted(line[4:])[2:])))] = current
        elif match := HUNK.match(line):
            removed, first, added = (1 if group is None else int(group) for group in match.groups())
            left = removed + added
            while left:  # text, which may look like a header, and notes on a last line without an end
                left -= not next(patch).startswith(b"\\")
            current.append((first, first + added - 1) if added else (first + 1, first))
    return found


def unquoted(name: bytes) -> bytes:
    """A name as a patch has it: one with blanks ends in a tab, one with odd characters is written as in C."""
    name = name.removesuffix(b"\t")
    if not name.startswith(b'"'):
        return name
    literal: bytes = ast.literal_eval(f"b{name.decode('ascii')}")
    return literal


def names(top: str, listed: bytes) -> list[str]:
    return [os.path.join(top, os.fsdecode(name)) for name in listed.split(b"\0") if name]


class Refused(UsageError):
    """What git says when it does not do what it is asked for."""

    def __init__(self, words: bytes) -> None:
        self.words = words
        first = words.decode(errors="replace").strip().partition("\n")[0]
        super().__init__(f"git: {printable(first.removeprefix('fatal: ').removeprefix('error: '))}")


def git(folder: str, *arguments: str, given: bytes | None = None) -> bytes:
    """What a git command prints; raises `Refused` where it fails."""
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, input=given, capture_output=True, env=environment)
    except OSError as error:
        reason = "is not on PATH" if isinstance(error, FileNotFoundError) else f"cannot be run: {error.strerror}"
        raise UsageError(f"--since and --staged need git, which {reason}") from None
    if done.returncode:
        raise Refused(done.stderr or b"it gives no reason")
    return done.stdout
