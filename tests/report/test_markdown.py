from __future__ import annotations

from dataclasses import replace

from memlint.model import Failure

from . import readers
from .findings import CYCLE, PEAK, SHARED, finding, report, written


def test_page() -> None:
    short = [replace(PEAK, message="a list for `sum`"), replace(CYCLE, message="a cycle")]
    assert written(report(*short, failures=[Failure("a_b.py", "cannot be read")]), "markdown") == (
        """\
## memlint

| place | rule | severity | effect | finding |
|---|---|---|---|---|
| `app/total.py:2:16` | ML301 materialized-argument | warning | peak | a list for `sum` (fixable) |
| `app/tree.py:6:9` | ML102 owner-cycle | warning | freed late | a cycle |

- not done: a\\_b.py: cannot be read

Found 2 findings: 1 freed late, 1 peak.
1 fixable with --fix, 1 more with --unsafe-fixes.
1 failure: findings may be missing.
"""
    )


def test_code_stays_code_and_prose_stays_prose() -> None:
    odd = finding(path="__init__|x.py", message="`a | b` is <b>|__kept__ *until* [x](y) \\| & ` alone\n#1")
    fine = finding(message="`a | b` is <b>|__kept__ *until* [x](y) \\| &amp; `d[0]`")
    table = readers.markdown(written(report(fine, odd), "markdown"))
    assert table[1][0] == "<code>app/total.py:2:16</code>"
    assert table[1][4] == ("<code>a | b</code> is &lt;b&gt;|__kept__ *until* [x](y) \\| &amp;amp; <code>d[0]</code>")
    assert table[2][0] == "<code>__init__|x.py:2:16</code>"
    assert table[2][4] == ("`a | b` is &lt;b&gt;|__kept__ *until* [x](y) \\| &amp; ` alone\\n#1")


def test_nothing_found() -> None:
    assert written(report(files=3), "markdown") == "## memlint\n\nNo findings in 3 files.\n"


def test_quiet() -> None:
    assert written(report(SHARED), "markdown", quiet=True).splitlines()[-2:] == [
        "| `app/gone.py:3:14` | ML401 mutable-default | warning | shared | every call of `add` shares one list |",
        "",
    ]
