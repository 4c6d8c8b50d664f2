"""Lists: declared filters and sorts, keyset pages, one prepared statement per shape.

A stage declares what can be asked of a list; the edge turns the question into one page::

    tasks = Search(
        columns=(Task.id, Task.title, …),
        where=lambda: (Task.project_id == bind("project_id", Task.project_id),),
        filters={"status": lambda value: Task.status == value},
        sorts={"created_at": Task.created_at},
        key=Task.id,
    )
    tasks.listing({"status": "todo"}, sort="-created_at", project_id=…)

Sort expressions must never be NULL (coalesce them), and each needs an index that serves it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app.db.prepared import Prepared

Filter = Callable[[Any], sa.ColumnElement[bool]]


def bind(name: str, like: Any) -> sa.BindParameter:
    """A place for a value of the type of the column `like`."""
    return sa.bindparam(name, type_=like.type, required=False)


@dataclass(frozen=True, eq=False)
class Search:
    """What a list can be asked. Filters whose value is a boolean or None change the statement's text; others are bound.

    ``each`` names the parts of a list whose index begins with a part (the tasks of all projects): a subquery of parts, made
    anew by each call, and the clause that puts a row into one. The first page of each part is read in order, and of those
    the first page of all: nobody sorts everything.
    """

    columns: Sequence[Any]
    where: Callable[[], Sequence[sa.ColumnElement[bool]]]
    filters: Mapping[str, tuple[Filter, Any] | Filter] = field(default_factory=dict)
    sorts: Mapping[str, Any] = field(default_factory=dict)
    key: Any = None
    each: Callable[[], tuple[sa.FromClause, sa.ColumnElement[bool]]] | None = None
    source: Any = None
    forms: dict[Any, Any] = field(default_factory=dict)
    _prepared: dict[Any, Prepared] = field(default_factory=dict)

    def listing(self, filters: Mapping[str, Any], *, sort: str, **values) -> "Listing":
        """The rows that pass the filters, in order. Values of `where` are keywords."""
        return Listing(self, dict(filters), sort, values)

    def select(self, shape: "Shape") -> tuple[sa.Select, list[sa.ColumnElement]]:
        """The statement of a shape and its sort keys, which end in the unique key."""
        statement = sa.select(*self.columns).where(*self.where())
        if self.source is not None:
            statement = statement.select_from(self.source)
        for name, constant in shape.filters:
            statement = statement.where(self._clause(name, constant))
        expressions = [self.sorts[shape.sort], self.key] if shape.sort else [self.key]
        if shape.after:
            bounds = [sa.cast(sa.bindparam(f"_after{i}", type_=sa.Text(), required=False), e.type) for i, e in enumerate(expressions)]
            keys, bound = sa.tuple_(*expressions), sa.tuple_(*bounds)
            statement = statement.where(keys < bound if shape.descending else keys > bound)
        if self.each is not None:
            parts, clause = self.each()
            sorts = [e.label(f"_sort{i}") for i, e in enumerate(expressions)]
            part = in_order(statement.where(clause).add_columns(*sorts), expressions, shape).correlate(parts).lateral("part")
            statement = sa.select(*[part.c[column.key] for column in self.columns]).select_from(parts.join(part, sa.true()))
            expressions = [part.c[sort.key] for sort in sorts]
        statement = in_order(statement, expressions, shape)
        return statement, [sa.cast(e, sa.Text()).label(f"_key{i}") for i, e in enumerate(expressions)]

    def _clause(self, name: str, constant: Any) -> sa.ColumnElement[bool]:
        declared = self.filters[name]
        make, like = declared if isinstance(declared, tuple) else (declared, None)
        if like is None:
            return make(constant[0])
        return make(bind(name, like))

    def prepared(self, kind: Any, build: Callable[..., sa.Executable]) -> Prepared:
        return self._prepared.setdefault(kind, Prepared(build))


def in_order(statement: sa.Select, expressions: Sequence[Any], shape: "Shape") -> sa.Select:
    statement = statement.order_by(*(e.desc() if shape.descending else e.asc() for e in expressions))
    return statement.limit(sa.bindparam("_limit", type_=sa.Integer(), required=False)) if shape.limited else statement


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything about a list that changes the text of its statement."""

    sort: str
    descending: bool
    filters: tuple[tuple[str, Any], ...]
    after: bool
    limited: bool


class Listing:
    """A list that was asked for and not fetched yet: the edge decides how much of it, and in which form."""

    def __init__(self, search: Search, filters: Mapping[str, Any], sort: str, values: Mapping[str, Any]):
        self.search = search
        self.sort = sort
        self.values = {**values, **{n: v for n, v in filters.items() if isinstance(search.filters[n], tuple)}}
        self.when_empty: Callable[[], Any] | None = None
        """Asked when the first page is empty: whether the list may be seen at all."""
        self._filters = tuple(
            (name, None if isinstance(search.filters[name], tuple) else (value,)) for name, value in sorted(filters.items())
        )

    def shape(self, *, after: bool, limited: bool) -> Shape:
        return Shape(self.sort.removeprefix("-"), self.sort.startswith("-"), self._filters, after, limited)

    def all(self, limit: int | None = None) -> Sequence[Any]:
        """The rows themselves, as named tuples: for exports, commands and other stages of the same verb."""
        prepared = self.search.prepared("rows", lambda shape: self.search.select(shape)[0])
        values = {**self.values, "_limit": limit} if limit is not None else self.values
        return prepared.rows(self.shape(after=False, limited=limit is not None), **values)

    def page(self, kind: Any, wrap: Callable, *, limit: int, after: Sequence[str] | None) -> tuple[Sequence[tuple], list[str] | None]:
        """Rows as ``wrap(select, keys)`` shapes them, each ending in its sort keys, and the keys of the next page.

        ``wrap`` adds the keys as the last columns; ``kind`` names it in the cache of statements.
        """
        prepared = self.search.prepared(kind, lambda shape: wrap(*self.search.select(shape)))
        bounds = {f"_after{i}": key for i, key in enumerate(after or ())}
        shape = self.shape(after=after is not None, limited=True)
        rows = prepared.tuples(shape, **self.values, **bounds, _limit=limit + 1)
        if not rows and after is None and self.when_empty is not None:
            self.when_empty()
        if len(rows) <= limit:
            return rows, None
        keys = 2 if shape.sort else 1
        return rows[:limit], list(rows[limit - 1][-keys:])
