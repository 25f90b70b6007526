"""Reference cycles through the attributes of several objects: who keeps whom, until it comes back to the first."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.class_model import ClassModel, MethodKind, Store
from memlint.facts.cycle_model import Cycle, Edge, Key
from memlint.facts.keeping import Link, Path
from memlint.facts.names import Binding, DefinitionKind
from memlint.facts.shapes import is_counted, is_standard, place, rank
from memlint.facts.writes import Write, is_attribute
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Body, Facts

LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LONGEST = 4
"""Links of a cycle that is made by statements of one function."""

CLOSING = frozenset({"__aexit__", "__exit__", "aclose", "async_close", "close", "shutdown"})
"""Methods that give back what an instance holds, so that a late end of it costs no more than its memory."""

CUTS = (
    rb"\.(%(attributes)s)(\[[^\]\n]*\])?\s*(=\s*None\b|\.\s*(clear|discard|pop|popitem|popleft|remove)\b)"
    rb"|\bdel\b[^\n]*\.(%(attributes)s)\b|[\"'](%(attributes)s)[\"']"
)
"""How a line may look that cuts one of some attributes: what files are to be read for."""


class Cycles:
    """The cycles of a file between instances of two and more classes, or two and more objects of a function."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.classes = facts.classes

    def within(self, first: int, last: int) -> list[Cycle]:
        """The cycles whose closing statement begins on one of these lines, each told once in a file."""
        return [cycle for cycle in self._all if first <= cycle.by.lineno <= last]

    @cached_property
    def _all(self) -> list[Cycle]:
        found: list[Cycle] = []
        told: set[object] = set()
        cycles = [*self._of_classes(), *self._of_functions()]
        for cycle in sorted(cycles, key=self._order):
            way = (cycle.names[-1], cycle.names[1:-1]) if cycle.owner else frozenset(cycle.names)
            is_told = told & {cycle.by, way}
            if not is_told and not self.is_substitute(cycle.by) and not self._is_cut_nearby(cycle):
                found.append(cycle)
            told |= {cycle.by, way, frozenset(cycle.names)}
        return found

    def _order(self, cycle: Cycle) -> tuple[bool, str, int, int, int]:
        """Which of the places that close a cycle is told of."""
        return *rank(self.facts.tree.function(cycle.by)), *place(cycle.by), len(cycle.names)

    def is_substitute(self, node: ast.AST) -> bool:
        """Whether code takes the place of what the standard library has: it stands where the import of that fails."""
        handlers = [each for each in self.facts.tree.ancestors(node) if isinstance(each, ast.ExceptHandler)]
        guarded = self.facts.tree.parents[handlers[-1]] if handlers else None
        tried = guarded.body if isinstance(guarded, ast.Try) else []
        sources = [each.module or "" for each in tried if isinstance(each, ast.ImportFrom) and not each.level]
        return bool(tried) and len(sources) == len(tried) and all(map(is_standard, sources))

    def _is_cut_nearby(self, cycle: Cycle) -> bool:
        """Whether another file, in the folder of one that makes a link, cuts an attribute of that name."""
        attributes = {name.rpartition(".")[2] for name in cycle.names[:-1]}
        either = "|".join(map(re.escape, attributes)).encode()
        pattern = re.compile(CUTS % {b"attributes": either})
        files = {id(facts): facts for facts in (self.facts, *(facts for facts, _, _ in cycle.places))}
        return any(
            attribute in attributes
            for facts in files.values()
            for other in self.facts.project.beside(facts, pattern)
            for attribute in other.classes.cut_from_outside
        )

    def _of_classes(self) -> Iterator[Cycle]:
        """`self.child = C(self)`, where C keeps what it is given."""
        for model in self.classes.models.values():
            memoized = list(self.memoized(model))
            for store in sorted((*self.facts.keeping.stores(model), *memoized), key=lambda store: rank(store.method)):
                for path in self._back(model, store):
                    if path.links and self._is_kept(model, store, store in memoized) and self._stays(path.links):
                        yield self._through(model, store, path.links)
                        break

    def _is_kept(self, model: ClassModel, store: Store, is_memoized: bool) -> bool:
        """Whether a store stays; a cached property takes the place of its own descriptor."""
        return not self.classes.is_cut(model, store) if is_memoized else self.classes.is_lasting(model, store)

    def memoized(self, model: ClassModel) -> Iterator[Store]:
        """What the cached properties of a class keep in the instance, each stored by its `def`."""
        for method in model.methods.values():
            if any(self._caches(decorator) for decorator in method.decorator_list):
                returned = (node.value for node in walk(method) if isinstance(node, ast.Return) and node.value)
                yield from (Store(method.name, value, method, method) for value in returned)

    def _caches(self, decorator: ast.expr) -> bool:
        qualified = self.names.qualified(decorator) or ""
        return qualified.rpartition(".")[2] in known("calls", "memoized", "properties")

    def _back(self, model: ClassModel, store: Store) -> Iterator[Path]:
        """The paths from a stored value back to the instance that stores it."""
        return self.facts.keeping.paths(store.value, lambda value: self.classes.instance(value) is model)

    def _stays(self, links: tuple[Link, ...]) -> bool:
        """Whether no code of this file cuts the links that other classes make."""
        return not any(link.attribute in self.classes.cut_from_outside for link in links)

    def _through(self, model: ClassModel, store: Store, links: tuple[Link, ...]) -> Cycle:
        owner = model.node.name
        models = [model, *(link.model for link in links)]
        return Cycle(
            store.by,
            (f"{owner}.{store.attribute}", *map(str, links), owner),
            str(links[-1]),
            tuple((link.facts, link.by, f"`{link}` keeps it") for link in links),
            (None, *((link.facts, link.by) for link in links)),
            any(map(self._is_heavy, models)),
            not self.facts.population.is_many(model),
            any(map(self._closes, models)),
            owner=model,
            up=links[-1],
        )

    def _is_heavy(self, model: ClassModel) -> bool:
        home = model.home.facts
        if any(home.kinds.of(store.value) in known("containers", "heavy", "kinds") for store in model.stores):
            return True
        binding = home.names.binding_of(model.node)
        calls = [home.tree.parents[use] for use in binding.uses] if binding else []
        loops = (home.tree.enclosing(call, *LOOPS) for call in calls if isinstance(call, ast.Call))
        return any(loop is not None and not is_counted(loop) for loop in loops)

    def _of_functions(self) -> Iterator[Cycle]:
        """`child.parent = self` with `self.children.append(child)`, `a.next = b` with `b.previous = a`."""
        written: dict[Body, list[tuple[ast.stmt, Write]]] = defaultdict(list)
        for statement, write in self.classes.stored:
            if isinstance(base(write.attribute.value), ast.Name):
                written[self.facts.tree.function(statement)].append((statement, write))
        for body, writes in written.items():
            edges = self._edges(body, sorted(writes, key=lambda pair: (pair[0].lineno, pair[0].col_offset)))
            told: set[frozenset[Key]] = set()
            for number, edge in enumerate(edges):
                way = self._way_back(edge, edges[:number]) if edge.by is not None else None
                objects = frozenset(each.holder for each in (edge, *way)) if way is not None else frozenset()
                if way is not None and objects not in told and all(map(self._is_lasting, (edge, *way))):
                    told.add(objects)
                    yield self._between(edge, way)

    def _edges(self, body: Body, writes: list[tuple[ast.stmt, Write]]) -> list[Edge]:
        """The references that the statements of a body make between objects that it writes to, in order."""
        holders = {key for _, write in writes if (key := self._key(write.attribute.value, body))}
        edges = [Edge((key[0], ""), key[1], key, None) for key in holders if key[1]]
        for statement, write in writes:
            holder = self._key(write.attribute.value, body)
            if holder is None or write.value is None or not self._may_stay(write.attribute.attr):
                continue
            for path in self.facts.keeping.paths(write.value, lambda value: self._key(value, body) in holders):
                value = self._key(path.value, body)
                uses = [each for each in map(base, (write.attribute.value, path.value)) if isinstance(each, ast.Name)]
                if value is not None and (path.links or value != holder) and self._stays(path.links):
                    edges.append(Edge(holder, write.attribute.attr, value, statement, tuple(uses), path.links))
        return edges

    def _key(self, expression: ast.expr, body: Body) -> Key | None:
        """The object that `x` or `x.attribute` means, for a variable of this body."""
        variable = base(expression)
        binding = self.names.binding(variable) if isinstance(variable, ast.Name) else None
        if binding is None or binding.scope.node is not body or not is_variable(binding):
            return None
        if isinstance(expression, ast.Attribute) and self._holds_code(expression):
            return None
        return binding, expression.attr if isinstance(expression, ast.Attribute) else ""

    def _holds_code(self, attribute: ast.Attribute) -> bool:
        """Whether an attribute of the instance is given a class, module or function, which lives on by itself."""
        model = self.classes.instance(attribute.value)
        values = (
            (store.value for each in model.local_lineage() for store in each.stores_of(attribute.attr)) if model else ()
        )
        bindings = [self.names.binding(each) for each in values if isinstance(each, ast.Name)]
        return any(each is not None and not is_variable(each) for each in bindings)

    def _model(self, binding: Binding) -> ClassModel | None:
        """The class of the instance that a variable is: of `self`, or of what it is made by."""
        use = next(iter(binding.uses), None)
        if use is not None and (model := self.classes.instance(use)):
            return model
        made = binding.sole.value if binding.sole else None
        return self.classes.made_by(made) if isinstance(made, ast.Call) else None

    def _may_stay(self, attribute: str) -> bool:
        """Whether no code of this file cuts an attribute of that name, or makes it run code."""
        return (
            attribute not in self.classes.replaced
            and not self.classes.is_ever_cut(attribute)
            and not any(
                each.kinds.get(attribute) in (MethodKind.PROPERTY, MethodKind.UNKNOWN) or attribute in each.assigned
                for each in self.classes.models.values()
            )
        )

    def _is_lasting(self, edge: Edge) -> bool:
        """Whether the class of the holder, where it is known, lets a reference stay; only a class that is known stores
        what no statement here does."""
        model = self._model(edge.holder[0]) if not edge.holder[1] else None
        if model is None:
            return edge.by is not None
        stores = [store for store in model.stores if store.attribute == edge.attribute]
        own = [store for store in stores if store.by is edge.by or edge.by is None]
        if own:
            return all(self.classes.is_lasting(model, store) for store in own)
        is_cut = any(cut.attribute == edge.attribute for each in model.lineage() for cut in each.cuts)
        return edge.by is not None and not is_cut and not model.intercepts(edge.attribute)

    def _way_back(self, edge: Edge, edges: list[Edge]) -> list[Edge] | None:
        """The shortest chain of earlier references from the value of a reference to its holder."""
        ways: list[list[Edge]] = [[]]
        for _ in range(LONGEST):
            longer = []
            for way in ways:
                end = way[-1].value if way else edge.value
                if end == edge.holder:
                    return way
                for other in edges:
                    if other.holder == end and all(self._meet(other, each) for each in (edge, *way)):
                        longer.append([*way, other])
            ways = longer
        return None

    def _meet(self, one: Edge, other: Edge) -> bool:
        """Whether two references may both be made, and mean the same objects by the same names."""
        if one.by is None or other.by is None or one.by is other.by:
            return True
        if self.classes.excludes(one.by, other.by):
            return False
        pairs = [(first, second) for first in one.uses for second in other.uses if first.id == second.id]
        return all(self._is_same(first, second) for first, second in pairs)

    def _is_same(self, first: ast.Name, second: ast.Name) -> bool:
        """Whether two uses of a name read one value: one definition reaches both, or none comes between them in a run
        of statements."""
        binding = self.names.binding(first)
        body = self.facts.tree.function(first)
        if binding is None or body is not self.facts.tree.function(second):
            return False
        if binding.sole is not None:
            return True
        flow = self.facts.flow(body)
        reaching = flow.reaching(first)
        if reaching != flow.reaching(second):
            return False
        lines = sorted((first.lineno, second.lineno))
        in_a_row = self._block(first) is self._block(second)
        return len(reaching) == 1 or (
            in_a_row and not any(lines[0] <= each.node.lineno <= lines[1] for each in binding.definitions)  # type: ignore[attr-defined]
        )

    def _block(self, node: ast.AST) -> ast.AST | None:
        statement = self.facts.tree.statement(node)
        return self.facts.tree.parents.get(statement) if statement else None

    def _between(self, edge: Edge, way: list[Edge]) -> Cycle:
        """The cycle that a reference closes over earlier ones."""
        assert edge.by is not None
        around = [edge, *way]
        from_self = [number for number, each in enumerate(around) if self._is_instance(each.holder)]
        first = from_self[0] if from_self else 1 % len(around)
        around = [*around[first:], *around[:first]]
        names = [name for each in around for name in (self._label(each), *map(str, each.links))]
        models = [self._model(each.holder[0]) for each in around if not each.holder[1]]
        models += [link.model for each in around for link in each.links]
        made_in_loop = any(self._is_made_in_loop(each.holder[0]) for each in around)
        places = [(self.facts, each.by, f"`{self._label(each)}` keeps the other way") for each in way if each.by]
        places += [(link.facts, link.by, f"`{link}` keeps it") for each in around for link in each.links]
        return Cycle(
            edge.by,
            (*names, names[0].rpartition(".")[0]),
            names[-1],
            tuple(places),
            tuple(
                made for each in around for made in (self._maker(each), *((link.facts, link.by) for link in each.links))
            ),
            made_in_loop or any(self._is_heavy(model) for model in models if model),
            self._is_alone(models, around),
            any(self._closes(model) for model in models if model),
            any(map(self._is_slot, around)),
        )

    def _maker(self, edge: Edge) -> tuple[Facts, ast.AST] | None:
        """Where a reference is made: by a statement of the function, or elsewhere by the class of its holder."""
        if edge.by is not None:
            return self.facts, edge.by
        model = self._model(edge.holder[0])
        stores = model.stores_of(edge.attribute) if model else []
        return (model.home.facts, stores[0].by) if model and stores else None

    def _is_alone(self, models: list[ClassModel | None], around: list[Edge]) -> bool:
        """Whether a class of a cycle has one instance, or its first object lives on, as what the module binds once."""
        if any(self.facts.registrations.is_function(each.holder[0]) for each in around):
            return True
        if all(each.by and isinstance(self.facts.tree.function(each.by), ast.Module) for each in around):
            return any(self._stays_bound(each.holder[0], around[0].by) for each in around)
        own = [model for model in models if model and model.home is self.classes]
        first = self._model(around[0].holder[0]) if not around[0].holder[1] else None
        alone = (model for model in own if model is first or self.classes.is_singleton(model))
        if any(map(self.facts.registrations.lives_on, alone)):
            return True
        if first is not None and first.home is self.classes:
            return not self.facts.population.is_many(first)
        return not self.facts.population.is_done_often(around[0].by or around[1].by)

    def _stays_bound(self, binding: Binding, by: ast.stmt | None) -> bool:
        """Whether a variable of the module keeps the object that it has at a statement; an `except` that binds it has
        not seen that statement succeed."""
        later = [each.statement for each in binding.definitions if by and each.statement.lineno > by.lineno]
        is_rebound = any(self.facts.tree.enclosing(each, ast.ExceptHandler) is None for each in later)
        return not is_rebound and not self._is_made_in_loop(binding)

    def _closes(self, model: ClassModel) -> bool:
        return any(name in CLOSING for each in model.lineage() for name in each.methods)

    def _is_slot(self, edge: Edge) -> bool:
        """Whether a reference is put into a table of a parameter under a constant key: `host.data[DOMAIN] = …`."""
        given = edge.holder[0].definitions
        if edge.by is None or self._is_instance(edge.holder) or self._is_instance(edge.value):
            return False
        if given[0].kind is not DefinitionKind.PARAMETER:
            return False
        keys: list[ast.expr] = []
        for node in walk(edge.by):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                keys += [node.slice] if is_attribute(node.value, edge.attribute) else []
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault":
                keys += node.args[:1] if is_attribute(node.func.value, edge.attribute) else []
        return any(isinstance(key, ast.Constant) or (isinstance(key, ast.Name) and key.id.isupper()) for key in keys)

    def _is_instance(self, key: Key) -> bool:
        """Whether an object is the current instance of a class."""
        use = next(iter(key[0].uses), None)
        return not key[1] and use is not None and self.classes.instance(use) is not None

    def _label(self, edge: Edge) -> str:
        """A link as a path shows it: the class of the holder, or the variable, and the attribute."""
        model = self._model(edge.holder[0])
        holder = model.node.name if model else edge.holder[0].name
        return ".".join(filter(None, (holder, edge.holder[1], edge.attribute)))

    def _is_made_in_loop(self, binding: Binding) -> bool:
        made = [each for each in binding.definitions if isinstance(each.value, ast.Call)]
        return any(self.facts.tree.enclosing(each.statement, ast.For, ast.AsyncFor, ast.While) for each in made)


def is_variable(binding: Binding) -> bool:
    """Whether a name stands for an object made by running code, not for a module, class or function."""
    kinds = (DefinitionKind.IMPORT, DefinitionKind.CLASS, DefinitionKind.FUNCTION)
    return not any(definition.kind in kinds for definition in binding.definitions)


def base(expression: ast.expr) -> ast.expr:
    """`x` of `x.attribute`."""
    return expression.value if isinstance(expression, ast.Attribute) else expression
