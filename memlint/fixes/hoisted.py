"""Moves what a function makes on each call, and a loop at each turn, to where it is made once: a nested function and a
class into the module, the wrapping of a function in front of the loop.

The rewrites are refused wherever a name could mean another thing there, be taken, or not be bound yet.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.closures import CODE
from memlint.facts.layout import FUNCTIONS, spelled
from memlint.facts.names import BUILTINS, Binding, DefinitionKind, Names
from memlint.fixes.finally_none import REFLECTION, Definition
from memlint.fixes.moved_lines import MovedLines, above, indentation, starts_line
from memlint.knowledge import names as known
from memlint.model import Edit, Fix, Safety

Body: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Module

AROUND = (*FUNCTIONS, ast.ClassDef)
SCOPES = (*AROUND, ast.DictComp, ast.GeneratorExp, ast.ListComp, ast.SetComp)
CLASS_AROUND = frozenset({"__class__", "super"})
"""What a method, and a function in it, knows of the class around it."""
PLAIN = (ast.Attribute, ast.BinOp, ast.Constant, ast.Name, ast.Subscript, ast.Tuple, ast.UnaryOp)
"""Expressions that give no new object that anybody could change."""
DISPLAYS = (*PLAIN, ast.Dict, ast.List, ast.Set)
BODY = (ast.AnnAssign, ast.Assign, ast.AsyncFunctionDef, ast.Expr, ast.FunctionDef, ast.Pass)
"""Statements of a class body that do nothing but say what is in the class."""

NOWHERE = "names of the module may come from elsewhere"


def hoisted_function(facts: Facts, function: ast.AST, variable: Binding | None) -> tuple[Fix | None, str]:
    """The fix that moves a `def`, which captures nothing but itself, into the module; or why there is none."""
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or variable is None:
        return None, "a lambda has no name of its own"
    place = outermost(facts, function)
    if place is None:
        return None, NOWHERE
    name = free_name(facts, function, variable)
    lines = MovedLines(facts, function, place)
    inside = set(walk(function))
    uses = [(*start(facts, use), use.id, name) for use in variable.uses]
    reason = bound(facts, function, variable, place) or distinct(facts, function, variable) or lines.objection()
    if not reason and not name:
        reason = f"the module has another `_{function.name.lstrip('_')}`"
    if reason or any(facts.source.lines[line - 1][column - 1 :][: len(old)] != old for line, column, old, _ in uses):
        return None, reason or f"`{function.name}` stands in a string"
    line, column = start(facts, function)
    text = facts.source.lines[line - 1]
    header = (line, text.index(function.name, text.index("def", column - 1) + 3) + 1, function.name, name)
    moved = [renamed for use, renamed in zip(variable.uses, uses, strict=True) if use in inside]
    others = [use for use in variable.uses if use not in inside and use.id != name]
    edits = (*lines.edits(2, [header, *moved]), *(Edit(*facts.tree.span(use), name) for use in others))
    safety = Safety.UNSAFE if is_shipped(facts, function) else Safety.SAFE
    return Fix(f"move `{function.name}` into the module, as `{name}`", safety, edits), ""


def is_shipped(facts: Facts, function: Definition) -> bool:
    """Whether a function around this one may run without the module: by a decorator that is not known, which may send
    its source elsewhere, or when the program ends."""
    outers = [each for each in facts.tree.ancestors(function) if isinstance(each, FUNCTIONS)]
    if any(getattr(each, "name", "") == "__del__" for each in outers):
        return True
    decorators = (decorator for each in outers for decorator in getattr(each, "decorator_list", ()))
    return not all(facts.names.qualified(each) in known("hoisting", "function", "local") for each in decorators)


def hoisted_class(facts: Facts, made: ast.Call | ast.ClassDef) -> tuple[Fix | None, str]:
    """The fix that moves what makes a class into the module, or why there is none."""
    place = outermost(facts, made)
    statement = made if isinstance(made, ast.ClassDef) else facts.tree.parents[made]
    name = class_name(made, statement)
    if place is None:
        return None, NOWHERE
    if not name:
        return None, "the class is not bound to the name that it is given, alone"
    reason = constant(facts, made, place) or taken(facts, name, statement)
    if reason:
        return None, reason
    if isinstance(statement, ast.stmt):
        lines = MovedLines(facts, statement, place)
        reason = lines.objection() or written(facts, statement)
        edits: tuple[Edit, ...] = () if reason else lines.edits(2)
    else:
        assert isinstance(made, ast.Call)
        reason = one_line(facts, made, place)
        edits = in_front(facts, made, place, name, 2)
    return (None, reason) if reason else (Fix(f"move `{name}` into the module", Safety.UNSAFE, edits), "")


def hoisted_wrapper(facts: Facts, node: ast.Call | ast.FunctionDef, body: Body) -> tuple[Fix | None, str]:
    """The fix that wraps a function in front of the loops around it, in the function or module `body`; or why there is
    none."""
    place = facts.flow(body).loops(node)[0]
    parent = facts.tree.parents[node]
    reason = unsteady(facts, node, place)
    if reason:
        return None, reason
    if isinstance(node, ast.Call) and not (isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name)):
        name = f"compiled_{word(node.args[0])}".rstrip("_")
        is_taken = any(name in spelled(each) for each in facts.tree.order)
        reason = f"`{name}` is used already" if is_taken else one_line(facts, node, place)
        edits: tuple[Edit, ...] = in_front(facts, node, place, name, 0)
    else:
        statement = parent if isinstance(parent, ast.Assign) else node
        assert isinstance(statement, ast.stmt)
        lines = MovedLines(facts, statement, place)
        binding = bound_by(facts, lines.statement)
        reason = lines.objection() if binding and binding.sole else "another statement binds the result, too"
        edits = () if reason else lines.edits(1 if isinstance(node, ast.FunctionDef) else 0)
    return (None, reason) if reason else (Fix("wrap it in front of the loop", Safety.UNSAFE, edits), "")


def outermost(facts: Facts, node: ast.AST) -> ast.stmt | None:
    """The `def` or `class` of the module that a node is in; None where the module cannot be added to in front of it."""
    around = [each for each in facts.tree.ancestors(node) if isinstance(each, AROUND)]
    is_open = not facts.names.has_star_import and not facts.source.path.endswith("__init__.py")
    if not around or isinstance(around[-1], ast.Lambda) or not is_open:
        return None
    place = around[-1]
    block = next(
        value for _, value in ast.iter_fields(facts.tree.parents[place]) if isinstance(value, list) and place in value
    )
    while (before := block.index(place) - 1) >= 0 and getattr(block[before], "name", "") == place.name:
        place = block[before]
    return place if isinstance(place, ast.stmt) and starts_line(facts, place) else None


def free_name(facts: Facts, function: Definition, variable: Binding) -> str:
    """The private name that a function has in the module; empty where somebody has it."""
    bare = function.name.lstrip("_")
    outer = getattr(facts.tree.function(function), "name", "").strip("_")
    nested = [
        each
        for each in facts.tree.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if each.name.lstrip("_") == bare
        and isinstance(facts.tree.function(each), (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    outers = [getattr(facts.tree.function(each), "name", "").strip("_") for each in nested]
    own = Counter(word for each in (function, *variable.uses) for word in spelled(each))
    words = facts.tree.words
    names = [f"_{bare}"] if bare and nested[0] is function else []
    names += (
        [f"_{outer}_{bare}"] if outers.count(outer) == 1 and words[f"{outer}_{bare}"] == own[f"{outer}_{bare}"] else []
    )
    return next((name for name in names if words[name] == own[name]), "")


def bound(facts: Facts, function: Definition, variable: Binding, place: ast.stmt) -> str:
    """Why a function needs the place where it stands; empty where all its names mean the same in the module."""
    names, name = facts.names, function.name
    arguments = function.args
    has_types = bool(getattr(function, "type_params", None))
    if function.decorator_list or has_types:
        return f"`{name}` is decorated, or has type parameters"
    if not all(isinstance(each, ast.Constant) for each in (*arguments.defaults, *filter(None, arguments.kw_defaults))):
        return f"a default of `{name}` would be made once"
    if ">>>" in (ast.get_docstring(function, clean=False) or ""):
        return f"`{name}` has examples, which would be run as tests"
    for node in walk(function):
        if isinstance(node, ast.Nonlocal) and set(node.names) - set(names.inner(function).bindings):
            return f"`{name}` rebinds a variable of the function around it"
        if any(is_private(each) for each in spelled(node)) or (isinstance(node, ast.Name) and node.id in CLASS_AROUND):
            return f"`{name}` uses the class around it"
    captured = next(outside(facts, function, variable), None)
    if captured:
        return f"`{name}` captures `{captured.id}`"
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    annotations = [*(each.annotation for each in parameters if each), function.returns]
    read = [node for root in annotations if root for node in walk(root)]
    return "" if all(is_there(facts, each, place) for each in read) else f"an annotation of `{name}` is bound later"


def outside(facts: Facts, code: ast.AST, *own: Binding) -> Iterator[ast.Name]:
    """The names in some code that mean a variable of a function around it, or another thing in the module."""
    names = facts.names
    inside = {names.module, *(names.inner(node) for node in walk(code) if isinstance(node, SCOPES))}
    for node in walk(code):
        binding = names.binding(node) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Name) and binding and binding.scope not in inside and binding not in own:
            yield node


def is_there(facts: Facts, node: ast.AST, place: ast.stmt) -> bool:
    """Whether a node is not a name, or one that is bound when the module reaches a place, by a statement on the way."""
    if not isinstance(node, ast.Name):
        return not isinstance(node, (ast.Call, ast.NamedExpr, ast.Lambda))
    binding = facts.names.binding(node)
    if binding is None:
        return node.id in BUILTINS
    return binding.scope is facts.names.module and is_before(facts, binding, place)


def is_before(facts: Facts, binding: Binding, place: ast.stmt) -> bool:
    """Whether one statement binds a name, that has run when a place is reached."""
    statement = binding.sole.statement if binding.sole else None
    if statement is None or statement.lineno >= place.lineno:
        return False
    return facts.tree.parents[statement] in (facts.tree.module, *facts.tree.ancestors(place))


@lru_cache(maxsize=1)
def looks_at_locals(names: Names, function: ast.AST) -> bool:
    """Whether a function calls what sees its variables; fixes come in order, so the last one is kept."""
    return any(isinstance(node, ast.Call) and names.qualified(node.func) in REFLECTION for node in walk(function))


def distinct(facts: Facts, function: Definition, variable: Binding) -> str:
    """Why it matters that each call has a function of its own; empty where it is only called, by known code."""
    names, tree = facts.names, facts.tree
    if looks_at_locals(names, tree.function(function)):
        return "the function looks at its locals"
    for use in variable.uses:
        parent = tree.parents[use]
        call = tree.parents[parent] if isinstance(parent, ast.keyword) else parent
        called = names.qualified(call.func) if isinstance(call, ast.Call) else None
        if not tree.is_called(use) and called not in known("hoisting", "function", "calling"):
            return f"`{use.id}` is not only called"
    return ""


def class_name(made: ast.Call | ast.ClassDef, statement: ast.AST) -> str:
    """The name that a class has in the module: the one that it has, or says that it has."""
    if isinstance(made, ast.ClassDef):
        return made.name
    target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    said = made.args[0].value if made.args and isinstance(made.args[0], ast.Constant) else ""
    is_called = isinstance(statement, ast.Call) and statement.func is made
    is_it = said == target.id if isinstance(target, ast.Name) else is_called
    return said if is_it and isinstance(said, str) and said.isidentifier() else ""


def constant(facts: Facts, made: ast.Call | ast.ClassDef, place: ast.stmt) -> str:
    """Why a class is another one each time; empty where it is made of what the module has, and nobody can change."""
    if isinstance(made, ast.Call):
        parts: list[ast.AST] = [made.func, *made.args, *(each.value for each in made.keywords)]
        evaluated = [node for part in parts for node in walk(part) if isinstance(node, ast.expr)]
        strange = next((each for each in evaluated if not isinstance(each, DISPLAYS)), None)
    else:
        captured = next(outside(facts, made, *filter(None, [facts.names.binding_of(made)])), None)
        if captured:
            return f"`{captured.id}` is a variable of the function"
        if not all(isinstance(each, BODY) for each in made.body):
            return "its body does more than define"
        evaluated = list(at_once(made))
        strange = next((each for each in evaluated if not is_fixed(facts, each)), None)
    if strange is not None:
        return f"`{ast.unparse(strange)}` would be made once"
    own = set(facts.names.inner(made).bindings.values()) if isinstance(made, ast.ClassDef) else set()
    for each in evaluated:
        is_own = isinstance(each, ast.Name) and (facts.names.binding(each) in own or isinstance(each.ctx, ast.Store))
        if isinstance(each, ast.Name) and not is_own and not is_there(facts, each, place):
            return f"`{each.id}` is bound in the function, or later"
    return ""


def at_once(made: ast.ClassDef) -> Iterator[ast.expr]:
    """The expressions that run with a class statement, those of its methods apart."""
    nodes: list[ast.AST] = [made]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.expr):
            yield node
        is_function = isinstance(node, FUNCTIONS)
        nodes += [each for name, each in fields(node) if not (is_function and name == "body")]


def fields(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for name, value in ast.iter_fields(node):
        yield from (
            (name, each) for each in (value if isinstance(value, list) else [value]) if isinstance(each, ast.AST)
        )


def is_fixed(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression of a class body gives what all instances may share."""
    if isinstance(node, ast.Call):
        is_field = facts.names.qualified(node.func) in known("hoisting", "class", "fields")
        return is_field or isinstance(facts.tree.parents[node], AROUND)
    if isinstance(node, (ast.Dict, ast.List, ast.Set)):
        return isinstance(facts.tree.enclosing(node, ast.Subscript, ast.stmt), ast.Subscript)
    return isinstance(node, PLAIN)


def taken(facts: Facts, name: str, own: ast.AST) -> str:
    """Why the module cannot have a name; empty where nothing else has it, or asks for it."""
    inside = set(walk(own))
    binding = bound_by(facts, own)
    uses = set(binding.uses) if binding else set()
    others = (each for each in facts.tree.order if each not in inside and each not in uses)
    is_taken = is_private(name) or any(name in spelled(each) for each in others)
    return f"the module has another `{name}`" if is_taken else ""


def bound_by(facts: Facts, statement: ast.AST) -> Binding | None:
    """The variable that a `def`, a `class` or an assignment to one name binds."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else statement
    return facts.names.binding(target) if isinstance(target, ast.Name) else facts.names.binding_of(target)


def written(facts: Facts, statement: ast.stmt) -> str:
    """Why a class must not be shared: the function writes an attribute of it."""
    binding = bound_by(facts, statement)
    parents = [facts.tree.parents[use] for use in (binding.uses if binding else ())]
    stores = any(isinstance(each, ast.Attribute) and not isinstance(each.ctx, ast.Load) for each in parents)
    return "the function writes an attribute of the class" if stores else ""


def unsteady(facts: Facts, node: ast.Call | ast.FunctionDef, loop: ast.stmt) -> str:
    """Why a function must be wrapped at each turn; empty where it is the same one, there in front of the loop."""
    names = facts.names
    inside = set(walk(node))
    for each in inside:
        if isinstance(each, (ast.Attribute, ast.Subscript)) and ast.unparse(each) in facts.invariance.bound(loop):
            return f"the loop writes `{ast.unparse(each)}`"
        binding = names.binding(each) if isinstance(each, ast.Name) else None
        if not isinstance(each, ast.Name) or binding is None or any(one.node in inside for one in binding.definitions):
            continue
        if any(loop in facts.tree.ancestors(one.node) for one in binding.definitions):
            return f"the loop binds `{each.id}`"
        is_traced = facts.tree.function(each) in inside
        if is_traced and binding.scope is not names.module and any(one.kind not in CODE for one in binding.definitions):
            return f"`{each.id}` may change, and a trace keeps what it was"
        if binding.scope is names.scope_of(loop) and not is_given(binding) and not is_before(facts, binding, loop):
            return f"`{each.id}` is not bound once, in front of the loop"
    return ""


def is_given(binding: Binding) -> bool:
    """Whether a variable is a parameter that nothing else binds."""
    return binding.sole is not None and binding.sole.kind is DefinitionKind.PARAMETER


def one_line(facts: Facts, node: ast.AST, place: ast.stmt) -> str:
    """Why an expression cannot be copied in front of a statement; empty where it stands on one line."""
    is_short = getattr(node, "lineno", 0) == getattr(node, "end_lineno", 1)
    return "" if is_short and starts_line(facts, place) else "it spans lines, or a statement shares its line"


def in_front(facts: Facts, node: ast.expr, place: ast.stmt, name: str, gap: int) -> tuple[Edit, ...]:
    """Binds an expression to a name in front of a statement, and puts the name where it stood."""
    span = facts.tree.span(node)
    where = above(facts, place)
    text = f"{indentation(facts, place)}{name} = {facts.source.between(*span)}" + "\n" * (gap + 1)
    return Edit(where, where, text), Edit(*span, name)


def word(wrapped: ast.expr) -> str:
    """What a wrapped function is called, as far as it has a name."""
    if isinstance(wrapped, ast.Call) and wrapped.args:
        return word(wrapped.args[0])
    return getattr(wrapped, "attr", getattr(wrapped, "id", "")).strip("_")


def start(facts: Facts, node: ast.AST) -> tuple[int, int]:
    place = facts.tree.span(node)[0]
    return place.line, place.column


def is_private(name: str) -> bool:
    """Whether a class body spells a name in another way than the module."""
    return name.startswith("__") and not name.endswith("__")
