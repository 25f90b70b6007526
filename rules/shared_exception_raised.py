from __future__ import annotations

import ast

from memlint.api import Binding, Effect, Facts, Fix, Rule, Safety, ScopeKind, Slice, all_of, cst, known, walk


class SharedExceptionRaised(Rule):
    """Each raise of one exception object hangs another traceback on it, and so the frames."""

    code = "ML114"
    name = "shared-exception-raised"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(b"def", rb"\braise\b", file=(rb"=(?:\s|\\\n|#[^\n]*\n|\()*[A-Za-z_]",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(shared(facts, node) for node in part.nodes(ast.Raise))

    def visit_Raise(self, node: cst.Raise) -> None:
        statement = self.twin(node, ast.Raise)
        made = shared(self.facts, statement) if statement else None
        if statement is None or made is None or statement.exc is None:
            return
        raised = self.text(statement.exc)
        fix = self.raise_new(statement.exc, made)
        self.report(
            statement,
            f"`{raised}` is one exception object for all calls: each raise hangs its traceback on it, and so all "
            f"locals of the frames; raise a new `{self.text(made.func)}`",
            related=[(made, "the object is made here")],
            fix=fix,
            unfixed="" if fix else "what it is made with may be another thing in the function",
        )

    def raise_new(self, raised: ast.expr, made: ast.Call) -> Fix | None:
        """Make the exception where it is raised, if all that it is made of means the same there."""
        names = self.facts.names
        scope, text = names.scope_of(raised), self.text(made)
        read = [node for node in walk(made) if isinstance(node, ast.Name)]
        is_same = all(names.lookup(scope, name.id) is names.binding(name) for name in read)
        arguments = [*made.args, *(keyword.value for keyword in made.keywords)]
        is_plain = all(isinstance(each, (ast.Constant, ast.Name)) for each in arguments)
        if not is_same or not is_plain or "\n" in text or self.is_compared(raised):
            return None
        return Fix("raise a new exception", Safety.UNSAFE, (self.replace(raised, text),))

    def is_compared(self, raised: ast.expr) -> bool:
        """Whether the file asks, of some value, if it is this very object."""
        name = getattr(raised, "attr", getattr(raised, "id", ""))
        comparisons = (node for node in self.facts.tree.parents if isinstance(node, ast.Compare))
        return any(
            getattr(part, "attr", getattr(part, "id", "")) == name for node in comparisons for part in walk(node)
        )


def shared(facts: Facts, statement: ast.Raise) -> ast.Call | None:
    """The call at module or class level that made the very object that a function raises."""
    if statement.exc is None or isinstance(facts.tree.function(statement), ast.Module):
        return None
    binding = variable(facts, statement.exc)
    return made_by(facts, binding) if binding else None


def made_by(facts: Facts, binding: Binding, is_alias: bool = False) -> ast.Call | None:
    """The first call that a variable is bound to, where each definition binds it to an exception made there."""
    calls: list[ast.Call] = []
    for definition in binding.definitions:
        value = definition.value
        other = facts.names.binding(value) if isinstance(value, ast.Name) and not is_alias else None
        call = made_by(facts, other, True) if other and other.scope is binding.scope else value
        if not isinstance(facts.tree.function(definition.node), ast.Module):
            return None
        if not isinstance(call, ast.Call) or not makes_exception(facts, call):
            return None
        calls.append(call)
    return calls[0] if calls else None


def variable(facts: Facts, raised: ast.expr) -> Binding | None:
    """The variable of a module, or of a class, that is raised: `ERROR`, `self.error`, `Owner.error`."""
    if isinstance(raised, ast.Name):
        binding = facts.names.binding(raised)
        return binding if binding and binding.scope.kind is ScopeKind.MODULE else None
    if not isinstance(raised, ast.Attribute):
        return None
    owner = owner_of(facts, raised.value)
    if owner is None or raised.attr in written(facts):
        return None
    return facts.names.inner(owner).bindings.get(raised.attr)


def owner_of(facts: Facts, value: ast.expr) -> ast.ClassDef | None:
    """The class that `self`, `cls` or its own name stands for."""
    model = facts.classes.instance(value)
    if model:
        return model.node
    binding = facts.names.binding(value) if isinstance(value, ast.Name) else None
    made = binding.sole.node if binding and binding.sole else None
    is_class = isinstance(made, ast.arg) and made.arg in ("cls", "klass")
    return facts.tree.enclosing(value, ast.ClassDef) if is_class else made if isinstance(made, ast.ClassDef) else None


def written(facts: Facts) -> set[str]:
    """The attributes that this file binds through an object."""
    stores = (node for node in facts.tree.parents if isinstance(node, ast.Attribute))
    return {node.attr for node in stores if not isinstance(node.ctx, ast.Load)}


def makes_exception(facts: Facts, call: ast.Call) -> bool:
    """Whether a call makes an instance, and no class, by the spelling of its name; what it makes is raised."""
    if facts.names.qualified(call.func) in known("exceptions", "program", "ends"):
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name.isalpha() and name.endswith("error"):
        return True
    return name.lstrip("_")[:1].isupper() and not name.isupper()
