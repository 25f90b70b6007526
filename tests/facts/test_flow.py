"""What Flow says about small bodies, in full: definitions and live names by line; the `def` is line 1."""

from __future__ import annotations

import ast
import sys
from typing import Any

import pytest

from memlint.facts.flow import Flow

from .bodies import definitions, lines, live, parse, reaching


def test_straight_line() -> None:
    source = """
        def f():
            x = 1
            y = x
            x = 2
            return x + y
    """
    assert reaching(source) == {3: "2", 5: "4", "returned": "4", "left": "2 4"}
    assert live(source) == {2: "x", 3: "y", 4: "x y", 5: ""}


def test_both_branches_bind() -> None:
    source = """
        def f(a):
            x = None
            if a:
                x = 1
            else:
                x = 2
            return x
    """
    assert reaching(source) == {7: "4 6", "returned": "4 6", "left": "2 4 6"}
    assert live(source) == {2: "a", 3: "x", 4: "x", 6: "x", 7: ""}


def test_one_branch_binds() -> None:
    source = """
        def f(a):
            if a:
                x = 1
            print(x)
            return x
    """
    assert reaching(source) == {4: "3 unbound", 5: "3", "returned": "3", "left": "3 unbound"}


def test_a_read_before_the_binding_of_its_own_statement() -> None:
    source = """
        def f(x):
            x = x or []
            x += [x]
            return x
    """
    assert reaching(source) == {2: "1", 3: "2", 4: "3", "returned": "3", "left": "1 2 3"}
    assert live(source) == {2: "x", 3: "x", 4: ""}


def test_an_early_return() -> None:
    source = """
        def f(x):
            if x:
                return 0
            x = 1
            return x
    """
    assert reaching(source) == {2: "1", 5: "4", "returned": "1 4", "left": "1 4"}
    assert live(source) == {2: "", 3: "", 4: "x", 5: ""}


def test_a_loop_carries_bindings_to_its_next_turn() -> None:
    source = """
        def f(rows):
            x = None
            for row in rows:
                print(x)
                x = row
            else:
                print(x)
    """
    assert reaching(source) == {4: "2 5", 7: "2 5", "returned": "2 5", "left": "2 5"}
    assert live(source) == {2: "rows x", 3: "", 4: "row", 5: "x", 7: ""}


def test_a_finally_that_clears_a_name_clears_it_on_every_way_out() -> None:
    source = """
        def f(path):
            x = open(path)
            try:
                for line in x:
                    if line:
                        return line
                    if path:
                        break
            finally:
                x = None
            return path
    """
    assert reaching(source) == {4: "2", "returned": "10", "left": "10 unbound"}


def test_a_finally_keeps_its_ways_apart() -> None:
    """What an exception leaves behind does not reach the code after the statement."""
    source = """
        def f():
            x = None
            try:
                x = make()
            finally:
                close()
            return x
    """
    assert reaching(source) == {7: "4", "returned": "4", "left": "2 4"}


def test_a_return_in_a_finally_ends_an_exception() -> None:
    source = """
        def f():
            x = 1
            try:
                x = make()
            finally:
                return 0
    """
    assert reaching(source) == {"returned": "2 4", "left": "2 4"}


def test_del_before_the_return() -> None:
    source = """
        def f(x):
            y = len(x)
            del x
            return y
    """
    assert reaching(source) == {2: "1", "returned": "unbound", "left": "1 unbound"}
    assert live(source) == {2: "y", 3: "y", 4: ""}


@pytest.mark.parametrize(("condition", "expected"), [("a", "1 5"), ("True", "1")])
def test_del_raises_only_where_the_name_may_be_unbound(condition: str, expected: str) -> None:
    source = f"""
        def f(a, y=0):
            if {condition}: x = 1
            try:
                del x
            except NameError: y = 1
            return y
    """
    assert reaching(source, "y") == {6: expected, "returned": expected, "left": expected}


def test_the_name_of_an_exception_is_gone_after_its_handler() -> None:
    source = """
        def f(x):
            try:
                work()
            except ValueError as x:
                if x:
                    return x
            return x
    """
    assert reaching(source) == {5: "4", 6: "4", 7: "1 unbound", "returned": "1 unbound", "left": "1 unbound"}


def test_handlers_start_wherever_the_body_may_have_stopped() -> None:
    source = """
        def f():
            x = 1
            try:
                x = 2
                work()
                x = 3
            except ValueError:
                print(x)
    """
    assert reaching(source) == {8: "4", "returned": "4 6", "left": "4 6"}
    assert live(source) == {2: "", 3: "", 4: "x", 5: "", 6: "", 8: ""}


def test_a_with_may_swallow_an_exception() -> None:
    source = """
        def f(x, manager):
            with manager as x:
                x = work()
            return x
    """
    assert reaching(source) == {4: "2 3", "returned": "2 3", "left": "1 2 3"}


def test_an_endless_loop_ends_by_break_alone() -> None:
    source = """
        def f():
            while True:
                x = make()
                if x:
                    break
                x = None
            return x
    """
    assert reaching(source) == {4: "3", 7: "3", "returned": "3", "left": "3 6 unbound"}


def test_a_walrus_binds_where_it_runs() -> None:
    source = """
        def f(rows):
            if rows and (x := rows.pop()):
                return x
            print(x)
            return [x for row in rows if (x := row)]
    """
    expected = {3: "2", 4: "2 unbound", 5: "5", "returned": "2 5", "left": "2 5 unbound"}
    assert reaching(source) == expected


def test_a_comprehension_runs_in_place_and_has_its_own_targets() -> None:
    source = """
        def f(x, rows):
            y = [x for x in x]
            rows = [y for row in rows if rows]
            return rows
    """
    assert reaching(source, "rows") == {3: "1", 4: "3", "returned": "3", "left": "1 3"}
    assert live(source) == {2: "rows y", 3: "rows", 4: ""}
    assert Flow(parse(source)).captured == frozenset()


def test_code_that_runs_later_captures() -> None:
    source = """
        def f(a, b, c, d, e):
            later = lambda a, k=b: (a, c)
            total = sum(d for row in e)
            class Inner:
                kind = b
                def method(self): return total
            b = d = e = None
            return later
    """
    assert Flow(parse(source)).captured == {"c", "d", "total"}
    assert live(source)[8] == "c d total"


def test_a_name_that_nested_code_binds_may_have_that_binding_anywhere() -> None:
    source = """
        def f():
            x = 1
            def again():
                nonlocal x
                x = 2
            again()
            return x
    """
    expected = "2 5 unbound"
    assert reaching(source) == {7: expected, "returned": expected, "left": expected}


def test_a_read_in_nested_code_may_find_any_binding() -> None:
    source = """
        def f():
            x = 1
            def later(): return x
            x = 2
            return later
    """
    assert reaching(source) == {3: "2 4 unbound", "returned": "4", "left": "2 4"}


def test_match_binds_what_it_captures() -> None:
    source = """
        def f(x, point):
            match point:
                case [x, 0] if x:
                    return x
                case (1 as x) | (2 as x):
                    pass
                case _:
                    x = None
            return x
    """
    assert reaching(source) == {3: "3", 4: "3", 9: "5 8", "returned": "3 5 8", "left": "1 3 5 8"}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="except* is of Python 3.11")
def test_the_handlers_of_a_group_may_all_run() -> None:
    source = """
        def f():
            x = 1
            try:
                work()
            except* ValueError:
                x = 2
            except* TypeError:
                print(x)
    """
    assert reaching(source) == {8: "2 6", "returned": "2 6", "left": "2 6"}


def test_loops_repeat_their_body_and_the_test_of_a_while() -> None:
    body = parse("""
        def f(rows, more):
            for row in rows(1):
                while more(2):
                    one(3)
                else:
                    two(4)
            else:
                three(5)
            return [four(6) for row in rows]
    """)
    flow = Flow(body)
    calls: dict[int, Any] = {
        ast.literal_eval(node.args[0]): node for node in ast.walk(body) if isinstance(node, ast.Call)
    }
    found = {number: [loop.lineno for loop in flow.loops(node)] for number, node in calls.items()}
    assert found == {1: [], 2: [2, 3], 3: [2, 3], 4: [2], 5: [], 6: []}
    assert {number for number, node in calls.items() if flow.at_most_once(node)} == {1, 5, 6}


def test_what_cannot_be_reached() -> None:
    body = parse("""
        def f(x):
            while 1:
                if x: return 1
                continue
                a = 1
            if x:
                b = 1
    """)
    flow = Flow(body)
    statements = [node for node in ast.walk(body) if isinstance(node, ast.stmt) and node is not body]
    assert sorted(node.lineno for node in statements if not flow.reachable(node)) == [5, 6, 7]
    source = "def f():\n    return 0\n    print(x)\n    x = 1"
    assert reaching(source) == {3: "", "returned": "unbound", "left": "unbound"}


def test_super_reads_the_first_parameter_and_locals_reads_all() -> None:
    assert live("def f(self, a):\n    a = 1\n    self = None\n    super().f()") == {2: "", 3: "self", 4: ""}
    assert live("def f(self, a):\n    a = 1\n    return locals()") == {2: "a self", 3: ""}


def test_names_of_a_module_outlive_it() -> None:
    body = ast.parse("import os\nfrom time import *\nx = os\nos = None\ndef f():\n    global y\n    y = x\n")
    flow = Flow(body)
    assert flow.captured == {"x", "y"}
    assert flow.live_after(body.body[3]) == {"f", "os", "x", "y"}
    assert definitions(flow, body, "os") == {3: "1 2", "returned": "4", "left": "1 2 4 unbound"}
    assert definitions(flow, body, "y") == {"returned": "2 7 unbound", "left": "2 7 unbound"}


def test_a_name_of_another_scope_may_have_any_binding() -> None:
    source = "def f():\n    global x\n    x = 1\n    return x"
    assert reaching(source) == {4: "3 unbound", "returned": "3 unbound", "left": "3 unbound"}


def test_lambdas_classes_and_chosen_names() -> None:
    body = ast.parse("lambda x: (y := x) + y").body[0]
    assert isinstance(body, ast.Expr) and isinstance(body.value, ast.Lambda)
    assert definitions(Flow(body.value), body.value, "y") == {1: "1", "returned": "1", "left": "1 unbound"}
    made = parse("class C:\n    x = 1\n    y = x\n    def f(self): return self")
    assert Flow(made).live_after(made.body[0]) == {"f", "x", "y"}
    function = parse("def f(x):\n    y = x\n    return x, y")
    assert Flow(function, names={"y"}).live_after(function.body[0]) == {"y"}
    assert Flow(function, names={"y"}).is_live_after(function.body[0], "x")


def test_deep_code_is_no_recursion() -> None:
    elifs = "".join(f"    elif x == {number}:\n        y = {number}\n" for number in range(900))
    chain = "y" + ".a(1)" * 700
    body = parse(f"def f(x):\n    if x: y = 0\n{elifs}    return {' + '.join(['x'] * 1500)} + {chain}")
    assert len(Flow(body).reaching_exit("y")) == 902


def test_finally_inside_finally_stays_small() -> None:
    source = "def f(x):\n"
    for depth in range(1, 19):
        indent = "    " * depth
        source += f"{indent}try:\n{indent}    return x\n{indent}finally:\n"
    body = parse(f"{source}{'    ' * 19}x = None")
    assert lines(Flow(body).reaching_exit("x")) == str(source.count("\n") + 1)
