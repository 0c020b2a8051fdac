"""An entity: how the portal offers a table. Everything that lists, edits, imports or exports derives from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from db.base import Base, Customizable, Owned, Record, Searchable, table_of
from db.custom import CustomValue
from services.kit import custom
from services.kit.errors import Message
from services.kit.fields import Field, fields_of
from services.kit.once import once
from services.kit.scoping import ScopeRule

if TYPE_CHECKING:
    from services.kit.unit_of_work import UnitOfWork

Check = Callable[["UnitOfWork", Any], Mapping[str, Message]]
"""Looks at a record about to be stored; returns what is wrong by field name."""


@dataclass(frozen=True)
class Section:
    """A group of fields in a form, with its heading (a message id)."""

    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Child:
    """Records that go to the recycle bin, and come back, together with their parent."""

    entity: str
    link: str
    """Column of the child that holds the parent's id."""


@dataclass(frozen=True)
class Entity:
    """The offer of one table. `module` is the service module, whose verbs are used where it has them."""

    model: type[Record]
    module: str
    one: str
    """Name of one record, a message id: N_("Lead")."""
    many: str
    grid: tuple[str, ...]
    """Columns of the list; the first opens the record."""
    form: tuple[Section, ...]
    filters: tuple[str, ...] = ()
    more_columns: tuple[str, ...] = ()
    """Columns offered in the column choice, hidden at first."""
    match: tuple[str, ...] = ()
    """Fields by which an imported row may be recognised."""
    title: str = "name"
    """Column that names a record."""
    sort: str = "updated_at"
    descending: bool = True
    scope: ScopeRule | None = None
    """None: whoever may read any may read all."""
    children: tuple[Child, ...] = ()
    check: Check | None = None
    kept: Callable[[UnitOfWork, Sequence[int]], None] | None = None
    """Refuses to let some records (ids) go to the recycle bin, be it by themselves or along with a parent."""
    page: str | None = None
    """Address of its list."""
    together: Callable[[UnitOfWork, Any, Mapping[str, Any]], Mapping[str, Any] | None] | None = None
    """Makes an update verb of its own quick for many records that get the same values: returns what to set on one of
    them, or None where that record needs the verb itself."""
    went_back: Callable[[UnitOfWork, Any], None] | None = None
    """Makes true again what follows from a record's fields when an undo has given them their old values. An entity with
    an update verb of its own and without this is taken back by that verb."""
    required: tuple[str, ...] = field(default=())
    """Fields the portal asks for although the table would do without."""

    def __post_init__(self) -> None:
        """Enter the register."""
        ENTITIES[self.key] = self

    @once
    def key(self) -> str:
        """Return the word that names it in permissions, addresses and the audit: the table's name."""
        return table_of(self.model).name

    @property
    def fields(self) -> Mapping[str, Field]:
        """Return all fields by name: of the table, then those added by an administrator that are in force."""
        return self._views.fields

    @property
    def known_fields(self) -> Mapping[str, Field]:
        """Return all fields, with those that were retired: the history names them."""
        retired = custom.added(self.key).retired if self.is_customizable else {}
        return {**self.fields, **retired} if retired else self.fields

    @property
    def sections(self) -> tuple[Section, ...]:
        """Return the form with the added fields in their places."""
        return self._views.sections

    @property
    def writable(self) -> tuple[str, ...]:
        """Return the fields that a form or a file may set."""
        return self._views.writable

    @property
    def all_filters(self) -> tuple[str, ...]:
        """Return what a list offers as filters, added fields included."""
        more = [name for name, one in custom.added(self.key).fields.items() if one.filterable]
        return (*self.filters, *more) if self.is_customizable else self.filters

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Return what a list offers as columns: those of the grid, those hidden at first, added fields."""
        names = (*self.grid, *self.more_columns)
        return (*names, *custom.added(self.key).fields) if self.is_customizable else names

    @once
    def _own(self) -> Views:
        """Return what the table and the form say by themselves."""
        model: Any = self.model
        return Views(self, fields_of(model), self.form, tuple(name for one in self.form for name in one.fields))

    @property
    def _views(self) -> Views:
        """Return the entity with the added fields, put together once for what is in force."""
        if not self.is_customizable:
            return self._own
        definitions = custom.in_force()
        found: Views | None = definitions.merged.get(id(self))
        if found is None:
            own, added = self._own, definitions.of(self.key)
            found = definitions.merged[id(self)] = Views(
                self,
                {**own.fields, **added.fields},
                _with_sections(self.form, added.sections),
                (*own.writable, *added.fields),
            )
        return found

    @once
    def is_customizable(self) -> bool:
        """Say whether an administrator may add fields."""
        return issubclass(self.model, Customizable)

    def column(self, name: str) -> Any:
        """Return the SQL of a field, of the table or added, typed."""
        if not self.is_customizable or not custom.is_custom(name):
            return getattr(self.model, name)
        field_ = self.fields[name]
        return CustomValue(table_of(self.model).c.custom, custom.code_of(name), field_.kind)

    def value(self, record: Any, name: str) -> Any:
        """Return the typed value of a field, of the table or added; records answer to added names as well."""
        return getattr(record, name)

    @property
    def is_owned(self) -> bool:
        """Say whether records have an owner."""
        return issubclass(self.model, Owned)

    @property
    def is_pooled(self) -> bool:
        """Say whether records that nobody owns lie in a public pool."""
        return hasattr(self.model, "pool_id")

    @property
    def is_searchable(self) -> bool:
        """Say whether records are found by text."""
        return issubclass(self.model, Searchable)

    def is_required(self, name: str) -> bool:
        """Say whether a field must be filled in."""
        return self.fields[name].required or name in self.required

    def has_own(self, verb: str) -> bool:
        """Say whether the service module has its own verb, with rules that the kit's does not know.

        What it merely imports is none of its own: `from sqlalchemy import update` is no way to update a lead.
        """
        return getattr(getattr(import_module(self.module), verb, None), "__module__", None) == self.module

    def verb(self, name: str) -> Callable[..., Any]:
        """Return the entity's own verb of that name, else the kit's: create, update, delete, restore.

        Called as `verb("create")(uow, values)`, `verb("update")(uow, record_id, values, version=…)`,
        `verb("delete")(uow, record_id)`.
        """
        if self.has_own(name):
            return getattr(import_module(self.module), name)  # type: ignore[no-any-return]
        records = import_module("services.kit.records")
        verb = getattr(records, name)

        def call(uow: UnitOfWork, *args: Any, **kwargs: Any) -> Any:
            return verb(uow, self, *args, **kwargs)

        return call


class Views(NamedTuple):
    """What an entity offers with the added fields in force."""

    entity: Entity
    """Kept with them, so that its id is nobody else's."""
    fields: Mapping[str, Field]
    sections: tuple[Section, ...]
    writable: tuple[str, ...]


def _with_sections(form: tuple[Section, ...], added: Mapping[str, str]) -> tuple[Section, ...]:
    """Return the sections with added fields (name -> title) at their ends, new sections last."""
    titles = dict.fromkeys([*(one.title for one in form), *added.values()])
    own = {one.title: one.fields for one in form}
    return tuple(
        Section(title, (*own.get(title, ()), *(name for name, where in added.items() if where == title)))
        for title in titles
    )


def nothing_follows(_uow: UnitOfWork, _record: Any) -> None:
    """Be the `went_back` of an entity whose verbs change other records alone, which an undo takes back as well."""


ENTITIES: dict[str, Entity] = {}
"""All entities by key; filled as the service modules are imported (services/registry.py imports them all)."""


def model_of(key: str) -> type[Record]:
    """Return the model of a table by its name."""
    for mapper in Base.registry.mappers:
        if mapper.class_.__tablename__ == key:
            return mapper.class_
    raise KeyError(key)


def title_column(key: str) -> Any:
    """Return the column that names a record of a table: the entity's title, else name or number."""
    model: Any = model_of(key)
    title = ENTITIES[key].title if key in ENTITIES else "name"
    return getattr(model, title, None) or model.id
