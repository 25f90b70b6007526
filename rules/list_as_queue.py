from __future__ import annotations

import ast
import re

from memlint.api import GAP, OPENING, DequeForList, Effect, Facts, Rule, Safety, Scan, Slice, all_of, cst

KINDS = frozenset({"list"})

ZERO = OPENING + rb"0\w*[\s\\),\]#]"
TAKEN = re.compile(rb"pop(?<!\wpop)" + GAP + rb"\(" + ZERO)
PUT = re.compile(rb"insert(?<!\winsert)" + GAP + rb"\(" + ZERO)
DELETED = re.compile(rb"del(?<!\wdel)[\s\\(]+[\w.\s\\)]*\[" + ZERO)
REST_OF = re.compile(rb"\[(?<=[\w\s)\\]\[)(?:[^\[\]]|\[[^\[\]]*\])*:" + GAP + rb"\]")
NAME = re.compile(rb"\w+")
FAR = 200
"""Bytes in front of a slice that hold the beginning of its statement."""


def is_cut(data: bytes) -> bool:
    """Whether something may be assigned the rest of what has its name."""
    for found in REST_OF.finditer(data):
        before = data[max(found.start() - FAR, 0) : found.start()].replace(b"\\\n", b"")
        targets, _, value = before.rpartition(b"=")
        names = NAME.findall(value)
        is_inner = value.count(b")") + value.count(b"]") > value.count(b"(") + value.count(b"[")
        if not is_inner and not targets.rstrip().endswith((b")", b"]", b"=", b"!", b"<", b">")):
            targets = targets.rpartition(b"\n")[2]
        if names and names[-1] in NAME.findall(targets) and (len(names) < 3 or b"," in value):
            return True
    return False


def is_shifting(scan: Scan) -> bool:
    """Whether a `while` may take from the front of something, or a `for` put something there."""
    words, data = scan.words, scan.data
    if b"for" in words and b"insert" in words and PUT.search(data):
        return True
    if b"while" not in words:
        return False
    if (b"pop" in words and TAKEN.search(data)) or (b"del" in words and DELETED.search(data)):
        return True
    return is_cut(data)


class ListAsQueue(Rule):
    """To take from the front of a list, or to put something there, moves all its other items."""

    code = "ML416"
    name = "list-as-queue"
    effect = Effect.TIME
    fixes = (Safety.UNSAFE,)
    gate = all_of(is_shifting)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        if any(facts.fronts.shifted(each) for each in part.nodes(ast.Call, ast.Delete)):
            return True
        return any(facts.fronts.advanced(each, KINDS) for each in part.nodes(ast.Assign))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_Del(self, node: cst.Del) -> None:
        self.examine(self.twin(node, ast.Delete))

    def examine(self, node: ast.Call | ast.Delete | None) -> None:
        front = self.facts.fronts.shifted(node) if node else None
        if node is None or front is None:
            return
        fix, unfixed = DequeForList(self.facts, self.slice, front).fix()
        shift = f"`{ast.unparse(node)}`" if isinstance(node, ast.Delete) else f"`{ast.unparse(node.func)}(0)`"
        self.report(
            node,
            f"{shift} moves all other items of the list in every turn of the loop: make it a `collections.deque`",
            related=[(front.loop, "the loop")],
            fix=fix,
            unfixed=unfixed,
            optional=not front.is_long,
        )

    def visit_Assign(self, node: cst.Assign) -> None:
        statement = self.twin(node, ast.Assign)
        front = self.facts.fronts.advanced(statement, KINDS) if statement else None
        if statement is None or front is None:
            return
        self.report(
            statement,
            f"all the rest of `{ast.unparse(front.place)}` is copied in every turn of the loop: "
            "make it a `collections.deque` and take from its left",
            related=[(front.loop, "the loop")],
            optional=not front.is_long,
        )
