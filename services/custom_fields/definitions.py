"""The verbs of added fields: define, change, retire, put in order."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from db import custom as columns
from db.models import CustomField, Setting
from db.types import N_
from services.custom_fields import indexing, naming
from services.kit import custom, permissions, records, several
from services.kit.entity import ENTITIES, Entity, Section
from services.kit.errors import Invalid, Message, Refusal
from services.kit.fields import clean_text
from services.kit.unit_of_work import UnitOfWork
from services.kit.words import compared, spellings

MOST_FIELDS: Final = 100
SEARCHED: Final = custom.SEARCHED
"""Kinds that the search can find."""
UNIQUE: Final = frozenset({"text", "email", "phone", "integer"})
"""Kinds of which no two records may have the same."""
FIXED: Final = ("entity", "code", "kind")
"""What a field stays for good: values are kept under its code and read by its kind."""


def _check(_uow: UnitOfWork, row: CustomField) -> dict[str, Message]:
    """Refuse a definition that does not hold, all that is wrong with it at once."""
    wrong = {}
    if not row.label_en and not row.label_zh:
        wrong["label_en"] = Message(N_("Give it a name in one language at least."))
    elif twin := _twin(row):
        wrong["label_en" if row.label_en else "label_zh"] = Message(
            N_("There is already a field “{name}”."), {"name": twin}
        )
    if row.is_unique and row.kind not in UNIQUE:
        wrong["is_unique"] = Message(N_("This can be asked of one line of text and of whole numbers only."))
    if row.is_searchable and row.kind not in SEARCHED:
        wrong["is_searchable"] = Message(N_("The search finds texts only."))
    if row.is_required and row.kind == "flag":
        wrong["is_required"] = Message(N_("A yes or no is always filled in."))
    if row.kind in custom.CHOICES and not any(one["is_active"] for one in row.options):
        wrong["options"] = Message(N_("Give it one choice at least."))
    elif row.kind == several.KIND and (apart := naming.falling_apart(row.options)):
        wrong["options"] = Message(
            N_("“{name}” cannot be told apart in a file: take the comma, semicolon, 、 or | out of it."),
            {"name": apart},
        )
    return wrong


def _twin(row: CustomField) -> str | None:
    """Return the name of another field of the entity that is called the same: a file could not tell them apart."""
    names = {compared(one) for one in (row.label_en, row.label_zh) if one}
    others = [one.label for name, one in ENTITIES[row.entity].fields.items() if name != custom.PREFIX + row.code]
    return next((label for label in others if names & {compared(word) for word in spellings(label)}), None)


def _kept(_uow: UnitOfWork, _ids: Sequence[int]) -> None:
    raise Refusal(N_("A field is not deleted: its values would be lost. Retire it instead."))


CUSTOM_FIELD = Entity(
    model=CustomField,
    module=__name__,
    one=N_("Field"),
    many=N_("Fields"),
    grid=("code", "entity", "label_en", "label_zh", "kind", "section", "is_required", "is_active"),
    form=(
        Section(N_("Field"), ("entity", "label_en", "label_zh", "kind", "code")),
        Section(N_("In the form"), ("section", "section_zh", "help_en", "help_zh", "is_required")),
        Section(N_("In lists and search"), ("is_indexed", "is_unique", "is_searchable")),
    ),
    title="code",
    filters=("entity", "kind", "is_active"),
    check=_check,
    kept=_kept,
)


# --- reading ------------------------------------------------------------------------------------------------


def listed(uow: UnitOfWork, key: str) -> list[CustomField]:
    """Return the fields added to an entity, in their order, retired ones last. Raises Forbidden."""
    permissions.require(uow, "custom_field.read")
    rows = uow.session.execute(
        select(CustomField)
        .where(CustomField.entity == key, CustomField.deleted_at.is_(None))
        .order_by(CustomField.is_active.desc(), CustomField.position, CustomField.id)
    )
    return list(rows.scalars())


def used(uow: UnitOfWork, field_id: int, *, limit: int = 10_001) -> int:
    """Return in how many live records a field is filled in, counted up to `limit`. Raises Forbidden, NotFound."""
    row: CustomField = records.get(uow, CUSTOM_FIELD, field_id)
    model: Any = ENTITIES[row.entity].model
    value = columns.CustomValue(model.custom, row.code, "text")
    found = select(literal(1)).where(model.deleted_at.is_(None), value.is_not(None)).limit(limit)
    return int(uow.session.execute(select(func.count()).select_from(found.subquery())).scalar_one())


# --- defining -----------------------------------------------------------------------------------------------


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> CustomField:
    """Add a field after those that are there; `code` is made of the name unless it is given.

    `options` of a choice: [{"en", "zh"}, …], one language is enough. Raises Forbidden, Invalid, and Refusal beyond
    100 fields of an entity.
    """
    permissions.require(uow, "custom_field.create")
    _begin(uow)
    given = _cleaned(values)
    options = given.pop("options", [])
    key = str(given.get("entity"))
    _refuse_too_many(uow, key)
    also = {
        "code": naming.new_code(uow, key, given.pop("code", None), given.get("label_en") or given.get("label_zh")),
        "options": naming.options_of(options) if given.get("kind") in custom.CHOICES else [],
        "position": _last(uow, key) + 1,
    }
    return _stored(uow, records.create(uow, CUSTOM_FIELD, given, also=also))


def update(uow: UnitOfWork, field_id: int, values: Mapping[str, Any], *, version: int | None = None) -> CustomField:
    """Change a field; its kind, its code and what it was added to stay.

    `options`: those known by their "code", new ones without; one that is left out is taken back, and stays in the
    records that have it. Raises Forbidden, NotFound, Invalid, Conflict.
    """
    permissions.require(uow, "custom_field.update")
    _begin(uow)
    given = _cleaned(values)
    options = given.pop("options", None)
    row: CustomField = records.get(uow, CUSTOM_FIELD, field_id, action="update", lock=True)
    fixed = [name for name in FIXED if name in given and given[name] != getattr(row, name)]
    if fixed:
        raise Invalid(dict.fromkeys(fixed, Message(N_("This stays as it was when the field was added."))))
    with uow.session.no_autoflush:
        if options is not None and row.kind in custom.CHOICES:
            row.options = naming.options_of(options, row.options)
        return _stored(uow, records.update(uow, CUSTOM_FIELD, field_id, given, version=version))


def retire(uow: UnitOfWork, field_id: int) -> CustomField:
    """Take a field out of forms and lists; its values stay, and its code is not used again."""
    permissions.require(uow, "custom_field.update")
    _begin(uow)
    row: CustomField = records.get(uow, CUSTOM_FIELD, field_id, action="update", lock=True)
    row.is_active = False
    return _stored(uow, records.store(uow, CUSTOM_FIELD, row))


def bring_back(uow: UnitOfWork, field_id: int) -> CustomField:
    """Ask for a retired field again, with the values it had. Raises Invalid if another has taken its name since."""
    permissions.require(uow, "custom_field.update")
    _begin(uow)
    row: CustomField = records.get(uow, CUSTOM_FIELD, field_id, action="update", lock=True)
    if row.is_active:
        return row
    _refuse_too_many(uow, row.entity)
    if wrong := _check(uow, row):
        raise Invalid(wrong)
    row.is_active = True
    return _stored(uow, records.store(uow, CUSTOM_FIELD, row))


def move(uow: UnitOfWork, field_id: int, *, down: bool) -> None:
    """Change places with the field before or after it, among those in use. At an end nothing happens."""
    permissions.require(uow, "custom_field.update")
    _begin(uow)
    moved: CustomField = records.get(uow, CUSTOM_FIELD, field_id, action="update")
    rows = [one for one in listed(uow, moved.entity) if one.is_active]
    at = next((place for place, one in enumerate(rows) if one.id == moved.id), None)
    if at is None:
        return
    to = at + (1 if down else -1)
    if not 0 <= to < len(rows):
        return
    rows[at], rows[to] = rows[to], rows[at]
    for position, row in enumerate(rows, 1):
        row.position = position
    uow.session.flush()
    uow.look_again()


def rebuild_search(uow: UnitOfWork, key: str, *, after: int = 0) -> int | None:
    """Write the search words of the next 2,000 records anew; return the id to go on `after`, None at the end.

    For records saved before a field was made searchable, or after it ceased to be. Raises Forbidden.
    """
    permissions.require(uow, "custom_field.update")
    return indexing.rebuild_search(uow, key, after=after)


def mend_indexes(uow: UnitOfWork) -> list[str]:
    """Make missing indexes and drop those left over; return their names. Raises Forbidden, Invalid."""
    permissions.require(uow, "custom_field.update")
    _begin(uow)
    return indexing.mend(uow)


# --- inside -------------------------------------------------------------------------------------------------


def _begin(uow: UnitOfWork) -> None:
    """Write a new token first: whoever else changes a definition waits here, so that nobody counts or names twice."""
    token = secrets.token_hex(8)
    made: Any = (sqlite if uow.is_sqlite else postgresql).insert(Setting).values(key=custom.SETTING, value=token)
    uow.session.execute(made.on_conflict_do_update(index_elements=["key"], set_={"value": token}))
    uow.look_again()


def _stored(uow: UnitOfWork, row: CustomField) -> CustomField:
    indexing.keep(uow, row)
    uow.look_again()
    return row


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: (clean_text(one) or None) if isinstance(one, str) else one for name, one in values.items()}


def _refuse_too_many(uow: UnitOfWork, key: str) -> None:
    is_counted = (CustomField.entity == key, CustomField.is_active, CustomField.deleted_at.is_(None))
    if uow.session.execute(select(func.count()).where(*is_counted)).scalar_one() >= MOST_FIELDS:
        raise Refusal(N_("There may be {n} fields at most. Retire one that nobody needs."), n=MOST_FIELDS)


def _last(uow: UnitOfWork, key: str) -> int:
    found = uow.session.execute(select(func.max(CustomField.position)).where(CustomField.entity == key)).scalar_one()
    return found or 0
