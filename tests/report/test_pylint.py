from __future__ import annotations

from . import readers
from .findings import PEAK, SHARED, SYNTAX, finding, report, written


def test_lines() -> None:
    assert written(report(PEAK, SYNTAX), "pylint") == (
        "app/total.py:2: [ML301] `sum` reads a list that is built for it alone\n"
        "app/total.py:2: [ML000] '(' was never closed\n"
    )


def test_diff_quality_reads_them() -> None:
    odd = finding(message="`x[0]` holds [all]: 100%")
    assert readers.pylint(written(report(PEAK, odd, SHARED), "pylint")) == {
        "app/total.py": [
            (2, "ML301: `sum` reads a list that is built for it alone"),
            (2, "ML301: `x[0]` holds [all]: 100%"),
        ],
        "app/gone.py": [(3, "ML401: every call of `add` shares one list")],
    }


def test_a_finding_stays_on_its_line() -> None:
    odd = finding(path="a\nb\udcff.py", message="one\ntwo\x07")
    assert written(report(odd), "pylint") == "a\\nb\\udcff.py:2: [ML301] one\\ntwo\\x07\n"
