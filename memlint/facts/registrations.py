"""Registrations: who hands a callable that holds its own instance to something else, and whether any code undoes it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.class_model import ClassModel, MethodKind
from memlint.facts.closures import is_test
from memlint.facts.names import Binding, DefinitionKind
from memlint.facts.scopes import ScopeKind
from memlint.facts.shapes import asks_name, last_name
from memlint.knowledge import names as known
from memlint.knowledge import table

if TYPE_CHECKING:
    from memlint.facts import Facts

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Registrations:
    """Asks of a call what it registers with whom, and of the file whether something takes it out again."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def held(self, value: ast.expr) -> ClassModel | None:
        """The class whose current instance a value holds: a bound method, a partial, a lambda or a nested function that
        reads it, or the instance itself."""
        classes, names = self.facts.classes, self.facts.names
        if isinstance(value, ast.Attribute):
            model = classes.instance(value.value)
            return model if model and model.kind(value.attr) is MethodKind.INSTANCE else None
        if isinstance(value, ast.Call) and names.qualified(value.func) == "functools.partial":
            return next(self.held_among(value), None)
        if isinstance(value, ast.Name) and (model := classes.instance(value)):
            return model
        binding = names.binding(value) if isinstance(value, ast.Name) else None
        sole = binding.sole.node if binding and binding.sole else None
        inner = value if isinstance(value, ast.Lambda) else sole if isinstance(sole, FUNCTIONS) else None
        if inner is None or (binding and binding.scope.kind is not ScopeKind.FUNCTION):
            return None
        reads = (classes.instance(node) for node in walk(inner) if isinstance(node, ast.Name))
        return next((model for model in reads if model), None)

    def held_among(self, call: ast.Call) -> Iterator[ClassModel]:
        """The classes whose current instances the arguments of a call hold."""
        for value in (*call.args, *(keyword.value for keyword in call.keywords)):
            if model := self.held(value):
                yield model

    def kept_by_process(self, call: ast.Call) -> ClassModel | None:
        """The class whose instances a call hands to the process until it ends, when nothing here takes them back and
        there is more than one of them as far as this file shows."""
        keeper = self.facts.names.qualified(call.func)
        if keeper is None or (keeper not in KEEPERS and not self.is_chained(call, keeper)):
            return None
        model = next(self.held_among(call), None)
        if model is None or self.is_single(model) or self.is_undone(keeper) or not ends(model):
            return None
        function = self.facts.tree.function(call)
        return None if words(getattr(function, "name", ""))[0] in PROGRAMS else model

    def is_chained(self, call: ast.Call, keeper: str) -> bool:
        """Whether an instance keeps what it replaces, and never puts it back: the next instance holds this one."""
        parent = self.facts.tree.parents[call]
        target = parent.targets[0] if isinstance(parent, ast.Assign) else None
        if keeper not in SLOTS or not isinstance(target, ast.Attribute):
            return False
        others = (each for each in self.calls if self.facts.names.qualified(each.func) == keeper)
        return bool(self.facts.classes.instance(target.value)) and not any(
            isinstance(node, ast.Attribute) and node.attr == target.attr for each in others for node in walk(each)
        )

    def is_undone(self, keeper: str) -> bool:
        """Whether any code of this file speaks of what undoes a function's work."""
        undoing = table("hooks")["undoing"].get(keeper, [])
        last = {each.rpartition(".")[2] for each in undoing}
        return any(
            self.facts.names.qualified(node) in undoing
            for node in self.facts.tree.parents
            if (isinstance(node, ast.Attribute) and node.attr in last) or isinstance(node, ast.Name)
        )

    def is_single(self, model: ClassModel, counts_shown: bool = True) -> bool:
        """Whether a class seems to have one instance: made once, kept in a global or in the class itself, or said to
        be. What is made to show it counts where `counts_shown`."""
        node = model.node
        makers = [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
        said = " ".join([node.name, *map(ast.unparse, makers)]).lower()
        own = {*model.methods, *self.facts.names.inner(node).bindings}
        if any(word in said for word in SINGLE_WORDS) or own & SINGLE or self.facts.classes.is_singleton(model):
            return True
        if self.is_called(model, ROLES):
            return True
        if any(self.is_global(target) for target in self.places(model)):
            return True
        if any(self.facts.names.qualified(base) in known("hooks", "single", "bases") for base in node.bases):
            return True
        made = [call for each in self.family(model) for call in self.makers.get(each.node, ())]
        made = made if counts_shown else [call for call in made if not self.is_shown(call)]
        functions = [self.facts.tree.function(call) for call in made]
        if made and all(self.facts.closures.runs_once(each) or self.is_setup(each) for each in functions):
            return True
        parents = (self.facts.tree.parents[call] for call in made)
        targets = [target for each in parents if isinstance(each, ast.Assign) for target in each.targets]
        return any(map(self.is_global, targets))

    def is_called(self, model: ClassModel, last: frozenset[str]) -> bool:
        """Whether the name of a class, or of a base, ends with one of some words."""
        return any(words(each)[-1] in last for each in (model.node.name, *map(ast.unparse, model.node.bases)))

    def lives_on(self, model: ClassModel) -> bool:
        """Whether the instances of a class seem to be made once and to live as long as the process, or to be there for
        tests alone: a cycle through them keeps nothing that would else be freed."""
        said = words(model.node.name)
        if said[-1] in PARTS or not EXAMPLES.isdisjoint(said):
            return True
        if SAID_FOR_TESTS.search(ast.get_docstring(model.node) or "") or self.is_named_by_settings(model):
            return True
        if self.is_run(model):
            return True
        made = self.makers.get(model.node, [])
        if said[-1] in MANY or self.is_multiplied(model) or (made and all(map(self.is_shown, made))):
            return False
        if any(map(self.is_let_go, made)):
            return False
        return self.is_single(model, counts_shown=False)

    def is_run(self, model: ClassModel) -> bool:
        """Whether a method of a class is the program: it runs an event loop of its own to its end."""
        method = model.methods.get("run")
        calls = [node for node in walk(method) if isinstance(node, ast.Call)] if method else []
        return any(self.facts.names.qualified(each.func) in known("hooks", "single", "runs") for each in calls)

    def is_let_go(self, call: ast.Call) -> bool:
        """Whether a call gives a variable an instance that a `del` takes from it again."""
        parent = self.facts.tree.parents[call]
        targets = parent.targets if isinstance(parent, ast.Assign) else []
        bindings = [self.facts.names.binding(each) for each in targets if isinstance(each, ast.Name)]
        return any(
            made.kind is DefinitionKind.DELETE for binding in bindings if binding for made in binding.definitions
        )

    def is_multiplied(self, model: ClassModel) -> bool:
        """Whether an instance makes others of its kind: `type(self)(…)`, `self.__class__(…)`."""
        for call in (each for each in walk(model.node) if isinstance(each, ast.Call)):
            made = call.func
            if isinstance(made, ast.Call) and self.facts.names.qualified(made.func) == "builtins.type":
                made = made.args[0] if len(made.args) == 1 else made
            elif isinstance(made, ast.Attribute) and made.attr == "__class__":
                made = made.value
            if made is not call.func and self.facts.classes.instance(made) is not None:
                return True
        return False

    def is_shown(self, call: ast.Call) -> bool:
        """Whether a call stands in a test or under `if __name__ == "__main__"`: it says nothing of other programs."""
        if is_test(getattr(self.facts.tree.function(call), "name", "")):
            return True
        conditions = (each.test for each in self.facts.tree.ancestors(call) if isinstance(each, ast.If))
        return any(map(asks_name, conditions))

    def is_function(self, subject: Binding) -> bool:
        """Whether a parameter is a function or a class by its name, as that of a decorator is."""
        return subject.definitions[0].kind is DefinitionKind.PARAMETER and subject.name in CODE

    def is_named_by_settings(self, model: ClassModel) -> bool:
        """Whether a class that its own file does not call is named by a string of another file in the folder, so that a
        program makes it as one of its parts: `backend = "shop.stock:Keeper"`."""
        if model.node in self.makers:
            return False
        module = re.escape(os.fsencode(os.path.basename(self.facts.source.path).removesuffix(".py")))
        pattern = re.compile(rb"[\"'](\w+\.)+%s[.:]%s[\"']" % (module, model.node.name.encode()))
        return next(self.facts.project.beside(self.facts, pattern), None) is not None

    def is_setup(self, function: ast.AST) -> bool:
        """Whether a framework calls a function of the module once in a program, by its name."""
        is_named = getattr(function, "name", "") in known("hooks", "single", "makers")
        return is_named and isinstance(self.facts.tree.parents[function], ast.Module)

    def family(self, model: ClassModel) -> list[ClassModel]:
        """The class and its subclasses in this file."""
        return [model, *self.facts.classes.derived[model]]

    def places(self, model: ClassModel) -> Iterator[ast.expr]:
        """Where code of the class puts its instance: the targets of `… = self`, and lists and sets that it joins."""
        for node in walk(model.node):
            if isinstance(node, ast.Assign) and self.facts.classes.instance(node.value) is model:
                yield from node.targets
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in JOINING:
                is_joined = any(self.facts.classes.instance(given) is model for given in node.args)
                is_plain = self.facts.kind(node.func.value) in ("list", "set")
                if is_joined and is_plain and not self.is_left(node.func.value):
                    yield node.func.value

    def is_left(self, place: ast.expr) -> bool:
        """Whether this file takes something out of a container, one by one."""
        shown = ast.dump(place)
        called = (call.func for call in self.calls if isinstance(call.func, ast.Attribute))
        return any(each.attr in ("discard", "remove") and ast.dump(each.value) == shown for each in called)

    @cached_property
    def called(self) -> dict[str, list[ast.Call]]:
        """The calls of the file by the last name of what they call."""
        called: dict[str, list[ast.Call]] = {}
        for call in self.calls:
            called.setdefault(last_name(call.func), []).append(call)
        return called

    @cached_property
    def makers(self) -> dict[ast.ClassDef, list[ast.Call]]:
        """By class, the calls of the file that make an instance of it, by its name or by `cls`."""
        named: dict[Binding, list[ast.ClassDef]] = {}
        for node in self.facts.tree.nodes(ast.ClassDef):
            binding = self.facts.names.binding_of(node)
            if binding is not None:
                named.setdefault(binding, []).append(node)
        makers: dict[ast.ClassDef, list[ast.Call]] = {}
        for call in self.calls:
            if not isinstance(call.func, ast.Name):
                continue
            binding = self.facts.names.binding(call.func)
            made = named.get(binding, ()) if binding is not None else ()
            if call.func.id == "cls":
                around = self.facts.tree.enclosing(call, ast.ClassDef)
                made = [around] if around is not None else ()
            for node in made:
                makers.setdefault(node, []).append(call)
        return makers

    def is_global(self, target: ast.expr) -> bool:
        """Whether a place belongs to the module or a class, or is in a container that does."""
        target = target.value if isinstance(target, ast.Subscript) else target
        binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
        if binding and binding.scope.kind in (ScopeKind.MODULE, ScopeKind.CLASS):
            return True
        owner = target.value if isinstance(target, ast.Attribute) else None
        return isinstance(owner, ast.Name) and (owner.id == "cls" or owner.id[:1].isupper())

    @cached_property
    def calls(self) -> list[ast.Call]:
        """Every call of the file."""
        return list(self.facts.tree.nodes(ast.Call))


def words(name: str) -> list[str]:
    """The words of a name, in small letters: `shut`, `down` of `_shut_down`; `base`, `server` of `BaseServer`."""
    parts = WORD.findall(name.rpartition(".")[2])
    return [part.lower() for part in parts] or [""]


def ends(model: ClassModel) -> bool:
    """Whether a class, or a base of it in this file, has a method by which its instances end."""
    return any(is_ending(name) for each in model.local_lineage() for name in each.methods)


def is_ending(name: str) -> bool:
    """Whether a method ends an instance by its name, and not the process, as `_flush_on_exit` does."""
    said = words(name)
    return not ENDING.isdisjoint(said) and "exit" not in said[1:]


WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
JOINING = frozenset({"add", "append"})
KEEPERS = known("hooks", "process", "keepers")
SLOTS = known("hooks", "process", "slots")
SINGLE = known("hooks", "single", "attributes")
SINGLE_WORDS = known("hooks", "single", "words")
ROLES = known("hooks", "single", "roles")
PARTS = known("hooks", "single", "parts")
MANY = known("hooks", "single", "many")
EXAMPLES = known("hooks", "single", "examples")
CODE = known("hooks", "single", "functions")
SAID_FOR_TESTS = re.compile(
    r"\b(?:for|in)\s+(?:use\s+in\s+)?(?:the\s+|unit\s+)?(?:tests\b|testing\b|unittests?\b)", re.IGNORECASE
)
PROGRAMS = known("hooks", "single", "programs")
ENDING = known("hooks", "ending", "words")
