"""Fields that an administrator has added: what is in force, how a value is kept, how SQL reads it (docs/adr/0022).

Whatever asks an entity for its fields gets these as well. Which are in force is a matter of the database, so it is
read from the unit of work at hand, else from the run of the screen; a token in the database says whether what this
process has read is still true, and a list pays no query for it (`outside`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from db import base
from db.base import Customizable
from db.models import CustomField
from services.kit import several
from services.kit.fields import Field, check
from services.kit.words import Wording, spellings

if TYPE_CHECKING:
    from services.kit.entity import Entity

PREFIX: Final = base.CUSTOM
SETTING: Final = "custom_fields"
"""Key of the setting that holds the token; every change of a definition writes a new one."""
LONGEST: Final[Mapping[str, int]] = MappingProxyType(
    {"text": 200, "long_text": 10_000, "email": 254, "phone": 40, "choice": 40, "choices": 40}
)
"""Characters; 10,000 of them are at most 32 KB in the languages of the portal, and one of 200 fits an index."""
SORTABLE: Final = frozenset(
    {"text", "email", "phone", "integer", "number", "money", "percent", "rating", "day"},
)
SECTION: Final = Wording(en="More facts", zh_CN="更多信息")
"""Where a field stands that names no section."""
CHOICES: Final = frozenset({"choice", several.KIND})
"""Kinds that are chosen from a list of the field's own."""
SEARCHED: Final = frozenset({"text", "long_text", "email", "phone", several.KIND})
"""Kinds that the search can find; of several choices, by their names."""
_PERSONAL: Final = frozenset({"email", "phone"})


@dataclass(frozen=True)
class Added:
    """What an administrator has added to one entity."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    """In force, by name, in their order."""
    retired: Mapping[str, Field] = field(default_factory=dict)
    """No longer asked for; their values stay, and the history still names them."""
    sections: Mapping[str, str] = field(default_factory=dict)
    """Name -> title of its section."""
    searched: tuple[str, ...] = ()
    """Names of those that the search finds."""


NOTHING: Final = Added()


@dataclass(frozen=True)
class Definitions:
    """All fields that have been added to a database, as of one token; None if none ever was."""

    token: str | None = None
    added: Mapping[str, Added] = field(default_factory=dict)
    merged: dict[int, Any] = field(default_factory=dict)
    """What entities have put together from these and their own fields (entity.py), kept as long as these hold."""

    def of(self, key: str) -> Added:
        """Return what has been added to an entity."""
        return self.added.get(key, NOTHING)


NONE: Final = Definitions()


@dataclass
class Known:
    """What this process has read of one database; shared by its units of work."""

    definitions: Definitions = NONE


class Here(Protocol):
    """A unit of work, which knows what is in force in its database."""

    @property
    def definitions(self) -> Definitions:
        """Return what is in force."""


# --- in force -----------------------------------------------------------------------------------------------

_here: ContextVar[Here | None] = ContextVar("custom_fields", default=None)


def _nowhere() -> Definitions | None:
    return None


outside: Callable[[], Definitions | None] = _nowhere
"""Returns what is in force in the run of the screen at hand, whose session check has brought the token along."""


@contextmanager
def within(uow: Here) -> Iterator[None]:
    """Let what a unit of work knows be in force inside the block."""
    before = _here.get()
    _here.set(uow)
    try:
        yield
    finally:
        _here.set(before)  # not by a token: a stream may be ended by another thread than began it


def in_force() -> Definitions:
    """Return the fields in force: of the unit of work at hand, else of the run; none where there is neither."""
    here = _here.get()
    if here is not None:
        return here.definitions
    return outside() or NONE


def added(key: str) -> Added:
    """Return what is in force for an entity."""
    return in_force().of(key)


def current(session: Session, known: Known, *, is_reading: bool) -> Definitions:
    """Return what is in force in the database of a session, from memory if its token is still the same.

    A reader takes what the check of its session has found a moment ago.
    """
    if is_reading:
        found = outside()
        if found is not None and found is known.definitions:
            return found
    return fresh(session, known, token_of(session))


def token_of(session: Session) -> str | None:
    """Return the token that stands in the database."""
    # By hand: it is asked in every unit of work that looks at such a field, and is read in a tenth of the time.
    asked = session.connection().exec_driver_sql(f"SELECT value FROM setting WHERE key = '{SETTING}'")  # noqa: S608
    return plain_token(asked.scalar())


def plain_token(raw: Any) -> str | None:
    """Return a token as it is compared, whether the driver has read the JSON or not."""
    return None if raw is None else str(raw).strip('"')


def fresh(session: Session, known: Known, token: str | None) -> Definitions:
    """Return what belongs to a token, read anew only if this process knows another."""
    if known.definitions.token != token:
        known.definitions = NONE if token is None else Definitions(token, _load(session))
    return known.definitions


def _load(session: Session) -> dict[str, Added]:
    table = base.table_of(CustomField)
    rows = session.execute(
        select(table).where(table.c.deleted_at.is_(None)).order_by(table.c.entity, table.c.position, table.c.id)
    ).all()
    found: dict[str, Added] = {}
    for key in dict.fromkeys(row.entity for row in rows):
        ours = [row for row in rows if row.entity == key]
        live = [row for row in ours if row.is_active]
        fields = {PREFIX + row.code: field_of(row) for row in live}
        found[key] = Added(
            fields,
            {PREFIX + row.code: field_of(row) for row in ours if not row.is_active},
            {PREFIX + row.code: title for row, title in zip(live, _titles(live), strict=True)},
            tuple(name for name, one in fields.items() if one.searchable),
        )
    return found


def _titles(rows: Sequence[Row[Any]]) -> list[str]:
    """Return the title of each row's section: one section has one title, however often it is written."""
    chinese = {row.section: row.section_zh for row in reversed(rows) if row.section_zh}
    return [title_of(row.section, chinese.get(row.section)) for row in rows]


def title_of(section: str | None, chinese: str | None = None) -> str:
    """Return the title of a section, in both languages if it was written so; of the usual one for none."""
    return Wording(en=section, zh_CN=chinese) if section else SECTION


def field_of(row: Any) -> Field:
    """Return the facts of a definition (a CustomField or its row) as those of any other field."""
    choices = row.options or []
    offered = {one["code"]: Wording(en=one.get("en"), zh_CN=one.get("zh")) for one in choices if one["is_active"]}
    taken_back = {
        one["code"]: Wording(en=one.get("en"), zh_CN=one.get("zh")) for one in choices if not one["is_active"]
    }
    is_choice = row.kind in CHOICES
    return Field(
        name=PREFIX + row.code,
        kind=row.kind,
        label=Wording(en=row.label_en, zh_CN=row.label_zh),
        required=bool(row.is_required) and row.kind != "flag",
        options=offered if is_choice else None,
        minimum=1 if row.kind == "rating" else None,
        maximum=5 if row.kind == "rating" else None,
        max_length=LONGEST.get(row.kind),
        help=Wording(en=row.help_en, zh_CN=row.help_zh) or None,
        searchable=bool(row.is_searchable) and row.kind in SEARCHED,
        sortable=bool(row.is_indexed) and row.kind in SORTABLE,
        personal=row.kind in _PERSONAL,
        is_custom=True,
        unique=bool(row.is_unique),
        filterable=bool(row.is_indexed) and row.kind != "long_text",
        retired=taken_back if is_choice else None,
    )


# --- values -------------------------------------------------------------------------------------------------


def is_custom(name: str) -> bool:
    """Say whether a name is one of a field that an administrator has added."""
    return name.startswith(PREFIX)


def code_of(name: str) -> str:
    """Return the code under which a field's values are kept."""
    return name.removeprefix(PREFIX)


def encode(field_: Field, value: Any) -> Any:
    """Return a typed value as JSON holds it; None for what is not kept: blank, and a "no"."""
    if value in (None, "", (), []) or (field_.kind == "flag" and value is False):
        return None
    if field_.kind == several.KIND and isinstance(value, list | tuple):
        return sorted(set(value))
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if field_.kind == "number" and type(value) is int else value


def decode(field_: Field, raw: Any) -> Any:
    """Return the typed value of what JSON holds; a flag that is not there says no."""
    if raw is None:
        return False if field_.kind == "flag" else None
    if isinstance(raw, list):
        return tuple(raw)
    if field_.kind == "number" and type(raw) is int:  # PostgreSQL says 5 for 5.0
        return float(raw)
    if field_.kind == "day":
        try:
            return date.fromisoformat(raw)
        except (TypeError, ValueError):  # not yet checked: a record about to be refused
            return raw
    return raw


def split(entity: Entity, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of the table's columns, and those of added fields as `custom` holds them."""
    columns = {name: value for name, value in values.items() if not is_custom(name)}
    kept = {code_of(name): encode(entity.fields[name], value) for name, value in values.items() if name not in columns}
    return columns, {code: raw for code, raw in kept.items() if raw is not None}


def unpacked(entity: Entity, kept: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the typed values by name of what a `custom` holds, of all fields in force."""
    return {name: decode(one, (kept or {}).get(code_of(name))) for name, one in added(entity.key).fields.items()}


def fits(source: Field, target: Field, value: Any) -> bool:
    """Say whether a value of one record can be handed on to a field of another: of the same kind, and held there."""
    is_said = value not in (None, "", ()) and value is not False
    return is_said and source.kind == target.kind and check(target, value) is None


def searched_texts(key: str, kept: Mapping[str, Any] | None) -> list[str]:
    """Return the texts of a `custom` that the search finds."""
    if not kept:
        return []
    of_table = added(key)
    there = [name for name in of_table.searched if code_of(name) in kept]
    return [searched_text(of_table.fields[name], kept[code_of(name)]) for name in there]


def searched_text(field_: Field, value: Any) -> str:
    """Return the text by which a value is found: of several choices, their names in every language."""
    if field_.kind != several.KIND:
        return str(value)
    known = {**(field_.retired or {}), **(field_.options or {})}
    return " ".join(word for code in value for word in sorted(spellings(known.get(code, code))))


def _known(record: Any, name: str) -> Field:
    of_table = added(record.__tablename__)
    found = of_table.fields.get(name) or of_table.retired.get(name)
    if found is None:
        raise AttributeError(name)
    return found


def _read(record: Customizable, name: str) -> Any:
    return decode(_known(record, name), (record.custom or {}).get(code_of(name)))


def _write(record: Customizable, name: str, value: Any) -> None:
    raw = encode(_known(record, name), value)
    kept = {code: one for code, one in (record.custom or {}).items() if code != code_of(name)}
    if raw is not None:
        kept[code_of(name)] = raw
    if kept != (record.custom or {}):
        record.custom = kept  # a new dict: a change inside one goes unnoticed


def _texts(record: Any) -> list[str]:
    return searched_texts(record.__tablename__, record.custom)


base.read_custom, base.write_custom, base.searched_custom = _read, _write, _texts
