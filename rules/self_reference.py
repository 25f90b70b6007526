from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import ClassModel, Effect, Facts, Remark, Safety, Slice, Store, StoreRule, all_of, cst, walk


class SelfReference(StoreRule[str]):
    """An instance that holds itself is a cycle of one."""

    code = "ML101"
    name = "self-reference"
    effect = Effect.LATE
    default = False
    claims = ("singleton",)
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bdef\b", rb"\.")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        if any(may_close(node) and any(closing(facts, node)) for node in part.nodes(ast.Assign, ast.Expr)):
            return True
        return any(part.nodes(ast.ClassDef)) and super().suspects(facts, part)

    @classmethod
    def kept(cls, facts: Facts, model: ClassModel, store: Store) -> str | None:
        """What holds the instance in a stored value: the name of a call, empty for the value itself or a container."""
        if facts.classes.is_replaced(model, store) or is_of_script(facts, store.by):
            return None
        held = facts.links.held(store.value)
        return next((holder for value, holder in held if facts.classes.instance(value) is model), None)

    def report_store(self, model: ClassModel, store: Store, kept: str, others: list[Remark]) -> None:
        owner, instance = model.node.name, store.instance
        fix = None
        if is_named(store.value, store) and not is_of_node(model, store):
            fix = self.property_instead(model, store, f"make `{store.attribute}` a property that gives the instance")
        holds = f"keeps a `{kept}` that holds `{instance}`" if kept else f"holds `{instance}`"
        self.report(
            store.by,
            f"`{instance}.{store.attribute}` {holds}: a cycle, so each `{owner}` is freed only by the garbage "
            "collector; leave it out, or keep a `weakref.ref`",
            optional=self.is_unsure(model, store) or is_of_node(model, store),
            related=others,
            cycle=(f"{owner}.{store.attribute}", owner),
            fix=fix,
        )

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def visit_Expr(self, node: cst.Expr) -> None:
        self.examine(self.twin(node, ast.Expr))

    def examine(self, statement: ast.Assign | ast.Expr | None) -> None:
        attribute = next(closing(self.facts, statement), None) if statement and may_close(statement) else None
        if statement is None or attribute is None:
            return
        subject = self.text(attribute.value)
        self.report(
            statement,
            f"`{self.text(attribute)}` holds `{subject}`: a cycle, so the object is freed only by the garbage "
            "collector; leave it out, or keep a `weakref.ref`",
            cycle=(self.text(attribute), subject),
            optional=self.is_of_ring(attribute),
        )

    def is_of_ring(self, attribute: ast.Attribute) -> bool:
        """Whether other code stores something else in an attribute of that name, as where the one node of a ring gets a
        second one beside it."""
        stored = (write.attribute for _, write in self.facts.classes.stored if write.attribute.attr == attribute.attr)
        return any(each is not attribute for each in stored)


def is_of_node(model: ClassModel, store: Store) -> bool:
    """Whether a method puts the bare instance into two attributes, as the first node of a ring has itself on both
    sides."""
    bare = {each.attribute for each in model.stores if each.method is store.method and is_named(each.value, each)}
    return len(bare) > 1


def is_named(value: ast.expr, store: Store) -> bool:
    return isinstance(value, ast.Name) and value.id == store.instance


def may_close(node: ast.AST) -> bool:
    """Whether a statement, by its names alone, may store an object in an attribute of its own: `x.y = x`,
    `x.y.append(x)`."""
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and is_put(node.value):
        targets, value = [node.value.func], node.value.args[-1]
    else:
        return False
    roots = {part.value.id for each in targets for part in walk(each) if is_of_name(part)}  # type: ignore[attr-defined]
    return bool(roots) and not roots.isdisjoint(shown(value))


def is_put(call: ast.Call) -> bool:
    """Whether a call may put one thing into a container, by what it is given."""
    return len(call.args) == 1 and not call.keywords


def shown(value: ast.expr) -> Iterator[str]:
    """The names whose values an expression is, or displays."""
    if isinstance(value, ast.Name):
        yield value.id
    elif isinstance(value, (ast.Dict, ast.List, ast.Set, ast.Tuple)):
        for part in ast.iter_child_nodes(value):
            yield from shown(part) if isinstance(part, ast.expr) else ()


def closing(facts: Facts, statement: ast.AST) -> Iterator[ast.Attribute]:
    """The attributes of a local variable's object that a statement makes hold this object."""
    for write in facts.classes.writes.of(statement) if isinstance(statement, ast.stmt) else ():
        subject = facts.closures.subject(write.attribute) if write.value else None
        if write.value is None or subject is None or facts.classes.is_ever_cut(write.attribute.attr):
            continue
        held = (each for each, holder in facts.links.held(write.value) if isinstance(each, ast.Name) and not holder)
        if is_of_class(write.attribute.attr) or is_of_script(facts, statement):
            continue
        if any(facts.names.binding(each) is subject for each in held) and not is_put_right(facts, statement):
            yield write.attribute


def is_put_right(facts: Facts, statement: ast.AST) -> bool:
    """Whether a later statement of the same block gives the same place another value: `d["a"] = d`, `d["a"] = e`."""
    if not isinstance(statement, ast.Assign):
        return False
    places = {ast.dump(target) for target in statement.targets}
    block = getattr(facts.tree.parents[statement], "body", [])
    later = (each for each in block if isinstance(each, ast.Assign) and each.lineno > statement.lineno)
    return any(ast.dump(target) in places for each in later for target in each.targets)


def is_of_class(attribute: str) -> bool:
    """Whether an attribute is one of those that classes have, such as `__members__`; `__dict__` is the object's own."""
    return attribute.startswith("__") and attribute.endswith("__") and attribute != "__dict__"


def is_of_script(facts: Facts, statement: ast.AST) -> bool:
    """Whether a statement stands under `if __name__ == "__main__"`: a demonstration, or a process that ends."""
    tests = (each.test for each in facts.tree.ancestors(statement) if isinstance(each, ast.If))
    return any(getattr(getattr(test, "left", None), "id", "") == "__name__" for test in tests)


def is_of_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
