"""Which expressions make a large value, how that is known, and what kind of value it is."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.names import Binding, DefinitionKind, ScopeKind
from memlint.knowledge import inverted
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

MANY = 1_000_000
"""Elements, or bytes, from which on a value is large."""

DEEPEST = 8
"""Steps from value to value that are followed."""

READS = ("read", "read_bytes", "read_text", "readlines")
SIZED_READS = ("read", "read1", "recv", "readexactly")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp)
MAKING = (ast.Await, ast.BinOp, ast.Call, ast.IfExp, *COMPREHENSIONS)
WORD = re.compile(r"[a-z]+")


class Large(NamedTuple):
    """What a large value is, and whether its size is beyond doubt or only likely."""

    kind: str
    is_certain: bool


class Producers:
    """Large values, by what makes them: a size in the source, a known call, a function of this file."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.makers = inverted("producers", "made_by")
        self.found: dict[ast.expr, Large | None] = {}
        self.asked: set[ast.AST] = set()
        """The functions and definitions that are being looked into."""

    @cached_property
    def has_any(self) -> bool:
        """Whether anything in the file is large of itself, so that something else can come of it."""
        return any(map(self.of_itself, self.facts.tree.nodes(ast.BinOp, ast.Call, *COMPREHENSIONS)))

    def large(self, value: ast.expr | None) -> Large | None:
        """What an expression makes anew, if that is large; a name for a large value makes none."""
        if not isinstance(value, MAKING) or not self.has_any:
            return None
        if value not in self.found:
            if self.asked:
                return self.made(value)
            self.found[value] = self.made(value)
        return self.found[value]

    def of_itself(self, value: ast.expr) -> Large | None:
        """What an expression makes that is large whatever the values in it are."""
        if isinstance(value, ast.BinOp):
            return self.of_repeat(value)
        if isinstance(value, ast.Call):
            maker = self.names.qualified(value.func) or ""
            return self.of_maker(value, maker) or self.of_size(value, maker) or self.of_file(value, maker)
        return self.of_ranges(value) if isinstance(value, COMPREHENSIONS) else None

    def made(self, value: ast.expr) -> Large | None:
        if isinstance(value, ast.Await):
            return self.large(value.value)
        if isinstance(value, ast.BinOp):
            return self.of_operation(value)
        if isinstance(value, COMPREHENSIONS):
            return self.of_comprehension(value)
        if isinstance(value, ast.IfExp):
            chosen = (self.large(value.body), self.large(value.orelse))
            return chosen[0] if None not in chosen else None
        return self.of_call(value) if isinstance(value, ast.Call) else None

    def held(self, value: ast.expr) -> Large | None:
        """The same, also of a name that stands for a large value where it is read."""
        if not isinstance(value, ast.Name):
            return self.large(value)
        binding = self.names.binding(value)
        body = self.facts.tree.function(value)
        if binding is None or binding.scope.node is not body or len(self.asked) > DEEPEST:
            return None
        if not any(isinstance(each.value, MAKING) and self.has_any for each in binding.definitions):
            return None
        current = self.facts.flow(body).reaching(value)
        made = [each for each in binding.definitions if each.node in current]
        if not made or len(made) < len(current) or any(each.node in self.asked for each in made):
            return None
        self.asked.update(each.node for each in made)
        found = [self.large(each.value) if each.kind is DefinitionKind.ASSIGNMENT else None for each in made]
        self.asked.difference_update(each.node for each in made)
        return None if None in found else found[0]

    def of_repeat(self, operation: ast.BinOp) -> Large | None:
        """`[0] * n`, `b"x" * n`."""
        if isinstance(operation.op, ast.Mult):
            for repeated, count in ((operation.left, operation.right), (operation.right, operation.left)):
                kind = self.repeated_kind(repeated)
                if kind and self.many(count):
                    return Large(kind, True)
        return None

    def of_operation(self, operation: ast.BinOp) -> Large | None:
        """A repeat, and arithmetic on large arrays and frames."""
        repeat = self.of_repeat(operation)
        if repeat:
            return repeat
        for side in (operation.left, operation.right):
            held = self.held(side)
            if held and held.kind in ("array", "frame", "list", "bytes"):
                return held
        return None

    def repeated_kind(self, repeated: ast.expr) -> str:
        if isinstance(repeated, (ast.List, ast.Tuple)):
            return "list" if repeated.elts else ""
        is_text = isinstance(repeated, ast.Constant) and isinstance(repeated.value, (bytes, str)) and repeated.value
        return "bytes" if is_text else ""

    def of_comprehension(self, made: ast.ListComp | ast.SetComp | ast.DictComp) -> Large | None:
        """A comprehension over long ranges, or over a large value."""
        ranges = self.of_ranges(made)
        if ranges or any(generator.ifs for generator in made.generators):
            return ranges
        held = self.held(made.generators[0].iter)
        return held if held and held.kind in ("list", "rows") else None

    def of_ranges(self, made: ast.ListComp | ast.SetComp | ast.DictComp) -> Large | None:
        """A comprehension over long ranges; with a condition nobody knows how many pass."""
        if any(generator.ifs for generator in made.generators):
            return None
        lengths = [self.length(generator.iter) or 1 for generator in made.generators]
        return Large("list", True) if math.prod(lengths) >= MANY else None

    def length(self, iterable: ast.expr) -> int | None:
        """How many elements a range with known bounds has."""
        if not isinstance(iterable, ast.Call) or self.names.qualified(iterable.func) != "builtins.range":
            return None
        if any(self.facts.sizes.number(bound) is None for bound in iterable.args):
            return None
        return self.facts.sizes.of_range(iterable)

    def many(self, count: ast.expr) -> bool:
        """Whether a number, or the product of a tuple of numbers, is large."""
        parts = count.elts if isinstance(count, (ast.Tuple, ast.List)) else [count]
        numbers = [self.facts.sizes.number(part) for part in parts]
        return None not in numbers and math.prod(number for number in numbers if number) >= MANY

    def of_call(self, call: ast.Call) -> Large | None:
        return self.of_itself(call) or self.derived(call, self.names.qualified(call.func) or "") or self.of_local(call)

    def of_maker(self, call: ast.Call, maker: str) -> Large | None:
        """Calls that give something large as a rule: `pd.read_csv(p)`, `np.load(p)`, `AutoModel.from_pretrained(p)`."""
        if self.is_test:
            return None
        if maker in self.makers:
            is_small = any(keyword.arg in LAZY for keyword in call.keywords) or self.is_in_memory(call)
            return None if is_small else Large(self.makers[maker], True)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "from_pretrained":
            return Large("model", True) if "Model" in ast.unparse(call.func.value) else None
        return None

    @cached_property
    def is_test(self) -> bool:
        """Whether the file is one of tests, by its name: what those read is small."""
        name = self.facts.source.path.replace("\\", "/").rpartition("/")[2]
        return name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")

    def is_in_memory(self, call: ast.Call) -> bool:
        """Whether a reader gets a string or a list in place of a file."""
        given = call.args[0] if call.args else None
        binding = self.names.binding(given) if isinstance(given, ast.Name) else None
        value = binding.sole.value if binding and binding.sole and binding.sole.value else given
        if isinstance(value, (ast.List, ast.Tuple)):
            return True
        return isinstance(value, ast.Call) and self.names.qualified(value.func) in IN_MEMORY

    def of_size(self, call: ast.Call, maker: str) -> Large | None:
        """Calls that say how much they make: `bytes(n)`, `np.zeros((n, n))`, `list(range(n))`, `f.read(n)`."""
        sized = None
        if maker in known("producers", "sized", "first") and call.args:
            sized = call.args[-1] if maker == "numpy.arange" and len(call.args) == 2 else call.args[0]
        elif maker in known("producers", "sized", "third") and call.args:
            given = [keyword.value for keyword in call.keywords if keyword.arg in ("num", "size")]
            sized = given[0] if given else call.args[2] if len(call.args) > 2 else None
        elif maker in known("producers", "sized", "dimensions") and call.args:
            is_shape = len(call.args) == 1 and isinstance(call.args[0], (ast.List, ast.Tuple))
            sized = call.args[0] if is_shape else ast.Tuple(call.args)
        elif maker in known("producers", "sized", "collecting") and len(call.args) == 1:
            return Large("list", True) if (self.length(call.args[0]) or 0) >= MANY else None
        elif isinstance(call.func, ast.Attribute) and call.func.attr in SIZED_READS and len(call.args) == 1:
            return Large("bytes", True) if self.many(call.args[0]) else None
        if sized is None or not self.many(sized):
            return None
        return Large("bytes" if maker in known("producers", "sized", "bytes") else "array", True)

    def of_file(self, call: ast.Call, maker: str) -> Large | None:
        """What is read whole from a file whose name says that it is one of data."""
        opened: ast.expr | None = None
        kind = "document"
        if self.is_test:
            return None
        if maker in known("producers", "plausible", "document"):
            opened = call.args[0] if call.args else None
            path = opened if maker in known("producers", "plausible", "by_path") else self.path(opened)
        elif isinstance(call.func, ast.Attribute) and call.func.attr in READS and not call.args:
            kind = "rows" if call.func.attr == "readlines" else "bytes"
            opened = call.func.value
            path = opened if call.func.attr in ("read_bytes", "read_text") else self.path(opened)
        else:
            return None
        return Large(kind, False) if path is not None and self.is_of_data(path) else None

    def path(self, opened: ast.expr | None, depth: int = 0) -> ast.expr | None:
        """The path by which a file was opened."""
        if isinstance(opened, ast.Name) and depth < DEEPEST:
            binding = self.names.binding(opened)
            current = self.facts.flow(self.facts.tree.function(opened)).reaching(opened)
            values = [each.value for each in binding.definitions if each.node in current] if binding else []
            return self.path(values[0], depth + 1) if len(values) == 1 else None
        if not isinstance(opened, ast.Call) or self.facts.kinds.of(opened) not in ("text file", "binary file"):
            return None
        if isinstance(opened.func, ast.Attribute) and self.facts.kinds.is_path(opened.func.value):
            return opened.func.value
        return opened.args[0] if opened.args else None

    def is_of_data(self, path: ast.expr, depth: int = 0) -> bool:
        """Whether a path names data: by its ending, or by a word in the constant part of it."""
        for node in walk(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and names_data(node.value):
                return True
            if isinstance(node, ast.Name) and depth < DEEPEST:
                value = source(self.names.binding(node))
                if value is not None and self.is_of_data(value, depth + 1):
                    return True
        return False

    def derived(self, call: ast.Call, maker: str) -> Large | None:
        """What is made of a large value and is about as large."""
        for section, takes, gives in FUNCTIONS:
            if maker in known("producers", "derived", section):
                found = next(
                    (held for part in arguments(call) if (held := self.held(part)) and held.kind in takes), None
                )
                is_same = found is not None and found.kind == "rows" and gives == "list"
                return found if is_same or found is None else Large(gives, found.is_certain)
        if maker == "builtins.open" or not isinstance(call.func, ast.Attribute):
            return None
        if any(keyword.arg == "inplace" for keyword in call.keywords):
            return None
        method = call.func.attr
        kinds = [kind for kind in METHOD_KINDS if method in known("producers", "derived", kind)]
        if not kinds:
            return None
        held = self.held(call.func.value)
        if held is None or (held.kind not in kinds and not (held.kind == "bytes" and kinds == ["rows"])):
            return None
        return Large("rows" if method in known("producers", "derived", "rows") else held.kind, held.is_certain)

    def of_local(self, call: ast.Call) -> Large | None:
        """What a function or method of this file gives, if all that it returns is large."""
        function = self.function(call)
        if function is None or function in self.asked or len(self.asked) > DEEPEST or function.decorator_list:
            return None
        self.asked.add(function)
        try:
            found = [self.held(each) for each in returned(function)]
        finally:
            self.asked.remove(function)
        return found[0] if found and None not in found else None

    def function(self, call: ast.Call) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function of this file that a call runs."""
        called = call.func
        if isinstance(called, ast.Attribute):
            model = self.facts.classes.instance(called.value)
            return model.methods.get(called.attr) if model else None
        binding = self.names.binding(called) if isinstance(called, ast.Name) else None
        made = binding.sole if binding and binding.scope.kind is not ScopeKind.CLASS else None
        return made.node if made and isinstance(made.node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


LAZY = frozenset({"chunksize", "iterator", "mmap_mode", "nrows"})
"""Arguments under which a reader gives its data in pieces, or few of them."""

IN_MEMORY = known("producers", "plausible", "in_memory")
METHOD_KINDS = ("frame", "array", "bytes", "rows", "list")
FUNCTIONS = (
    ("functions_of_arrays", ("array",), "array"),
    ("functions_of_frames", ("frame",), "frame"),
    ("functions_of_bytes", ("bytes",), "bytes"),
    ("decoders", ("bytes",), "document"),
    ("functions_of_documents", ("document", "list", "rows"), "bytes"),
    ("functions_of_lists", ("list", "rows", "array"), "list"),
)


def arguments(call: ast.Call) -> Iterator[ast.expr]:
    """The positional arguments, and the items of those that are displays."""
    for argument in call.args:
        yield from argument.elts if isinstance(argument, (ast.List, ast.Tuple)) else (argument,)


def returned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """What a function returns; nothing, if it may return nothing or is a generator."""
    values: list[ast.expr] = []
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return []
        if isinstance(node, ast.Return):
            if node.value is None:
                return []
            values.append(node.value)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)
    return values


def source(binding: Binding | None) -> ast.expr | None:
    """What a name is bound to once and for all, or what its loop runs over."""
    made = binding.sole if binding else None
    if made is not None and isinstance(made.statement, (ast.For, ast.AsyncFor)) and made.kind is DefinitionKind.LOOP:
        return made.statement.iter
    return made.value if made else None


def names_data(text: str) -> bool:
    """Whether a path, or a part of one, is called like data."""
    lowered = text.lower()
    if lowered.endswith(tuple(known("producers", "path", "ends"))):
        return True
    words = set(WORD.findall(lowered.rpartition("/")[2].partition(".")[0]))
    return "." in lowered and not words.isdisjoint(known("producers", "path", "words"))
