"""Names that a fix needs from the standard library: the import that is there already, or the edit that adds one."""

from __future__ import annotations

import ast
import sys
from itertools import dropwhile, pairwise, takewhile

from memlint.facts import Facts
from memlint.facts.layout import FUNCTIONS, first_line, last_line
from memlint.facts.names import Binding, Scope
from memlint.model import Edit, Position

DEFINING = (*FUNCTIONS, ast.ClassDef)
STANDARD = frozenset(sys.stdlib_module_names)


def reachable(facts: Facts, module: str, name: str, node: ast.expr) -> tuple[str, tuple[Edit, ...]] | None:
    """How `module.name` is written where a call stands, and the edit that makes it so; None where no import can be
    added.

    Where `from module import` binds what is called, the name is listed there. An import is added beside the one that
    binds what is called, so that wherever that has run, this one has too.
    """
    known = listed(facts, module, name, node)
    if known is not None:
        return known
    anchor = imported_by(facts, node)
    text = seen(facts, module, name, node, anchor)
    if text:
        return text, ()
    if facts.names.lookup(facts.names.scope_of(node), module) is not None or facts.names.has_star_import:
        return None
    edit = added(facts, module, anchor) if anchor else None
    return (f"{module}.{name}", (edit,)) if edit else None


def seen(facts: Facts, module: str, name: str, node: ast.expr, anchor: ast.stmt | None) -> str:
    """How `module.name` is written at an expression by the imports that are there; empty where none is of use."""
    scope = facts.names.scope_of(node)
    outer: Scope | None = scope
    while outer is not None:
        for identifier, binding in outer.bindings.items():
            text = spelled(facts, binding, module, name)
            is_seen = text and facts.names.lookup(scope, identifier) is binding
            if is_seen and is_there(facts, binding, node, anchor):
                return text
        outer = outer.parent
    return ""


def importable(facts: Facts, module: str, name: str, node: ast.expr) -> tuple[str, tuple[Edit, ...]] | None:
    """How `module.name` is written at an expression, and the edit that makes it so: also in a file without imports, or
    one that stands under one condition as a whole."""
    text = seen(facts, module, name, node, imported_by(facts, node))
    if text:
        return text, ()
    if facts.names.lookup(facts.names.scope_of(node), module) is not None or facts.names.has_star_import:
        return None
    block = facts.tree.module.body
    above: list[ast.stmt] = []
    while len(block) > len(above):
        above = [each for number, each in enumerate(block) if is_future(each) or (number == 0 and is_text(each))]
        below = block[len(above) :]
        if len(below) != 1 or not isinstance(below[0], ast.If) or below[0].orelse:
            break
        block, above = below[0].body, []
    run = list(takewhile(is_import, dropwhile(lambda each: not is_import(each), block)))
    edit = added(facts, module, run[-1]) if run else first(facts, module, block, above)
    return (f"{module}.{name}", (edit,)) if edit else None


def listed(facts: Facts, module: str, name: str, read: ast.expr) -> tuple[str, tuple[Edit, ...]] | None:
    """How `name` is written where another name is read or called that `from module import` binds, and the edit of this
    import; it lets go of the other name where nothing else reads that."""
    read = read.func if isinstance(read, ast.Call) else read
    binding = facts.names.binding(read) if isinstance(read, ast.Name) else None
    alias = binding.sole.node if binding and binding.sole else None
    statement = facts.tree.parents[alias] if isinstance(alias, ast.alias) else None
    if binding is None or not isinstance(alias, ast.alias) or not isinstance(statement, ast.ImportFrom):
        return None
    if statement.module != module or statement.level:
        return None
    start, stop = facts.tree.span(alias)
    there = next((each for each in statement.names if each.name == name), None)
    found = facts.names.lookup(facts.names.scope_of(read), (there.asname or name) if there else name)
    is_spare = binding.uses == [read] and not is_told(facts, binding.name)
    if there is None:
        if found is not None or facts.names.has_star_import:
            return None
        return name, (Edit(start, stop, name) if is_spare else Edit(start, start, f"{name}, "),)
    if found is None or found.sole is None or found.sole.node is not there:
        return None
    number = statement.names.index(alias)
    if number:
        start = facts.tree.span(statement.names[number - 1])[1]
    else:
        stop = facts.tree.span(statement.names[1])[0]
    edits = (Edit(start, stop, ""),) if is_spare and "#" not in facts.source.between(start, stop) else ()
    return found.name, edits


def is_told(facts: Facts, name: str) -> bool:
    """Whether a string of the file is a name, as those in `__all__` and in annotations are."""
    return any(isinstance(each, ast.Constant) and each.value == name for each in facts.tree.parents)


def first(facts: Facts, module: str, block: list[ast.stmt], head: list[ast.stmt]) -> Edit | None:
    """An edit that adds the first import of a block: below its docstring, and below the comments at the top."""
    beside = head[-1] if head else block[0]
    if not is_alone(facts, beside):
        return None
    lines = facts.source.lines
    opening = lines[first_line(beside) - 1]
    blanks = opening[: len(opening) - len(opening.lstrip())]
    if head:
        end = Position(last_line(beside), len(lines[last_line(beside) - 1]) + 1)
        below = block[len(head) :]
        blank = first_line(below[0]) - end.line - 1 if below and isinstance(below[0], DEFINING) else 2
        return Edit(end, end, f"\n\n{blanks}import {module}" + "\n" * max(0, 2 - blank))
    start = Position(above(facts, beside), 1)
    gap = "\n\n\n" if isinstance(beside, DEFINING) else "\n\n"
    return Edit(start, start, f"{blanks}import {module}{gap}")


def is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str)


def is_future(statement: ast.AST) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def spelled(facts: Facts, binding: Binding, module: str, name: str) -> str:
    """What a binding makes of `module.name`; empty where it is another thing."""
    imported = binding.sole.node if binding.sole else None
    if not isinstance(imported, ast.alias):
        return ""
    statement = facts.tree.parents[imported]
    if isinstance(statement, ast.ImportFrom):
        is_it = statement.module == module and not statement.level and imported.name == name
        return binding.name if is_it else ""
    is_it = imported.name == module or (imported.asname is None and imported.name.startswith(f"{module}."))
    return f"{binding.name}.{name}" if is_it else ""


def is_there(facts: Facts, binding: Binding, node: ast.expr, anchor: ast.stmt | None) -> bool:
    """Whether an import has run when a call does: it stands further up, under no condition of its own."""
    statement = binding.definitions[0].statement
    holder = facts.tree.parents[statement]
    beside = anchor is not None and holder is facts.tree.parents[anchor]
    return (beside or isinstance(holder, (ast.Module, *FUNCTIONS))) and statement.lineno < node.lineno


def imported_by(facts: Facts, call: ast.expr) -> ast.stmt | None:
    """The import that binds the name with which a call begins; else the first of the module that is not from
    `__future__`."""
    first: ast.AST = call
    while isinstance(first, (ast.Attribute, ast.Call)):
        first = first.value if isinstance(first, ast.Attribute) else first.func
    binding = facts.names.binding(first) if isinstance(first, ast.Name) else None
    sole = binding.sole if binding else None
    if sole is not None and is_import(sole.statement):
        return sole.statement
    return next(filter(is_import, facts.tree.module.body), None)


def is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Import, ast.ImportFrom)) and not is_future(statement)


def added(facts: Facts, module: str, anchor: ast.stmt) -> Edit | None:
    """An edit that adds `import module` to the block of another import, where the order of the file wants it: above it,
    at it, or among the imports that follow it at once."""
    holder = facts.tree.parents[anchor]
    block = next((value for _, value in ast.iter_fields(holder) if isinstance(value, list) and anchor in value), [])
    place = block.index(anchor) if block else 0
    near = [*filter(is_import, block[:place]), *takewhile(is_import, block[place:])]
    own = [each for each in near if root(each) in STANDARD]
    plain = own if is_mixed(own) else [each for each in own if isinstance(each, ast.Import)]
    later = next((each for each in plain if dotted(each) > module), None)
    beside = later or (plain[-1] if plain else (own or near or [None])[0])
    if beside is None or not is_alone(facts, beside):
        return None
    lines = facts.source.lines
    line = lines[beside.lineno - 1]
    indentation = line[: len(line) - len(line.lstrip())]
    if plain and later is None:
        end = Position(last_line(beside), len(lines[last_line(beside) - 1]) + 1)
        return Edit(end, end, f"\n{indentation}import {module}")
    start = Position(first_line(beside) if own else above(facts, beside), 1)
    return Edit(start, start, f"{indentation}import {module}\n" + ("" if own else "\n"))


def above(facts: Facts, statement: ast.stmt) -> int:
    """The line of a statement, or of the comments on it, but for those at the head of the file."""
    line = first_line(statement)
    while line > 1 and facts.source.lines[line - 2].lstrip().startswith("#"):
        line -= 1
    return line if line > 1 else first_line(statement)


def is_mixed(imports: list[ast.stmt]) -> bool:
    """Whether `import` and `from` stand in one order, and not one kind after the other."""
    return any(isinstance(one, ast.ImportFrom) and isinstance(other, ast.Import) for one, other in pairwise(imports))


def dotted(statement: ast.stmt) -> str:
    """What an import of this kind is sorted by: the module that it names first."""
    return statement.names[0].name if isinstance(statement, ast.Import) else getattr(statement, "module", None) or ""


def root(statement: ast.stmt) -> str:
    """The package that an import names first; empty for one of its own."""
    if isinstance(statement, ast.Import):
        return statement.names[0].name.partition(".")[0]
    if isinstance(statement, ast.ImportFrom) and not statement.level:
        return (statement.module or "").partition(".")[0]
    return ""


def is_alone(facts: Facts, statement: ast.stmt) -> bool:
    """Whether a statement has its lines to itself, but for a comment at their end."""
    start, end = facts.tree.span(statement)
    lines = facts.source.lines
    behind = lines[end.line - 1][end.column - 1 :].strip()
    is_first = start.line == 1 or not lines[start.line - 2].endswith("\\")
    before = lines[start.line - 1][: start.column - 1]
    return is_first and not before.strip() and (not behind or behind.startswith("#"))
