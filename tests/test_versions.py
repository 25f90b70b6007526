"""Which versions a requirement lets in."""

from __future__ import annotations

import pytest

from memlint.versions import allows


@pytest.mark.parametrize(
    ("specifier", "version", "verdict"),
    [
        (">=0.1", "0.1.0", True),
        (">=0.1.1", "0.1", False),
        (">0.1", "0.1.0", False),
        ("<1,>=0.1", "0.9.9", True),
        ("<1, >=0.1 , !=0.9.9", "0.9.9", False),
        ("==0.1", "0.1.0", True),
        ("0.1.0", "0.1.0", True),
        ("0.1.0", "0.1.1", False),
        ("==0.1.*", "0.1.7", True),
        ("==0.1.*", "0.10.0", False),
        ("!=0.1.*", "0.1.7", False),
        ("~=0.1.2", "0.1.9", True),
        ("~=0.1.2", "0.2.0", False),
        ("~=0.1", "0.2.0", True),
        ("<=0.1", "0.1.0.dev3", True),
        (">=0.9", "0.10.0rc1", True),
    ],
)
def test_a_requirement(specifier: str, version: str, verdict: bool) -> None:
    assert allows(specifier, version) is verdict


@pytest.mark.parametrize("specifier", ["", ">=", "latest", ">=0.1.*", "~=1", ">=1;<2", ">=1,"])
def test_what_is_no_requirement(specifier: str) -> None:
    with pytest.raises(ValueError):
        allows(specifier, "0.1.0")
