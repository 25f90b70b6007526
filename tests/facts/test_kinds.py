"""Kinds of values, told by what makes, gives, annotates or tests them."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def last_name(code: str) -> tuple[Facts, ast.Name]:
    """The facts of a piece of code, and the last of its names that is read as `f`."""
    source = SourceFile("example.py", code)
    module = ast.parse(code)
    reads = [node for node in ast.walk(module) if isinstance(node, ast.Name) and node.id == "f"]
    loads = [node for node in reads if isinstance(node.ctx, ast.Load)]
    return Facts(source, Tree(source, module), Project()), max(loads, key=lambda name: (name.lineno, name.col_offset))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("f = open(p)\nf", "text file"),
        ("f = open(p, 'rb')\nf", "binary file"),
        ("f = open(p, mode='r')\nf", "text file"),
        ("f = open(p, mode)\nf", None),
        ("f = open(p, **options)\nf", None),
        ("f = open('/proc/self/status')\nf", "kernel file"),
        ("f = open(f'/sys/{name}')\nf", "kernel file"),
        ("with open(p) as f: f", "text file"),
        ("from gzip import open as unzip\nf = unzip(p)\nf", "binary file"),
        ("import lzma\nf = lzma.open(p, 'rt')\nf", "text file"),
        ("import tempfile\nf = tempfile.TemporaryFile()\nf", "binary file"),
        ("import codecs\nf = codecs.open(p)\nf", None),
        ("import io\nf = io.StringIO()\nf", None),
        ("import sys\nf = sys.stdin\nf", "text file"),
        ("from sys import stdin as f\nf", None),
        ("from pathlib import Path\nf = Path(p)\nf", "path"),
        ("from pathlib import Path\nf = (Path(p) / 'a').with_suffix('.b').parent\nf", "path"),
        ("from pathlib import Path\nf = Path(p).open()\nf", "text file"),
        ("from pathlib import Path\nf = Path(p)\nf = f.parent\nf", "path"),
        ("def g(f):\n f = f / 2\n f", None),
        ("import typing\ndef g(f: typing.TextIO):\n f", "text file"),
        ("import typing\ndef g(f: typing.IO[bytes] = None):\n f", "binary file"),
        ("import typing\ndef g(f: typing.Optional[typing.BinaryIO]):\n f", "binary file"),
        ("import typing\ndef g(f: typing.TextIO | None):\n f", "text file"),
        ("import typing\ndef g(f: typing.IO):\n f", None),
        ("import typing\nf: typing.TextIO = take()\nf", "text file"),
        ("from pathlib import Path\ndef g(p: Path):\n with p.open('rb') as f:\n  f", "binary file"),
    ],
)
def test_kind(code: str, kind: str | None) -> None:
    facts, name = last_name(code)
    assert facts.kinds.of(name) == kind


def test_kind_of_what_reaches_a_use() -> None:
    facts, name = last_name("def g(p):\n f = []\n with open(p) as f:\n  f")
    assert facts.kinds.of(name) is None
    assert facts.kind(name) == "text file"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("f = []\nf", "list"),
        ("f = [1] + [2]\nf", "list"),
        ("f = [0] * 3\nf", "list"),
        ("f = {} | {}\nf", "dict"),
        ("f = a + b\nf", None),
        ("f = 'a' % b\nf", "str"),
        ("f = [] if a else {}\nf", None),
        ("f = [] if a else [1]\nf", "list"),
        ("f = a or []\nf", None),
        ("f = a is b\nf", "bool"),
        ("f = a == b\nf", None),
        ("f = not a\nf", "bool"),
        ("f = (a for b in c)\nf", "generator"),
        ("f = lambda: 1\nf", "function"),
        ("f = 'a b'.split()\nf", "list"),
        ("f = [1, 2][1:]\nf", "list"),
        ("f = [[1], [2]][0]\nf", "list"),
        ("f = {'a': 1, 'b': []}['b']\nf", "list"),
        ("f = {'a': 1, 'b': []}[k]\nf", None),
        ("import os\nos.environ.x\nf = os.environ\nf", "environment"),
        ("import os\nf = os\nf", "module"),
        ("from os import path as f\nf", None),
        ("import socket\nf = socket.socket()\nf", "socket"),
        ("import socket\ns = socket.socket()\nf, a = s.accept()\nf", "socket"),
        ("import socket\nwith socket.socket() as f: f", "socket"),
        ("import sqlite3\nf = sqlite3.connect(p)\nf", "connection"),
        ("import sqlite3\nf = sqlite3.connect(p).cursor()\nf", "cursor"),
        ("import sqlite3\ndef g(f: sqlite3.Cursor): f", "cursor"),
        ("import numpy as np\nf = np.zeros(3)\nf", "array"),
        ("import numpy as np\nf = np.zeros(3)[1:] * 2\nf", "array"),
        ("import numpy as np\nf = np.zeros(3)[1]\nf", None),
        ("import pandas as pd\nf = pd.read_csv(p).dropna()\nf", "frame"),
        ("import torch\nf = torch.ones(3).cpu()\nf", "tensor"),
        ("import torch\ndef g(f: torch.Tensor): f", "tensor"),
        ("import matplotlib.pyplot as plt\nf, axes = plt.subplots()\nf", "figure"),
        ("import matplotlib.pyplot as plt\nfigure, f = plt.subplots()\nf", None),
        ("import asyncio\nf = asyncio.create_task(g())\nf", "task"),
        ("import asyncio\nf = asyncio.get_running_loop().create_future()\nf", "future"),
        ("try: pass\nexcept E as f: f", "exception"),
        ("f = ValueError('x')\nf", "exception"),
        ("class E(ValueError): pass\nf = E()\nf", "exception"),
        ("try: pass\nexcept E as e:\n f = e.__traceback__\n f", "traceback"),
        ("import sys\nf = sys.exc_info()[2]\nf", "traceback"),
        ("import sys\na, b, f = sys.exc_info()\nf", "traceback"),
        ("import sys\nf = sys._getframe().f_back\nf", "frame object"),
        ("import threading\nf = threading.RLock()\nf", "lock"),
        ("import threading\nwith threading.RLock() as f: f", None),
        ("import threading\nf = threading.Thread(target=g)\nf", "thread"),
        ("import queue\nf = queue.Queue()\nf", "queue"),
        ("class C: pass\nf = C\nf", "class"),
        ("f = int\nf", "class"),
        ("class C: pass\nf = C()\nf", "instance of C"),
        ("class C: pass\ndef g(f: 'C | None'): f", "instance of C"),
        ("class C: pass\nclass D: pass\nf = C() if a else D()\nf", None),
        ("def g(): yield 1\nf = g()\nf", "generator"),
        ("async def g(): pass\nf = g()\nf", "coroutine"),
        ("async def g(): yield 1\nf = g()\nf", "async generator"),
        ("async def g() -> list: return []\nasync def h():\n f = await g()\n f", "list"),
        ("def g() -> dict[str, int]: ...\nf = g()\nf", "dict"),
        ("def g():\n if a: return []\n return [1]\nf = g()\nf", "list"),
        ("def g():\n if a: return []\nf = g()\nf", None),
        ("def g():\n if a: return []\n return {}\nf = g()\nf", None),
        ("def g(): return g()\nf = g()\nf", None),
        ("@wrap\ndef g(): return []\nf = g()\nf", None),
        ("f = g()\nf", None),
        ("def g(f: list[int]): f", "list"),
        ("import typing as t\ndef g(f: t.Optional[t.Dict[str, int]] = None): f", "dict"),
        ("from typing import Annotated\ndef g(f: Annotated[set, 1]): f", "set"),
        ("from typing import Final\nf: Final[list] = h()\nf", "list"),
        ("from typing import Union\ndef g(f: Union[list, dict]): f", None),
        ("from typing import Union\ndef g(f: Union[list, None]): f", "list"),
        ("def g(f: 'not valid ['): f", None),
        ("def g(f: list | dict): f", None),
        ("def g(f=[]): f", "list"),
        ("def g(f=None): f", None),
        ("def g(f=0): f", None),
        ("def g(*f: int): f", "tuple"),
        ("def g(**f: int): f", "dict"),
        ("def g(f):\n if isinstance(f, list): f", "list"),
        ("def g(f):\n if isinstance(f, list): pass\n else: f", None),
        ("def g(f):\n if not isinstance(f, dict): return\n f", "dict"),
        ("def g(f):\n assert isinstance(f, dict)\n f", "dict"),
        ("def g(f):\n assert isinstance(f, dict)\n f = h()\n f", None),
        ("def g(f):\n if isinstance(f, (list, tuple)): f", None),
        ("def g(f):\n isinstance(f, list) and f", "list"),
        ("def g(f: list | None):\n if f is None: return\n f", "list"),
        ("f = []\nf = {}\nf", None),
        ("f = []\nf += g\nf", "list"),
        ("f = 1\nf += g\nf", None),
        ("f = []\nf -= g\nf", None),
        ("f = h()\ng = f\nf", None),
        ("f = a = []\nfor f in [[1]]: f", "list"),
        ("for f in [[1], [2]]: f", "list"),
        ("for f in {'a': []}: f", None),
        ("for f in {'a': []}.values(): f", "list"),
        ("class C:\n x = []\n def m(self):\n  f = self.x\n  f", "list"),
        ("class C:\n def __init__(self): self.x = {}\n def m(self):\n  f = self.x\n  f", "dict"),
        ("class C:\n def __init__(self): self.x = None\n def m(self):\n  self.x = []\n  f = self.x\n  f", "list"),
        ("class C:\n def __init__(self, x): self.x = x\n def m(self):\n  self.x = []\n  f = self.x\n  f", None),
        ("class C:\n x: list[int]\ndef g(c: C):\n f = c.x\n f", "list"),
        ("class C:\n def m(self):\n  self.x = []\n  y = self.x\n  self.x = y\n  f = self.x\n  f", "list"),
        ("def g(): return g() if a else []\nf = g()\nf", "list"),
        ("class C:\n def m(self): pass\n def n(self):\n  f = self.m\n  f", "bound method"),
        ("class C:\n @property\n def p(self) -> list: ...\n def n(self):\n  f = self.p\n  f", "list"),
        ("class C:\n def m(self): return []\n def n(self):\n  f = self.m()\n  f", "list"),
        ("class C:\n @classmethod\n def m(cls):\n  f = cls.x\n  f\n x = {}", "dict"),
        ("class C:\n def m(self):\n  f = self.y\n  f", None),
    ],
)
def test_kind_of_other_values(code: str, kind: str | None) -> None:
    facts, name = last_name(code)
    assert facts.kinds.of(name) == kind


def test_a_long_chain_of_names_is_unknown() -> None:
    chain = "\n".join(f"a{number} = a{number - 1}" for number in range(1, 2000))
    facts, name = last_name(f"a0 = []\n{chain}\nf = a1999\nf")
    assert facts.kinds.of(name) is None


def test_names_that_double_at_each_step_cost_no_more_than_the_steps() -> None:
    chain = "\n".join(f"a{number} = a{number - 1} + a{number - 1}" for number in range(1, 35))
    facts, name = last_name(f"a0 = []\n{chain}\nf = a34\nf")
    assert facts.kinds.of(name) == "list"


def test_items_that_hold_each_other_are_unknown() -> None:
    facts, name = last_name("a = b[0]\nb = [a[0], c[0]]\nc = b[1]\nf = c[0]\nf")
    assert facts.kinds.of(name) is None


def test_made_is_what_an_expression_itself_makes() -> None:
    facts, name = last_name("def g() -> list: ...\nx = []\nf = [x, g(), [], dict()]\nf")
    made = facts.names.binding(name)
    assert made and isinstance(made.definitions[0].value, ast.List)
    assert [facts.kinds.made(each) for each in made.definitions[0].value.elts] == [None, None, "list", "dict"]
