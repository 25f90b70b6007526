from __future__ import annotations

import ast

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst, known


class CheckpointOnDevice(Rule):
    """A checkpoint is loaded onto the device that it was saved from, beside the module that is there already."""

    code = "ML930"
    name = "checkpoint-on-device"
    effect = Effect.PEAK
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"load", rb"load_state_dict", file=(rb"\btorch\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(is_copied(facts, call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        if call is None or not is_copied(self.facts, call):
            return
        fix = self.move(call)
        self.report(
            call,
            f"`{ast.unparse(call.func)}` puts a second copy of the tensors on the device that they were saved from, "
            'until `load_state_dict` has copied them: load them with `map_location="cpu"`',
            fix=fix,
            unfixed="" if fix else "the call spans lines, or a comment stands in it",
        )

    def move(self, call: ast.Call) -> Fix | None:
        """Tell the call to load onto the CPU."""
        text = self.text(call)
        if "\n" in text or "#" in text or text.rstrip(")").rstrip().endswith(","):
            return None
        end = self.slice.span(call)[1]
        place = type(end)(end.line, end.column - 1)
        quote = self.facts.source.quote
        return Fix("load onto the CPU", Safety.UNSAFE, (Edit(place, place, f", map_location={quote}cpu{quote}"),))


def is_copied(facts: Facts, call: ast.Call) -> bool:
    """Whether a call loads a checkpoint to wherever it was saved, and a module copies from it."""
    if len(call.args) != 1 or isinstance(call.args[0], ast.Starred):
        return False
    if any(keyword.arg in ("map_location", None) for keyword in call.keywords):
        return False
    if facts.names.qualified(call.func) not in known("frameworks", "checkpoints", "loading"):
        return False
    if any(is_saved_from_cpu(facts, node) for node in facts.tree.order):
        return False
    if is_taken(facts, call):
        return True
    statement = facts.tree.parents[call]
    target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    binding = facts.names.binding(target) if isinstance(target, ast.Name) else None
    if binding is None or binding.scope.node is not facts.tree.function(call):
        return False
    reached = (use for use in binding.uses if facts.tree.function(use) is binding.scope.node)
    return any(is_taken(facts, use) and target in facts.flow(facts.tree.function(use)).reaching(use) for use in reached)


def is_taken(facts: Facts, value: ast.AST) -> bool:
    """Whether a value, or an item of it, is what `load_state_dict` is given."""
    parent = facts.tree.parents[value]
    while isinstance(parent, ast.Subscript) and parent.value is value:
        value, parent = parent, facts.tree.parents[parent]
    if not isinstance(parent, ast.Call) or parent.args[:1] != [value] or not isinstance(parent.func, ast.Attribute):
        return False
    receiver = ast.unparse(parent.func.value).lower()
    is_small = any(word in receiver for word in known("frameworks", "checkpoints", "small"))
    return not is_small and parent.func.attr in known("frameworks", "checkpoints", "takers")


def is_saved_from_cpu(facts: Facts, node: ast.AST) -> bool:
    """Whether a node imports a package for devices that save their checkpoints from the CPU, and not only in case there
    are such: then there may be others."""
    modules = [each.name for each in node.names] if isinstance(node, ast.Import) else []
    modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    if not any(each.partition(".")[0] in known("frameworks", "checkpoints", "saved_from_cpu") for each in modules):
        return False
    outer = facts.tree.parents[node]
    is_asked = isinstance(outer, ast.If) and not isinstance(outer.test, ast.Constant)
    return not (is_asked or isinstance(outer, ast.Try))
