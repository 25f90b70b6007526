"""What makes a large value, and what lets go of one."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.producers import Large
from memlint.facts.project import Project
from memlint.source import SourceFile

HEAD = "import io, json, hashlib\nimport numpy as np\nimport pandas as pd\nfrom pathlib import Path\n"


def of(code: str, path: str = "example.py") -> tuple[Facts, ast.Module]:
    source = SourceFile(path, HEAD + code)
    module = ast.parse(HEAD + code)
    return Facts(source, Tree(source, module), Project()), module


def of_last(code: str, path: str = "example.py") -> Large | None:
    facts, module = of(code, path)
    last = module.body[-1]
    assert isinstance(last, ast.Expr)
    return facts.producers.large(last.value)


@pytest.mark.parametrize(
    ("code", "large"),
    [
        ("[0] * 10_000_000", Large("list", True)),
        ("10**7 * [0]", Large("list", True)),
        ("[0] * 1_000", None),
        ("[0] * n", None),
        ("'x' * 2_000_000", Large("bytes", True)),
        ("bytes(1 << 20)", Large("bytes", True)),
        ("bytes(n)", None),
        ("np.zeros((1_000, 1_000))", Large("array", True)),
        ("np.zeros(3)", None),
        ("np.zeros((n, 1_000_000))", None),
        ("np.random.rand(1_000, 1_000)", Large("array", True)),
        ("np.linspace(0, 1, 1_000_000)", Large("array", True)),
        ("list(range(1_000_000))", Large("list", True)),
        ("[i for i in range(1_000) for j in range(1_000)]", Large("list", True)),
        ("[i for i in range(10**9) if i < 3]", None),
        ("pd.read_csv(p)", Large("frame", True)),
        ("pd.read_csv(p, nrows=5)", None),
        ("np.load(p, mmap_mode='r')", None),
        ("np.loadtxt(io.StringIO(text))", None),
        ("pd.read_csv(p) if p else None", None),
        ("open('data.bin', 'rb').read()", Large("bytes", False)),
        ("open('VERSION').read()", None),
        ("open('/proc/dump.log').read()", None),
        ("Path('huge.log').read_text()", Large("bytes", False)),
        ("json.load(open('records.json'))", Large("document", False)),
        ("json.load(open('settings.json'))", None),
        ("a = np.load(p)\na * 2", Large("array", True)),
        ("a = np.load(p)\nnp.sort(a)", Large("array", True)),
        ("a = np.load(p)\nb = a\na", None),
        ("def f():\n    return pd.read_csv(p)\nf()", Large("frame", True)),
        ("def f(x):\n    if x: return None\n    return pd.read_csv(p)\nf(1)", None),
        ("def f():\n    yield pd.read_csv(p)\nf()", None),
        ("def f():\n    return f()\nf()", None),
    ],
)
def test_large(code: str, large: Large | None) -> None:
    assert of_last(code) == large


def test_what_tests_read_is_small() -> None:
    assert of_last("pd.read_csv(p)", "tests/test_io.py") is None
    assert of_last("[0] * 10_000_000", "tests/test_io.py") == Large("list", True)


@pytest.mark.parametrize(
    ("use", "kind", "lets_go"),
    [
        ("print(x)", "array", True),
        ("y = len(x)", "list", True),
        ("y = x.sum()", "array", True),
        ("y = x.T", "array", False),
        ("y = x.T.sum()", "array", True),
        ("y = x[1:]", "array", False),
        ("y = x[1:]", "bytes", True),
        ("y = x", "list", False),
        ("y = [x]", "list", False),
        ("y = np.concatenate([x, z])", "array", True),
        ("y = max(x)", "rows", False),
        ("y = sum(v for v in x)", "rows", False),
        ("y = sum(v['n'] for v in x)", "rows", True),
        ("y = (v['n'] for v in x)", "rows", False),
        ("y = unknown(x)", "array", False),
        ("process(x)", "array", True),
        ("register(x)", "array", False),
        ("if x is None: pass", "array", True),
        ("self.x = x", "array", False),
        ("y = f'{x}'", "bytes", True),
    ],
)
def test_lets_go(use: str, kind: str, lets_go: bool) -> None:
    facts, module = of(f"def f(x):\n    {use}\n")
    function = module.body[-1]
    found = next(node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == "x")
    assert facts.holders.lets_go(found, kind) is lets_go
