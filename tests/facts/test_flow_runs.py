"""Flow held against what really happens in small random functions, with every read and binding noted."""

from __future__ import annotations

import ast
import builtins
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import CodeType, GeneratorType
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memlint.facts.flow import UNBOUND, Flow

from .random_functions import NAMES, function_of

FAILURES: list[Callable[[], Exception]] = [KeyError, ValueError]
if sys.version_info >= (3, 11):
    FAILURES.append(lambda: builtins.ExceptionGroup("both", [KeyError(), ValueError()]))


class Event(NamedTuple):
    """Something that happened at the node with this number; of a read, also which node's binding it found."""

    kind: str
    name: str
    number: int
    found: int | None = None


class Run:
    """Holds the variables of a running function as attributes such as `a_17`: name `a`, used by node 17."""

    log: list[Event]
    values: dict[str, tuple[int, Any]]
    dice: random.Random
    fuel: int

    def __init__(self, seed: int) -> None:
        vars(self).update(log=[], values={}, dice=random.Random(seed), fuel=10)

    def __getattr__(self, key: str) -> Any:
        name, number = key.split("_")
        bound = self.values.get(name)
        self.log.append(Event("read", name, int(number), bound and bound[0]))
        if bound is None:
            raise NameError(name)
        return bound[1]

    def __setattr__(self, key: str, value: Any) -> None:
        name, number = key.split("_")
        self.log.append(Event("bind", name, int(number)))
        self.values[name] = (int(number), value)

    def __delattr__(self, key: str) -> None:
        name, _ = key.split("_")
        if name not in self.values:
            raise NameError(name)
        self.unbind(key)

    def unbind(self, key: str) -> None:
        name, number = key.split("_")
        self.log.append(Event("bind", name, int(number)))
        self.values.pop(name, None)

    def bind(self, key: str, value: Any) -> Any:
        setattr(self, key, value)
        return value

    def done(self, number: int) -> None:
        self.log.append(Event("done", "", number))

    def step(self) -> int:
        """A call that may fail, and whose outcome nobody knows."""
        if self.dice.random() < 0.2:
            raise self.dice.choice(FAILURES)()
        return self.dice.randrange(2)

    def more(self) -> bool:
        vars(self)["fuel"] -= 1
        return self.fuel > 0 and self.dice.random() < 0.7

    def items(self, *_: Any) -> Iterator[int]:
        for item in range(self.dice.randrange(3)):
            self.step()
            yield item

    def call(self, value: Any) -> Any:
        return value() if callable(value) and self.more() else value

    def __enter__(self) -> int:
        return self.step()

    def __exit__(self, *_: object) -> bool:
        return self.step() == 1


class Recording(ast.NodeTransformer):
    """Turns the variables of a function into attributes of `run`, and marks where its statements are done."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.numbers = {node: number for number, node in enumerate(ast.walk(function))}
        self.hidden: frozenset[str] = frozenset()
        self.is_nested = False
        function.body = [changed for statement in function.body for changed in self.visit(statement)]

    def visit(self, node: ast.AST) -> Any:
        changed = super().visit(node)
        if not isinstance(node, ast.stmt):
            return changed
        statements = changed if isinstance(changed, list) else [changed]
        done = [] if self.is_nested else [ast.Expr(call("done", self.numbers[node]))]
        return [*statements, *done]

    def key(self, name: str, node: ast.AST) -> str:
        return f"{name}_{self.numbers[node]}"

    def visit_Name(self, node: ast.Name) -> ast.expr:
        is_ours = node.id in NAMES and node.id not in self.hidden
        return variable(self.key(node.id, node), node.ctx) if is_ours else node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        return call("bind", self.key(node.target.id, node.target), self.visit(node.value))

    def visit_ListComp(self, node: Any) -> Any:
        outside = self.hidden
        first = self.visit(node.generators[0].iter)
        self.hidden |= {part.target.id for part in node.generators}
        self.generic_visit(node)
        self.hidden = outside
        node.generators[0].iter = first
        return node

    visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_Lambda(self, node: Any) -> Any:
        outside = self.hidden, self.is_nested
        self.visit(node.args)
        self.hidden |= {parameter.arg for parameter in node.args.args}
        self.is_nested = True
        self.generic_visit(node)
        self.hidden, self.is_nested = outside
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> list[ast.stmt]:
        name, node.name = node.name, "made"
        return [self.visit_Lambda(node), assign(self.key(name, node), "made")]

    def visit_ClassDef(self, node: ast.ClassDef) -> list[ast.stmt]:
        name, node.name = node.name, "made"
        self.is_nested = True
        self.generic_visit(node)
        self.is_nested = False
        return [node, assign(self.key(name, node), "made")]

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.stmt:
        return ast.Pass()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        self.generic_visit(node)
        node.simple = 0
        return node

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        (alias,) = node.names
        name, alias.asname = str(alias.asname), "made"
        return [node, assign(self.key(name, alias), "made")]

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        if node.name is not None:
            key, node.name = self.key(node.name, node), "made"
            unbind = ast.Expr(call("unbind", key))
            node.body = [assign(key, "made"), ast.Try(node.body, [], [], [unbind])]
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        self.generic_visit(node)
        tests = [] if node.guard is None else [node.guard]
        for part in ast.walk(node.pattern):
            if isinstance(part, (ast.MatchAs, ast.MatchStar)) and part.name is not None:
                bind = call("bind", self.key(part.name, part), ast.Name("made", ast.Load()))
                tests.insert(0, ast.Tuple([bind], ast.Load()))
                part.name = "made"
        node.guard = ast.BoolOp(ast.And(), [*tests, ast.Constant(True)]) if tests else None
        return node


def variable(key: str, context: ast.expr_context) -> ast.Attribute:
    return ast.Attribute(ast.Name("run", ast.Load()), key, context)


def assign(key: str, name: str) -> ast.stmt:
    return ast.Assign([variable(key, ast.Store())], ast.Name(name, ast.Load()))


def call(method: str, *arguments: Any) -> ast.Call:
    values = [part if isinstance(part, ast.expr) else ast.Constant(part) for part in arguments]
    return ast.Call(variable(method, ast.Load()), values, [])


def constants(function: ast.AST) -> dict[ast.AST, ast.Constant]:
    """The constants to which names are bound, by the node that binds."""
    return {
        node.targets[0]: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }


def recorded(source: str) -> tuple[CodeType, dict[str, int]]:
    """The code of a function made to record, and the numbers of its parameters."""
    tree = ast.parse(source)
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    recording = Recording(function)
    parameters = {parameter.arg: recording.numbers[parameter] for parameter in function.args.args}
    return compile(ast.fix_missing_locations(tree), "<recorded>", "exec"), parameters


def run_once(code: CodeType, parameters: dict[str, int], seed: int) -> Run:
    run = Run(seed)
    namespace: dict[str, Any] = {"run": run, "manager": run}
    namespace |= {name: getattr(run, name) for name in ("call", "items", "more", "step")}
    exec(code, namespace)
    for name, number in parameters.items():
        run.values[name] = (number, seed % 2)
    kind = "raised"
    with suppress(Exception, GeneratorExit):
        finish(namespace["f"](0, 0), run)
        kind = "returned"
    for name in NAMES:
        run.log.append(Event(kind, name, -1, run.values.get(name, (None,))[0]))
    return run


def finish(value: Any, run: Run) -> None:
    """Takes a generator to its end, or closes it on the way; it may go on when it is closed."""
    if isinstance(value, GeneratorType):
        with suppress(StopIteration):
            next(value)
            while True:
                if run.dice.random() < 0.3:
                    value.throw(GeneratorExit)
                else:
                    next(value)


def check(flow: Flow, nodes: list[Any], log: list[Event]) -> None:
    """Goes through what happened from its end: `read_next` are the names whose values are still read."""
    read_next: set[str] = set()
    for event in reversed(log):
        node = nodes[event.number]
        found = UNBOUND if event.found is None else nodes[event.found]
        if event.kind == "read":
            assert found in flow.reaching(node), ast.dump(node)
            read_next |= {event.name} if event.found is not None else set()
        elif event.kind == "bind":
            read_next.discard(event.name)
        elif event.kind == "returned":
            assert found in flow.reaching_exit(event.name, raising=False)
        elif event.kind == "raised":
            assert found in flow.reaching_exit(event.name)
        else:
            assert flow.reachable(node)
            assert read_next <= flow.live_after(node), ast.unparse(node)
    done = Counter(event.number for event in log if event.kind == "done")
    assert all(flow.loops(nodes[number]) for number, times in done.items() if times > 1)


@given(st.lists(st.binary(min_size=40, max_size=140).map(function_of), min_size=3, max_size=3))
@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_happens_is_foreseen(sources: list[str]) -> None:
    for source in sources:
        check_runs(source)


def check_runs(source: str) -> None:
    with catch_warnings():
        simplefilter("ignore", SyntaxWarning)
        function = ast.parse(source).body[0]
        code, parameters = recorded(source)
    assert isinstance(function, ast.FunctionDef)
    bound = constants(function)

    def passes(definition: ast.AST, test: ast.expr, outcome: bool) -> bool:
        is_constant = isinstance(test, ast.Name) and definition in bound
        return not is_constant or bool(bound[definition].value) == outcome

    nodes = list(ast.walk(function))
    flow = Flow(function, passes)
    for seed in range(6):
        check(flow, nodes, run_once(code, parameters, seed).log)
