"""What names refer to and what they are called in full, held to examples and to CPython's own symbol tables.

Known differences from CPython's tables: `__class__` in a method is no variable here; annotations count as read where
they stand, even those that Python never evaluates; and where a comprehension's variable has the name of one that
passes through the function around it, Python 3.12 and later lose the outer variable, while memlint keeps it.
"""

from __future__ import annotations

import _symtable  # type: ignore[import-not-found]
import ast
import os
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from benchmarks.symtable_check import Expectation, compare
from memlint.facts.names import BUILTINS, Definition, Names, Scope, ScopeKind

STANDARD_LIBRARY = sorted(Path(os.__file__).parent.glob("*.py"))


def names_of(source: str) -> tuple[ast.Module, Names]:
    tree = ast.parse(textwrap.dedent(source))
    return tree, Names(tree)


def label(scope: Scope) -> str:
    """`module`, `f`, `C.method`, `f.lambda`, `f.comprehension`; the scope of type parameters is `[f]`."""
    name = getattr(scope.node, "name", scope.kind.value)
    name = name.id if isinstance(name, ast.Name) else name
    name = f"[{name}]" if scope.kind is ScopeKind.TYPE else name
    outer = label(scope.parent) if scope.parent is not None else "module"
    return name if outer == "module" else f"{outer}.{name}"


def reads(source: str) -> str:
    """The source with a comment after each line that says in which scope each name it reads is bound."""
    tree, names = names_of(source)
    lines = [line.partition("  #")[0] for line in textwrap.dedent(source).splitlines()]
    found: dict[int, list[str]] = {}
    loads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    for name in sorted(loads, key=lambda name: (name.lineno, name.col_offset)):
        binding = names.binding(name)
        home = label(binding.scope) if binding is not None else "none"
        found.setdefault(name.lineno, []).append(f"{name.id} {home}")
    return "\n".join(
        f"{line}  # {', '.join(found[number])}" if number in found else line
        for number, line in enumerate(lines, start=1)
    )


READS = {
    "a function sees the module, a builtin is bound nowhere": """
        limit = 1
        def f(a):
            return len(a) + limit  # len none, a f, limit module
        """,
    "an assignment anywhere makes a name local everywhere": """
        x = 1
        def f():
            print(x)  # print none, x f
            x = 2
        """,
    "deleting makes a name local too": """
        x = 1
        def f():
            x  # x f
            del x
        """,
    "a class shows its names to its own statements, not to its methods": """
        size = 1
        class C:
            size = 2
            double = size * 2  # size C
            def method(self, n=size):  # size C
                return size  # size module
            table = [size for _ in range(size)]  # size module, range none, size C
        """,
    "global and nonlocal": """
        x = 1
        def f():
            x = 2
            def g():
                global x
                x = 3
                def h():
                    return x  # x module
                return x  # x module
            def k():
                nonlocal x
                x += 1
                return x  # x f
            return x  # x f
        """,
    "a class may declare a name global without hiding its function's from its methods": """
        def f():
            x = 1
            class C:
                global x
                x = 2
                y = x  # x module
                def method(self):
                    return x  # x f
        """,
    "defaults and decorators belong around the function, the rest inside": """
        n = 1
        def deco(f): ...
        @deco  # deco module
        def f(n, m=n, *args, k=n, **kwargs):  # n module, n module
            return n, m, args, k, kwargs  # n f, m f, args f, k f, kwargs f
        g = lambda n=n: n  # n module, n lambda
        """,
    "annotations belong around the function": """
        class T: ...
        def f(T: T, *a: T) -> T:  # T module, T module, T module
            x: T = T  # T f, T f
        """,
    "the first iterable of a comprehension belongs around it": """
        class C:
            rows = ()
            k = 1
            cells = {
                k: v  # k C.comprehension, v C.comprehension
                for row in rows  # rows C
                for k, v in row  # row C.comprehension
                if k  # k C.comprehension
            }
        """,
    "a walrus in a comprehension binds in the function": """
        def f(rows):
            if any((found := row) for row in rows):  # any none, row f.comprehension, rows f
                return found  # found f
        [last := x for x in y]  # x comprehension, y none
        last  # last module
        """,
    "a walrus in a comprehension obeys global": """
        def f(rows):
            global hit
            return [hit := row for row in rows]  # row f.comprehension, rows f
        hit  # hit module
        """,
    "targets of loops, with, except, import and match": """
        def f(path):
            import os.path, json as j
            with open(path) as (a, [b, *c]):  # open none, path f
                for d.e, k in a:  # d none, a f
                    pass
            try:
                pass
            except OSError as error:  # OSError none
                raise j.Bad from error  # j f, error f
            match b:  # b f
                case {"k": v, **rest} if v:  # v f
                    return rest  # rest f
                case [first, *others] | C(x=os.sep, y=(1 as first)) if others:  # C none, os f, others f
                    return first, k, c  # first f, k f, c f
        """,
    "private names agree with themselves inside their class alone": """
        __x = 1
        class C:
            __x = 2
            y = __x  # __x C
            def method(self, __p):
                return __p, __x  # __p C.method, __x none
        class ___:
            y = __x  # __x module
        """,
    "a nested function skips the class between": """
        def f():
            x = 1
            class C:
                x = x  # x f.C
                def g(self):
                    return lambda: [x for _ in ()]  # x f
        """,
    "a bare annotation declares a variable, one in parentheses does not": """
        x = y = 1
        def f():
            x: int  # int none
            (y): int  # int none
            return x, y  # x f, y module
        """,
    "code that does not compile is read all the same": """
        nonlocal z
        def f(a):
            global a
            nonlocal missing
            missing = a  # a module
            return missing  # missing f
        class C:
            [y := x for x in z]  # x C.comprehension, z none
        """,
}

TYPE_READS = {
    "type parameters": """
        class Base: ...
        bound = int  # int none
        @deco(T)  # deco none, T none
        def f[T: bound](x: T = T) -> T:  # bound module, T [f], T none, T [f]
            return T  # T [f]
        class C[T](Base, list[T]):  # Base module, list none, T [C]
            x: T  # T [C]
            def method(self) -> T:  # T [C]
                return T  # T [C]
        type Pair[A, *B, **C] = tuple[A, B, C, Pair]  # tuple none, A [Pair], B [Pair], C [Pair], Pair module
        """,
    "type scopes see the class that they stand in": """
        class C:
            item = int  # int none
            type Items = list[item]  # list none, item C
            def method[T: item](self, x: item = item) -> item:  # item C, item C, item C, item C
                return item  # item none
        """,
    "only the type parameters of a class are private in its head": """
        class __Base[__T]: ...
        class C[__T](__Base[__T]):  # __Base module, __T [C]
            x: __T  # __T [C]
        """,
}


@pytest.mark.parametrize("source", READS.values(), ids=READS.keys())
def test_reads(source: str) -> None:
    assert reads(source) == textwrap.dedent(source).rstrip(" ").rstrip("\n")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are new in Python 3.12")
@pytest.mark.parametrize("source", TYPE_READS.values(), ids=TYPE_READS.keys())
def test_reads_of_type_parameters(source: str) -> None:
    assert reads(source) == textwrap.dedent(source).rstrip(" ").rstrip("\n")


def told(definition: Definition) -> str:
    """`kind, line of the statement`, and ` = value` where one is known."""
    value = f" = {ast.unparse(definition.value)}" if definition.value is not None else ""
    return f"{definition.kind.value}, {type(definition.statement).__name__} {definition.statement.lineno}{value}"


def test_definitions() -> None:
    _, names = names_of(
        """\
        import os.path, json as j
        from a import b
        from c import *
        x = y = make()
        p, (q, r) = 1, (2, 3)
        s, *t = 1, 2
        n: int = 5
        m: int
        m += 1
        for i, (k.l, u) in pairs: pass
        with open(x) as f, g() as (v, w): pass
        try: pass
        except OSError as e: pass
        if (z := f()): del z
        match x:
            case [c1, *c2] | {**c3}: pass
            case (1 as c4): pass
        def fun(a1, *a2): pass
        class Cls: pass
        print(lambda a3: a3, [e1 for e1 in x])
        """
    )
    assert {name: [told(one) for one in binding.definitions] for name, binding in names.module.bindings.items()} == {
        "os": ["import, Import 1"],
        "j": ["import, Import 1"],
        "b": ["import, ImportFrom 2"],
        "x": ["assignment, Assign 4 = make()"],
        "y": ["assignment, Assign 4 = make()"],
        "p": ["assignment, Assign 5 = 1"],
        "q": ["assignment, Assign 5 = 2"],
        "r": ["assignment, Assign 5 = 3"],
        "s": ["assignment, Assign 6"],
        "t": ["assignment, Assign 6"],
        "n": ["assignment, AnnAssign 7 = 5"],
        "m": ["annotation, AnnAssign 8", "augmented, AugAssign 9"],
        "i": ["loop, For 10"],
        "u": ["loop, For 10"],
        "f": ["with, With 11 = open(x)"],
        "v": ["with, With 11"],
        "w": ["with, With 11"],
        "e": ["except, Try 12"],
        "z": ["walrus, If 14 = f()", "delete, Delete 14"],
        "c1": ["match, Match 15"],
        "c2": ["match, Match 15"],
        "c3": ["match, Match 15"],
        "c4": ["match, Match 15"],
        "fun": ["function, FunctionDef 18"],
        "Cls": ["class, ClassDef 19"],
    }
    assert names.has_star_import
    assert names.module.bindings["b"].sole is names.module.bindings["b"].definitions[0]
    assert names.module.bindings["z"].sole is None


def test_parameters_and_targets_of_inner_scopes() -> None:
    tree, names = names_of(
        """\
        def f(a, /, b, *c, d, **e):
            return (lambda x: x)(a), [y for y in b]
        """
    )
    inner = {
        label(names.inner(node)): {
            name: told(binding.definitions[0]) for name, binding in names.inner(node).bindings.items()
        }
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ListComp)
    }
    assert inner == {
        "f": dict.fromkeys("abdce", "parameter, FunctionDef 1"),
        "f.lambda": {"x": "parameter, Return 2"},
        "f.comprehension": {"y": "loop, Return 2"},
    }


def test_global_definitions_and_uses_of_all_scopes_come_in_source_order() -> None:
    _, names = names_of(
        """\
        def reset():
            global cache
            cache = {}
            return [cache for _ in {cache: cache}]
        cache = {"a": cache} if cache else f(cache, k=cache)
        def read(default=cache): return cache
        """
    )
    cache = names.module.bindings["cache"]
    assert [told(definition) for definition in cache.definitions] == [
        "assignment, Assign 3 = {}",
        "assignment, Assign 5 = {'a': cache} if cache else f(cache, k=cache)",
    ]
    assert [(use.lineno, use.col_offset) for use in cache.uses] == [
        *[(4, 12), (4, 28), (4, 35)],
        *[(5, 14), (5, 24), (5, 37), (5, 46)],
        *[(6, 17), (6, 32)],
    ]


def test_scope_of_owner_and_binding_of() -> None:
    tree, names = names_of(
        """\
        class C(Base):
            def method(self, x=1):
                return [y + 2 for y in {3: x}]
        """
    )
    scopes = {
        ast.unparse(node): (label(names.scope_of(node)), label(names.scope_of(node).owner))
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Constant | ast.Dict | ast.BinOp | ast.arg)
    }
    assert scopes == {
        "Base": ("module", "module"),
        "self": ("C.method", "C.method"),
        "x": ("C.method", "C.method"),
        "1": ("C", "module"),
        "y": ("C.method.comprehension", "C.method"),
        "2": ("C.method.comprehension", "C.method"),
        "3": ("C.method", "C.method"),
        "y + 2": ("C.method.comprehension", "C.method"),
        "{3: x}": ("C.method", "C.method"),
    }
    (klass,) = tree.body
    assert isinstance(klass, ast.ClassDef)
    (method,) = klass.body
    assert label(names.scope_of(method)) == "C"
    assert names.binding_of(method) is names.inner(klass).bindings["method"]
    assert names.binding_of(klass) is names.module.bindings["C"]
    assert names.binding_of(klass.bases[0]) is None
    with pytest.raises(KeyError):
        names.inner(klass.bases[0])


QUALIFIED = {
    "import numpy as np; np.linalg.norm": "numpy.linalg.norm",
    "import os.path; os.path.join": "os.path.join",
    "import os.path as p; p.join": "os.path.join",
    "from collections import deque as d; d": "collections.deque",
    "from . import sibling; sibling.f": ".sibling.f",
    "from ..pkg.mod import name; name": "..pkg.mod.name",
    "len": "builtins.len",
    "import builtins; builtins.len": "builtins.len",
    "from x import *; len": "builtins.len",
    "from x import *; other": None,
    "__name__": None,
    "unknown.name": None,
    "len = 3; len": None,
    "def f(): pass\nf": None,
    "import a\na.b().c": None,
    "import a\na[0]": None,
    "try:\n    import ujson as json\nexcept ImportError:\n    import json\njson.dumps": "ujson.dumps",
    "try:\n    import numpy as np\nexcept ImportError:\n    np = None\nnp.zeros": None,
    "if TYPE_CHECKING:\n    from a import B\nB": "a.B",
    "import gc\ngc.collect\ndel gc\ngc": "gc",
    "import a; zeros = a.b.zeros; make = zeros; make.x": "a.b.zeros.x",
    "import a; z: object; z = a.z; z": "a.z",
    "import a; z = y = a.z; z = 1; z": None,
    "import a\nclass C:\n    z = a.z\n    z": None,
    "import a\ndef f():\n    z = a.z\n    z": None,
    "def f():\n    import a.b as c\n    c.d": "a.b.d",
    "import a\ndef f(a):\n    a.b": None,
    "import a\ndef f():\n    a.b": "a.b",
    "x = y; y = x; x": None,
    "x = x; x": None,
    "unicode = str; unicode": "builtins.str",
    "import a; p, q = a.p, a.q; q": "a.q",
}


@pytest.mark.parametrize(("source", "expected"), QUALIFIED.items())
def test_qualified(source: str, expected: str | None) -> None:
    """The name that the last expression of each source is known by."""
    tree, names = names_of(source)
    last = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)][-1]
    assert names.qualified(last.value) == expected


def test_a_long_chain_of_aliases_and_a_deep_expression_are_read_without_recursion() -> None:
    source = "import a\nx0 = a.b\n" + "".join(f"x{n + 1} = x{n}\n" for n in range(3000)) + "x3000\n"
    tree, names = names_of(source)
    assert isinstance(tree.body[-1], ast.Expr)
    assert names.qualified(tree.body[-1].value) == "a.b"
    tree.body.append(ast.Expr(tree.body[-1].value))
    for _ in range(3000):
        tree.body[-1] = ast.Expr(ast.UnaryOp(ast.Not(), tree.body[-1].value))
    assert len(Names(tree).module.bindings["x3000"].uses) == 2


def test_builtins_are_those_that_a_module_does_not_define_itself() -> None:
    assert {"len", "print", "ValueError", "__import__", "__debug__"} < BUILTINS
    assert not {"__name__", "__doc__", "__file__"} & BUILTINS


@pytest.mark.parametrize("path", STANDARD_LIBRARY, ids=lambda path: path.stem)
def test_agrees_with_symtable(path: Path) -> None:
    comparison = compare(path.read_bytes(), path.name)
    assert comparison.disagreements == []


def test_the_comparison_sees_differences() -> None:
    expectation = Expectation(ast.parse("def f():\n    x = 1\n    def g(): return x\n    return y"))
    table = _symtable.symtable("def f():\n    x\n    def g(): return y\n    return y", "f.py", "exec")
    assert sorted(expectation.match(expectation.names.module, table).disagreements) == [
        (1, "`x` in function `f`: cell to us, global implicit to Python"),
        (3, "`x` in function `g`: free to us, absent to Python"),
        (3, "`y` in function `g`: unknown to us, global implicit to Python"),
    ]


NAMES = st.sampled_from(["a", "b", "c", "__p"])


def _grow_expression(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("(lambda {}={}: {})".format, NAMES, inner, inner),
        st.builds("[{} for {} in {} if {}]".format, inner, NAMES, inner, inner),
        st.builds("({} for {} in {} for {} in {})".format, inner, NAMES, inner, NAMES, inner),
        st.builds("({} := {})".format, NAMES, inner),
        st.builds("{}({}, k={})".format, inner, inner, inner),
    )


EXPRESSIONS = st.recursive(NAMES, _grow_expression, max_leaves=5)
SIMPLE = st.one_of(
    EXPRESSIONS,
    st.builds("{} = {}".format, NAMES, EXPRESSIONS),
    st.builds("global {}".format, NAMES),
    st.builds("nonlocal {}".format, NAMES),
    st.builds("import {}.x".format, NAMES),
    st.builds("del {}".format, NAMES),
)


def _grow_statement(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    block = st.lists(inner, min_size=1, max_size=3).map(lambda lines: textwrap.indent("\n".join(lines), "    "))
    return st.one_of(
        st.builds("def {}({}={}):\n{}".format, NAMES, NAMES, EXPRESSIONS, block),
        st.builds("class {}({}):\n{}".format, NAMES, EXPRESSIONS, block),
        st.builds("class __K:\n{}".format, block),
        st.builds("for {} in {}:\n{}".format, NAMES, EXPRESSIONS, block),
    )


@given(st.lists(st.recursive(SIMPLE, _grow_statement, max_leaves=12), min_size=1, max_size=4).map("\n".join))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_agrees_with_symtable_on_any_program(source: str) -> None:
    try:
        # Python refuses `[a for p in a if (p := a)]`, but in a class overlooks it where the name is a private one.
        compile(source.replace("__p", "plain"), "generated.py", "exec")
        comparison = compare(source.encode(), "generated.py")
    except SyntaxError:
        assume(False)
        raise
    assert comparison.disagreements == []
