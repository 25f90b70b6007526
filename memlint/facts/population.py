"""How many instances a class has, by the places of the whole package that make them.

What hangs on one instance a process, or on what lives as long as a class or module, is not worth a word by itself; so a
finding about each instance of a class is told by default only where the code shows that there are many.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.caching import words_of
from memlint.facts.class_model import MAKING, ClassModel
from memlint.facts.closures import is_test
from memlint.facts.project import package_of
from memlint.facts.remembered import remembered
from memlint.facts.shapes import last_name, place
from memlint.facts.writes import is_attribute
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

LEAVING = (ast.Break, ast.Return)
TAKING = frozenset({"clear", "pop", "popitem"})
DESCRIBING = frozenset({"__get__", "__set__", "__set_name__"})
PARENTED = re.compile(r"Q[A-Z]\w+")
"""Names of Qt classes: a parent ends such an object."""
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
FURTHEST = 4
"""Classes that are followed from the one that makes an instance to what makes that one."""
ENOUGH = 5
"""Files in which a class is called that are looked at."""

Place: TypeAlias = "tuple[Facts, ast.Call]"


class Population:
    """Asks of a class where it is instantiated, and of a function where it is called, in its own file and in the others
    of its package."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def is_many(self, model: ClassModel) -> bool:
        """Whether a program makes instances of a class time and again, as far as its package shows, and lets go of
        them before it ends."""
        return not self.is_kept_to_the_end(model) and self.is_made_often(model)

    def is_made_often(self, model: ClassModel) -> bool:
        """Whether a program makes instances of a class time and again, as far as its package shows."""
        return self._is_many(self.facts, model.node, FURTHEST)

    def is_few(self, model: ClassModel) -> bool:
        """Whether the package makes instances of a class, and none of them time and again."""
        return next(self.places(self.facts, model.node), None) is not None and not self.is_many(model)

    def is_used_up(self, model: ClassModel) -> bool:
        """Whether every call that makes an instance stands where it is run over to its end: no jump leaves the loop."""
        return are_some_and_all(self.is_run_through(*place) for place in self.places(self.facts, model.node))

    def is_run_through(self, facts: Facts, call: ast.Call) -> bool:
        user = facts.tree.parents[call]
        target = user.targets[0] if isinstance(user, ast.Assign) else None
        binding = facts.names.binding(target) if isinstance(target, ast.Name) else None
        uses = binding.uses if binding else ()
        return is_run_through(user, call) or any(is_run_through(facts.tree.parents[use], use) for use in uses)

    def is_done_often(self, node: ast.AST | None) -> bool:
        """Whether a statement of this file runs time and again, as far as the package shows."""
        if node is None:
            return False
        if isinstance(self.facts.tree.enclosing(node, *LOOPS, *FUNCTIONS), LOOPS):
            return True
        function = self.facts.tree.enclosing(node, *FUNCTIONS)
        return function is not None and self.runs_often(self.facts, function, FURTHEST)

    def is_run_once(self, function: ast.AST) -> bool:
        """Whether a function is a command of a program, or what it does at its end, or all that calls it is such: or a
        module where it is loaded, or the constructor of a class of which there is one."""
        if self.is_of_program or self.is_called_at_end(function) or is_test(getattr(function, "name", "")):
            return True
        owner = self.facts.tree.parents[function]
        is_alone = getattr(function, "name", "") in known("population", "once", "alone")
        made = self.places(self.facts, owner) if is_alone and isinstance(owner, ast.ClassDef) else iter(())
        if are_some_and_all(is_of_program(facts) for facts, _ in made):
            return True
        return are_some_and_all(self.is_once(*place) for place in self.calls_of(self.facts, function))

    def is_called_at_end(self, function: ast.AST) -> bool:
        """Whether a function is given to what calls it when the process ends."""
        binding = self.facts.names.binding_of(function)
        users = [self.facts.tree.parents[use] for use in (binding.uses if binding else ())]
        called = (each.func for each in users if isinstance(each, ast.Call) and last_name(each.func) == "register")
        return any(self.facts.names.qualified(each) in known("population", "once", "hooks") for each in called)

    def is_once(self, facts: Facts, call: ast.Call, further: int = 2) -> bool:
        """Whether a call runs once in a program: a command makes it, or what only commands call."""
        if is_of_program(facts) or (scope := facts.tree.enclosing(call, *FUNCTIONS)) is None:
            return True
        owner = facts.tree.parents[scope]
        if isinstance(owner, ast.ClassDef):
            return getattr(scope, "name", "") in MAKING and self.is_of_process(facts, owner)
        callers = self.calls_of(facts, scope) if further else ()
        return are_some_and_all(self.is_once(*place, further - 1) for place in callers)

    def calls_of(self, facts: Facts, function: ast.AST) -> Iterator[Place]:
        """The calls of the package that name a function of a file, its own apart; the facts of one file at a time."""
        name = getattr(function, "name", "")
        for other in chain([facts], facts.project.calling(facts, name, ENOUGH)):
            for call in other.registrations.called.get(name, ()):
                if function not in other.tree.ancestors(call):
                    yield other, call

    def _is_many(self, facts: Facts, owner: ast.ClassDef, further: int) -> bool:
        def answer() -> bool:
            is_of_process = self.is_of_process(facts, owner)
            return not is_of_process and any(self.is_repeated(*place, further) for place in self.places(facts, owner))

        return facts.project.answered((facts.source.path, owner.lineno, further), answer)

    def is_of_process(self, facts: Facts, owner: ast.ClassDef) -> bool:
        """Whether a class says that each instance lives as long as a process, a class or the module."""
        model = facts.classes.of(owner)
        if facts.registrations.lives_on(model) or any(DESCRIBING & each.methods.keys() for each in model.lineage()):
            return True
        if any(
            is_attribute(each, "__dict__") and isinstance(getattr(each, "ctx", None), ast.Store)
            for each in self.made_of(model)
        ):
            return True
        if any(PARENTED.fullmatch(last_name(base)) for each in model.lineage() for base in each.node.bases):
            return True
        plain = (each.func if isinstance(each, ast.Call) else each for each in owner.decorator_list)
        return any(facts.names.qualified(each) in known("population", "once", "decorators") for each in plain)

    def made_of(self, model: ClassModel) -> Iterator[ast.AST]:
        """The nodes of the constructors of a class."""
        makers = (model.methods[each] for each in MAKING if each in model.methods)
        return (node for maker in makers for node in walk(maker))

    @remembered
    def is_kept_to_the_end(self, model: ClassModel) -> bool:
        """Whether a constructor gives the process a function to call when it ends, which most likely holds the
        instance."""
        calls = (node for node in self.made_of(model) if isinstance(node, ast.Call))
        return any(self.facts.names.qualified(each.func) in known("population", "once", "hooks") for each in calls)

    def places(self, facts: Facts, owner: ast.ClassDef) -> Iterator[Place]:
        """The calls of the package that name the class, in its own file first; those of tests apart."""
        names = {each.node.name for each in facts.registrations.family(facts.classes.of(owner))}
        for other in chain([facts], facts.project.calling(facts, owner.name, ENOUGH)):
            called = other.registrations.called
            calls = [call for name in names for call in called.get(name, ())]
            if other is facts and "cls" not in names:
                own = called.get("cls", ())
                calls += (call for call in own if facts.tree.enclosing(call, ast.ClassDef) is owner)
            for call in sorted(calls, key=place):
                if other.registrations.is_shown(call):
                    continue
                if other is facts or self.may_mean(other, call, owner, names):
                    yield other, call

    def may_mean(self, facts: Facts, call: ast.Call, owner: ast.ClassDef, names: set[str]) -> bool:
        """Whether a call in another file may make an instance of a class: it does not name another class."""
        found = facts.find(call.func)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return True
        return found.node.lineno == owner.lineno if found.node.name == owner.name else found.node.name in names

    def is_repeated(self, facts: Facts, call: ast.Call, further: int) -> bool:
        """Whether a call runs more than a few times in a program: in a loop, or in what is itself done time and
        again."""
        scope = facts.tree.enclosing(call, *FUNCTIONS)
        if scope is None:
            return False
        if isinstance(facts.tree.enclosing(call, *LOOPS, *FUNCTIONS), LOOPS):
            name = getattr(scope, "name", "")
            return name in MAKING or known("population", "once", "steps").isdisjoint(words_of(name))
        if self.is_kept_for_all(facts, call):
            return False
        return further > 0 and not is_of_program(facts) and self.runs_often(facts, scope, further - 1)

    @cached_property
    def is_of_program(self) -> bool:
        """Whether the file holds commands of a program, each of which runs once."""
        return is_of_program(self.facts)

    def is_called(self, function: ast.AST) -> bool:
        """Whether anything of the package calls a function of this file, by its name."""
        name = getattr(function, "name", "")
        files = chain([self.facts], self.facts.project.calling(self.facts, name, 2))
        return any(name in facts.registrations.called for facts in files)

    def is_kept_for_all(self, facts: Facts, call: ast.Call) -> bool:
        """Whether an instance goes into a variable of the module or a container there, or is made but where none is
        there yet: `if self._clock is None: self._clock = Clock()`, `clocks[zone] = Clock()`; unless code takes
        some out again."""
        user = facts.tree.parents[call]
        if isinstance(user, ast.Call) and isinstance(user.func, ast.Attribute):
            return facts.registrations.is_global(user.func.value)
        targets = user.targets if isinstance(user, ast.Assign) else []
        if any(map(facts.registrations.is_global, targets)):
            return True
        tests = [ast.dump(each.test) for each in facts.tree.ancestors(call) if isinstance(each, ast.If)]
        names = {last_name(each.value if isinstance(each, ast.Subscript) else each) for each in targets} - {""}
        is_asked = any(f"'{name}'" in test for name in names for test in tests)
        if not is_asked or isinstance(targets[0], ast.Name):
            return False
        takes = (node for node in facts.tree.nodes(ast.Attribute) if node.attr in TAKING)
        return names.isdisjoint(last_name(each.value) for each in takes)

    def runs_often(self, facts: Facts, function: ast.AST, further: int) -> bool:
        """Whether a function is no step of a program's start: what calls it runs often, or nothing in the package does,
        so that others call it."""
        name = getattr(function, "name", "")
        if isinstance(function, ast.Lambda):
            return True
        if facts.closures.runs_once(function) or facts.registrations.is_setup(function) or is_test(name):
            return False
        if self.is_decorating(facts, function) or facts.closures.is_cached(function):
            return False
        owner, said = facts.tree.parents[function], words_of(name) or [""]
        is_program = said[0] in known("hooks", "single", "programs")
        if isinstance(owner, ast.ClassDef) and (is_program or name in known("population", "once", "makers")):
            return further > 0 and self._is_many(facts, owner, further)
        if is_program:
            return False
        if not known("population", "once", "words").isdisjoint(said):
            return False
        return facts.project.answered(
            (facts.source.path, getattr(function, "lineno", 0), further),
            lambda: self.is_called_often(facts, function, name, further),
        )

    def is_called_often(self, facts: Facts, function: ast.AST, name: str, further: int) -> bool:
        """Whether any call of a function runs often; others call one that the package itself does not."""
        answers = (self.is_repeated(*place, further) for place in self.calls_of(facts, function))
        first = next(answers, None)
        if first is None:
            return name not in known("population", "once", "alone") and not is_factory(function)
        return first or any(answers)

    def is_decorating(self, facts: Facts, function: ast.AST) -> bool:
        """Whether a function, or one around it, is given a function or a class by the name of its parameter: it runs as
        often as the program has such."""
        around = (function, *(each for each in facts.tree.ancestors(function) if isinstance(each, FUNCTIONS)))
        given = (each.arg for outer in around for each in (*outer.args.posonlyargs, *outer.args.args))  # type: ignore[attr-defined]
        return not known("hooks", "single", "functions").isdisjoint({*given} - {"cls"})


def are_some_and_all(answers: Iterator[bool]) -> bool:
    """Whether there are answers, and all are yes; the facts of a file are let go before the next one is asked."""
    return next(answers, False) and all(answers)


def is_factory(function: ast.AST) -> bool:
    """Whether a method is another way to make an instance of its class, which says nothing of how often that is."""
    return any(
        isinstance(each, ast.Name) and each.id == "classmethod" for each in getattr(function, "decorator_list", ())
    )


def is_of_program(facts: Facts) -> bool:
    """Whether a file holds commands of a program, each of which runs once, by its name or its folder's."""
    path = PurePath(facts.source.path)
    said = {word for name in (path.stem, *path.parts[-3:-1]) for word in (name, *name.split("_"))}
    if not known("population", "once", "modules").isdisjoint(said):
        return True
    package = PurePath(package_of(facts.source.path)).name
    return any(each.endswith(("cli", "ctl")) for each in (package, *said))


def is_run_through(user: ast.AST, call: ast.expr) -> bool:
    """Whether an iterable is run over to its end where it is made: by a comprehension, a loop without a way out,
    `yield from`, or a call such as `list`."""
    if isinstance(user, (ast.For, ast.AsyncFor)):
        return user.iter is call and not any(isinstance(each, LEAVING) for part in user.body for each in walk(part))
    if isinstance(user, ast.Call):
        return call in user.args and last_name(user.func) in known("population", "once", "running_through")
    return isinstance(user, (ast.comprehension, ast.YieldFrom, ast.Starred))
