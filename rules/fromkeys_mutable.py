from __future__ import annotations

import ast

from memlint.api import LEAVES, Effect, Fix, Role, Rule, Safety, Scope, Severity, all_of, cst, walk

KEYED = frozenset({"builtins.dict.fromkeys", "collections.OrderedDict.fromkeys", "collections.defaultdict.fromkeys"})
CHANGEABLE = frozenset({"array", "bytearray", "defaultdict", "deque", "dict", "list", "set"})
MADE = (ast.Call, ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp)
LOOSE = (ast.IfExp, ast.Lambda)
BINDING = (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)


class FromkeysMutable(Rule):
    """`fromkeys` gives every key the same value; what changes it under one key changes it under all."""

    code = "ML502"
    name = "fromkeys-mutable"
    effect = Effect.SHARED
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"fromkeys")

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        if call is None or not self.keys_alike(call):
            return
        value = call.args[1]
        kind = self.facts.elements.kind(value)
        write = self.facts.elements.write(call, value, is_mapping=True)
        if write is None and (kind not in CHANGEABLE or not self.may_change(call)):
            return
        shown = self.quoted(call) or "`fromkeys`"
        told = f"{shown} gives every key the same {kind or 'object'}"
        if write is not None:
            told += f", so {self.told(write)} changes it for all"
        fix, unfixed = self.comprehension(call)
        self.report(
            call,
            f"{told}; make one for each key in a comprehension",
            severity=None if write else Severity.INFO,
            related=[(write, "the change")] if write else [],
            fix=fix,
            unfixed=unfixed,
        )

    def keys_alike(self, call: ast.Call) -> bool:
        """Whether a call is `fromkeys` with a value that is made right there."""
        if len(call.args) != 2 or call.keywords or not isinstance(call.func, ast.Attribute):
            return False
        if isinstance(call.args[0], ast.Starred) or not isinstance(call.args[1], MADE):
            return False
        of_display = call.func.attr == "fromkeys" and isinstance(call.func.value, ast.Dict)
        return of_display or self.facts.names.qualified(call.func) in KEYED

    def may_change(self, call: ast.Call) -> bool:
        """Whether something out of sight may change a value: it or the mapping leaves, and no key is given another."""
        elements = self.facts.elements
        touches = list(elements.touches(call, is_mapping=True))
        leaving = any(touch.role in (*LEAVES, Role.PASSED, Role.ALIASED) for touch in touches)
        return leaving and not any(elements.replaces(touch) for touch in touches)

    def comprehension(self, call: ast.Call) -> tuple[Fix | None, str]:
        """The fix that makes a value for each key, or why there is none."""
        assert isinstance(call.func, ast.Attribute)
        keys, value = call.args
        maker = self.facts.names.qualified(call.func) or "builtins.dict.fromkeys"
        if "#" in self.text(call):
            return None, "a comment stands in the call"
        if maker == "collections.defaultdict.fromkeys":
            return None, "a comprehension makes no `defaultdict`"
        if any(isinstance(node, BINDING) for node in walk(keys)):
            return None, "the keys are bound or awaited here"
        if reason := self.facts.elements.unrepeatable(value):
            return None, reason
        key, made = self.unused_name(call), self.text(value)
        source = f"({self.text(keys)})" if isinstance(keys, LOOSE) else self.text(keys)
        if maker == "builtins.dict.fromkeys":
            content = f"{{{key}: {made} for {key} in {source}}}"
        else:
            content = f"{self.text(call.func.value)}(({key}, {made}) for {key} in {source})"
        return Fix("make a value for each key in a comprehension", Safety.UNSAFE, (self.replace(call, content),)), ""

    def unused_name(self, call: ast.Call) -> str:
        """A name for the key that nothing around the call has."""
        taken = {node.id for node in walk(call) if isinstance(node, ast.Name)}
        scope: Scope | None = self.facts.names.scope_of(call)
        while scope is not None:
            taken.update(scope.bindings, scope.declared)
            scope = scope.parent
        names = ("key", *(f"key_{number}" for number in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)
