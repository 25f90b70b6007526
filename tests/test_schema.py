"""The JSON Schema of a settings file: it is that of the code, and agrees with it on what is right."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from memlint.layers import loads
from memlint.options import OPTIONS
from memlint.schema import schema
from memlint.settings import UsageError, load
from memlint.version import VERSION


def test_the_schema_that_ships_is_that_of_the_code() -> None:
    """After a change: `memlint config --schema > memlint/memlint.schema.json`."""
    shipped = json.loads(resources.files("memlint").joinpath("memlint.schema.json").read_text("utf-8"))
    assert shipped == schema()
    jsonschema.Draft7Validator.check_schema(shipped)


RIGHT = f"""
extend = "base.toml"
required-version = ">={VERSION}"
select = ["ML1"]
ignore = ["ML101"]
extend-select = ["cached-method"]
extend-ignore = ["ML102"]
per-file-ignores = {{ "tests/*" = ["ML2"] }}
extend-per-file-ignores = {{ "!src/*" = ["ALL"] }}
min-severity = "warning"
exclude = ["gen/"]
extend-exclude = ["old.py"]
force-exclude = true
respect-gitignore = false
target-version = "py311"
profile = "service"
src = ["."]
knowledge = {{ calls = {{ keep = {{ callback = ["mine.Every"] }} }} }}
fix = false
unsafe-fixes = true
fix-only = false
show-fixes = true
fixable = ["ALL"]
unfixable = ["ML401"]
extend-fixable = ["ML402"]
output-format = "json"
fail-on = "error"
baseline = "known.json"
cache-dir = "~/cache"
"""


def test_schema_and_code_take_every_setting(tmp_path: Path) -> None:
    assert list(loads(RIGHT)) == [key for key, option in OPTIONS.items() if option.only != "flag"]
    jsonschema.validate(loads(RIGHT), schema())
    (tmp_path / "base.toml").write_text("")
    (tmp_path / "memlint.toml").write_text(RIGHT)
    assert load(tmp_path).profile == "service"


@pytest.mark.parametrize(
    "line",
    [
        'slect = ["ML1"]',
        'select = "ML1"',
        "select = [1]",
        "per-file-ignores = []",
        'per-file-ignores = { "tests/*" = "ML1" }',
        "force-exclude = 1",
        'target-version = "3.11"',
        'profile = "deamon"',
        'fail-on = "never"',
        'output-format = "jsn"',
        "extend = []",
        "ignore-noqa = true",
        "knowledge = { cals = {} }",
        'knowledge = { calls = { keep = { callback = "mine.Every" } } }',
    ],
)
def test_schema_and_code_refuse_the_same(tmp_path: Path, line: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(loads(line), schema())
    (tmp_path / "memlint.toml").write_text(line)
    with pytest.raises(UsageError):
        load(tmp_path)
