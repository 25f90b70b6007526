"""What goes from one place to another in one piece: a file or the body of a response that is read whole to be written
or hashed."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.files import KINDS
from memlint.facts.names import DefinitionKind
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

GIVING = (DefinitionKind.ASSIGNMENT, DefinitionKind.WITH, DefinitionKind.WALRUS)
WRITES = ("write", "write_bytes", "write_text")


class Copied(NamedTuple):
    """A call that takes all that `source` holds, which the expression `read` has read into memory."""

    read: ast.expr
    source: ast.expr
    taker: str
    """`file` or `hash`."""
    kind: str
    """What the source is: `text file`, `binary file`, `response` or `stream`, a response that was not read yet."""


class Transfers:
    """Questions about what a module copies."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.tree = facts.tree

    def copied(self, call: ast.Call) -> Copied | None:
        """What a call writes or hashes whole, which it could take in blocks."""
        if len(call.args) != 1 or call.keywords:
            return None
        taker = self.taker(call)
        read = self.value(call.args[0]) if taker else None
        source = self.body(read) if read is not None else None
        if read is None or source is None or self.is_same(call, source):
            return None
        kind = self.kind(source, read)
        target = self.facts.kind(getattr(call.func, "value", call)) if taker == "file" else None
        if kind == "binary file" and target == "text file":
            return None
        return Copied(read, source, taker, kind) if kind and not self.is_small(source) else None

    def taker(self, call: ast.Call) -> str:
        """Who gets the argument of a call: a file, a hash, or nobody who could have it in blocks."""
        if self.names.qualified(call.func) in known("transfers", "hashes", "made_by"):
            return "hash"
        if not isinstance(call.func, ast.Attribute):
            return ""
        method, owner = call.func.attr, call.func.value
        if method == "update":
            made = self.origin(owner)
            return "hash" if made and self.names.qualified(made.func) in known("transfers", "hashes", "made_by") else ""
        if method == "write":
            return "file" if self.facts.kind(owner) in KINDS and not self.is_passed(owner) else ""
        return "file" if method in WRITES and self.facts.kinds.is_path(owner) else ""

    def value(self, argument: ast.expr) -> ast.expr:
        """An argument, or what the name in it was bound to for this one use."""
        binding = self.names.binding(argument) if isinstance(argument, ast.Name) else None
        sole = binding.sole if binding and len(binding.uses) == 1 else None
        body = self.tree.function(argument)
        if sole is None or sole.kind is not DefinitionKind.ASSIGNMENT or sole.value is None:
            return argument
        if isinstance(body, ast.Module) or self.tree.function(sole.node) is not body:
            return argument
        return sole.value

    def body(self, read: ast.expr) -> ast.expr | None:
        """The `x` of `x.read()`, `x.content` and `x.read_bytes()`, awaited or not."""
        read = read.value if isinstance(read, ast.Await) else read
        if isinstance(read, ast.Call) and isinstance(read.func, ast.Attribute) and not read.args and not read.keywords:
            return read.func.value if read.func.attr in ("read", "read_bytes") else None
        return read.value if isinstance(read, ast.Attribute) and read.attr == "content" else None

    def kind(self, source: ast.expr, read: ast.expr) -> str:
        """What a source is, where it is known and what is read of it is read once; else empty."""
        if isinstance(read, ast.Call) and isinstance(read.func, ast.Attribute) and read.func.attr == "read_bytes":
            return "binary file" if self.facts.kinds.is_path(source) else ""
        made = self.origin(source)
        if isinstance(read, ast.Call) and (kind := self.facts.kind(source)) in KINDS:
            return "" if self.is_passed(source) else str(kind)
        if made is None or not self.is_alone(source, read):
            return ""
        if isinstance(read, ast.Attribute):
            is_streamed = any(each.arg in ("stream", None) for each in made.keywords)
            return "response" if self.gives(made, "got_by", "clients") and not is_streamed else ""
        if isinstance(read, ast.Await):
            return "stream" if self.gives(made, "", "async_clients") else ""
        return "stream" if self.gives(made, "opened_by", "") else ""

    def streamed(self, attribute: ast.Attribute) -> ast.Call | None:
        """The request with `stream=True` whose body `response.content` reads whole, and nothing reads in blocks or
        bounds by its headers."""
        if attribute.attr != "content" or not isinstance(attribute.ctx, ast.Load):
            return None
        made = self.origin(attribute.value)
        if made is None or not self.gives(made, "got_by", "clients"):
            return None
        streams = [each.value for each in made.keywords if each.arg == "stream"]
        if not (len(streams) == 1 and isinstance(streams[0], ast.Constant) and streams[0].value is True):
            return None
        binding = self.names.binding(attribute.value) if isinstance(attribute.value, ast.Name) else None
        plain = known("transfers", "responses", "plain")
        parents = [self.tree.parents[use] for use in (binding.uses if binding else [])]
        is_plain = all(
            isinstance(each, (ast.withitem, ast.If)) or (isinstance(each, ast.Attribute) and each.attr in plain)
            for each in parents
            if each is not attribute
        )
        return made if is_plain else None

    def gives(self, call: ast.Call, function: str, client: str) -> bool:
        """Whether a call gives a response: of a function, or of a method of a client."""
        if function and self.names.qualified(call.func) in known("transfers", "responses", function):
            return True
        if not client or not isinstance(call.func, ast.Attribute):
            return False
        made = self.origin(call.func.value)
        is_client = made is not None and self.names.qualified(made.func) in known("transfers", "responses", client)
        return is_client and call.func.attr in known("transfers", "responses", "methods")

    def origin(self, value: ast.expr) -> ast.Call | None:
        """The call that gives a value: the expression itself, or the only one that its name is bound to."""
        if isinstance(value, ast.Call):
            return value
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        sole = binding.sole if binding else None
        if sole is None or sole.kind not in GIVING:
            return None
        made = sole.value.value if isinstance(sole.value, ast.Await) else sole.value
        return made if isinstance(made, ast.Call) else None

    def is_alone(self, source: ast.expr, read: ast.expr) -> bool:
        """Whether nothing else reads the body of a response."""
        binding = self.names.binding(source) if isinstance(source, ast.Name) else None
        whole = known("transfers", "responses", "whole")
        parents = [self.tree.parents[use] for use in (binding.uses if binding else ()) if use is not source]
        return not any(isinstance(each, ast.Attribute) and each.attr in whole for each in parents)

    def is_same(self, call: ast.Call, source: ast.expr) -> bool:
        """Whether what is read is written back to the same place."""
        return isinstance(call.func, ast.Attribute) and ast.dump(call.func.value) == ast.dump(source)

    def is_passed(self, file: ast.expr) -> bool:
        """Whether a file is a parameter, which by its annotation may be one in memory as well."""
        binding = self.names.binding(file) if isinstance(file, ast.Name) else None
        return binding is not None and any(each.kind is DefinitionKind.PARAMETER for each in binding.definitions)

    def is_minor(self, call: ast.Call, copied: Copied) -> bool:
        """Whether what is copied is likely small, or the author chose to copy it so."""
        if any(isinstance(each, ast.ExceptHandler) for each in self.tree.ancestors(call)):
            return True
        if copied.kind in ("response", "stream"):
            made = self.origin(copied.source)
            return self.streams or (made is not None and bool(made.args) and self.is_fixed(made.args[-1]))
        if self.is_of_table(copied.source):
            return True
        return copied.taker == "hash" and (self.is_of_sources(call) or self.is_chosen(call))

    def is_chosen(self, call: ast.Call) -> bool:
        """Whether a digest is remembered in a table of the module, or a loop leaves files out by their endings."""
        function = self.tree.function(call)
        for node in walk(function) if not isinstance(function, ast.Module) else ():
            table = node.value if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) else None
            binding = self.names.binding(table) if isinstance(table, ast.Name) else None
            if binding and isinstance(binding.scope.node, ast.Module):
                return True
            if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Continue) and is_of_ending(node.test):
                return True
        return False

    @cached_property
    def streams(self) -> bool:
        """Whether the module writes other responses in blocks."""
        blocks = known("transfers", "responses", "blocks")
        return any(isinstance(each, ast.Attribute) and each.attr in blocks for each in self.tree.parents)

    def is_fixed(self, url: ast.expr) -> bool:
        """Whether an address is a constant of the module, or one of a table of it."""
        binding = self.names.binding(url) if isinstance(url, ast.Name) else None
        if binding and isinstance(binding.scope.node, ast.Module):
            return True
        sole = binding.sole.value if binding and binding.sole else None
        url = sole if sole is not None else url
        return isinstance(url, ast.Constant) or (isinstance(url, ast.Subscript) and self.is_fixed(url.value))

    def is_of_table(self, source: ast.expr) -> bool:
        """Whether a loop over a table of the module gives the names of the files."""
        body = self.tree.function(source)
        loops = [each for each in self.tree.ancestors(source) if isinstance(each, ast.For)]
        for loop in loops if not isinstance(body, ast.Module) else ():
            binding = self.names.binding(loop.iter) if isinstance(loop.iter, ast.Name) else None
            if binding and isinstance(binding.scope.node, ast.Module):
                return True
        return False

    def is_of_sources(self, call: ast.Call) -> bool:
        """Whether a function that hashes a file is called in its module with what is named as a source file."""
        name = getattr(self.tree.function(call), "name", "")
        words = known("transfers", "small", "given")
        calls = (each for each in self.tree.nodes(ast.Call) if name)
        return any(
            words.intersection(str(getattr(argument, "attr", getattr(argument, "id", ""))).lower().split("_"))
            for each in calls
            if getattr(each.func, "attr", getattr(each.func, "id", "")) == name
            for argument in each.args
        )

    def is_small(self, source: ast.expr) -> bool:
        """Whether the function names files that are written by hand, or come with the program: nobody copies those in
        blocks."""
        endings, words = tuple(known("transfers", "small", "endings")), known("transfers", "small", "words")
        for node in walk(self.tree.function(source)):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and text.endswith(endings) and " " not in text:
                return True
            name = str(getattr(node, "id", getattr(node, "attr", getattr(node, "arg", ""))) or "")
            if name == "__file__" or words.intersection(name.lower().split("_")):
                return True
        return False


def is_of_ending(test: ast.expr) -> bool:
    return isinstance(test, ast.Call) and getattr(test.func, "attr", "") == "endswith"
