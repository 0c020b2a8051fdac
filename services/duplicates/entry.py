"""The check at entry: who is there already under this name, phone, mail address, domain or tax number."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, String, bindparam, cast, literal_column, null, select, tuple_, union_all

from db import normal
from db.characters import CJK
from db.company_names import MARK, CompanyName
from db.company_words import GROUP
from db.models import Contact, Customer, Lead, User
from services.duplicates.company_names import judge_parts
from services.duplicates.verdict import NONE, PERHAPS, REASONS, SAME
from services.kit import permissions
from services.kit.actor import Reach
from services.kit.entity import ENTITIES, Entity
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork

MOST: Final = 5
_NEIGHBOURS: Final = 8
"""Names looked at on either side of the one entered, within its block."""
_EXACT: Final = 4
"""Rows looked at of each exact match: a switchboard's number is many people's."""
_PART: Final = "p"
"""Short, as the names of the columns are: what psycopg has read once it knows again up to 4,096 characters."""


@dataclass(frozen=True)
class Hit:
    """A record that is perhaps the same. Out of the reader's scope only that it exists, whose it is, and why."""

    entity: str
    id: int | None
    title: str | None
    company: str | None
    """Company of a lead or contact; None of a customer."""
    owner: str | None
    """Who answers for it; None means the public pool. Told even where the record may not be seen."""
    tier: str
    """`same` or `perhaps`."""
    score: int
    codes: tuple[str, ...]
    """Why, as keys of REASONS."""

    @property
    def is_masked(self) -> bool:
        """Say whether the reader may not see the record."""
        return self.id is None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why, in words (message ids)."""
        return tuple(REASONS[code] for code in self.codes)


class _Source(NamedTuple):
    """Where a table keeps what is compared."""

    model: Any
    company: Any
    """Column of the company's key, and of its block; None where there is none."""
    block: Any
    person: Any
    keys: Mapping[str, Any]
    """Code of a reason -> column of the normal form."""


_SOURCES: Final[Mapping[str, _Source]] = {
    "customer": _Source(
        Customer,
        Customer.name_key,
        Customer.name_block,
        None,
        {"phone": Customer.phone_key, "domain": Customer.domain_key, "tax_number": Customer.tax_key},
    ),
    "lead": _Source(
        Lead,
        Lead.company_key,
        Lead.company_block,
        Lead.name_key,
        {"phone": Lead.phone_key, "email": Lead.email_key, "domain": Lead.domain_key},
    ),
    "contact": _Source(Contact, None, None, Contact.name_key, {"phone": Contact.phone_key, "email": Contact.email_key}),
}
TABLES: Final = tuple(_SOURCES)
_SURE: Final = frozenset({"email", "tax_number", "phone"})
_SCORES: Final = {"email": 98, "tax_number": 98, "phone": 95, "domain": 60, "company": 65, "person": 70}


_Place = tuple[str, int]
"""Entity and id."""
_Verdict = tuple[str, int, tuple[str, ...]]
"""Tier, score, codes."""


class _Row(NamedTuple):
    """What a match reads of a record; told only as far as the reader may see it."""

    table: str
    code: str
    id: int
    company_key: str | None
    person_key: str | None
    title: str
    company: str | None
    owner: str | None


class _Asked(NamedTuple):
    """What is looked for, in normal forms."""

    company: CompanyName | None
    person: str | None
    keys: Mapping[str, str]


def look(
    uow: UnitOfWork,
    values: Mapping[str, Any],
    *,
    entity: Entity | str,
    but: int | None = None,
    tables: tuple[str, ...] = TABLES,
    limit: int = MOST,
) -> list[Hit]:
    """Return records that are perhaps what is being entered, the surest first, at most `limit`.

    `values` are those of a form of `entity` (customer, lead or contact), complete or not; `but` is the id of the
    record that is being changed. Customers (pooled ones too), leads that are not converted and contacts are looked
    through by indexed normal forms: one query, and one more for each table that has hits of which the reader sees
    only some. Raises Forbidden.
    """
    key = entity if isinstance(entity, str) else entity.key
    permissions.require(uow, f"{key}.read")
    asked = _asked(key, values)
    if asked.company is None and not asked.keys:
        return []
    rows, found = _judged(uow, key, asked, tables)
    found.pop((key, but or 0), None)
    best = sorted(found.items(), key=lambda one: (one[1][0] != SAME, -one[1][1], one[0]))[: limit * 2]
    hits = _told(uow, rows, dict(best))
    return sorted(hits, key=lambda hit: (hit.tier != SAME, -hit.score, hit.is_masked))[:limit]


def _asked(key: str, values: Mapping[str, Any]) -> _Asked:
    """Return the normal forms of what was entered."""

    def given(name: str) -> str | None:
        value = values.get(name)
        return value.strip() or None if isinstance(value, str) else None

    company = {"customer": given("name"), "lead": given("company")}.get(key)
    person = given("name") if key != "customer" else None
    email = normal.email_key(given("email"))
    keys = {
        "phone": normal.phone_key(given("phone")),
        "email": email,
        "domain": normal.domain_key(given("website")) or normal.domain_key(email),
        "tax_number": normal.tax_key(given("tax_number")),
    }
    return _Asked(
        normal.company_parts(company) if company else None,
        normal.person_key(person) if person else None,
        {code: form for code, form in keys.items() if form},
    )


def _judged(
    uow: UnitOfWork, key: str, asked: _Asked, tables: tuple[str, ...]
) -> tuple[dict[_Place, _Row], dict[_Place, _Verdict]]:
    """Return what was read of all that is close enough, and what is said of it."""
    company = asked.company
    how = None if company is None else "near" if CJK.search(company.rest) else "near and exact"
    statement = _statement(tables, how, tuple(sorted(asked.keys)))
    if statement is None:
        return {}, {}
    facts = dict(asked.keys)
    if company is not None:
        facts |= {"company_key": company.key, "company_block": company.block}
    rows: dict[_Place, _Row] = {}
    found: dict[_Place, _Verdict] = {}
    for row in map(_Row._make, uow.session.execute(statement, facts)):
        if row.code == "near":
            verdict = judge_parts(company, parts_of(row.company_key or "")) if company else None
            if verdict is None or verdict.tier == NONE:
                continue
            told = (verdict.tier, verdict.score, verdict.reasons)
        else:
            told = (SAME if row.code in _SURE else PERHAPS, _SCORES[row.code], (row.code,))
        if row.table == "lead" and key != "customer" and row.code == "near":
            told = _of_colleague(told, is_same_person=bool(asked.person) and row.person_key == asked.person)
        place = row.table, row.id
        rows[place] = row
        found[place] = _together(found.get(place), told)
    return rows, found


def _of_colleague(told: _Verdict, *, is_same_person: bool) -> _Verdict:
    """Return what is said of a lead of the same company: the same only if it is the same person."""
    tier, score, codes = told
    if is_same_person:
        return tier, score, (*codes, "person")
    return PERHAPS, min(score, _SCORES["company"]), tuple("company" if code == "name" else code for code in codes)


def _together(known: _Verdict | None, new: _Verdict) -> _Verdict:
    """Return what two matches of one record say together."""
    if known is None:
        return new
    tier = SAME if SAME in (known[0], new[0]) else PERHAPS
    return tier, max(known[1], new[1]), tuple(dict.fromkeys((*known[2], *new[2])))


def parts_of(key: str) -> CompanyName:
    """Return the parts of a stored key, without taking a name apart again."""
    rest, *tail = key.split(MARK)
    is_group = bool(tail) and tail[-1] == GROUP
    return CompanyName((rest,), tuple(tail[:-1] if is_group else tail), is_group)


@lru_cache(maxsize=200)
def _statement(tables: tuple[str, ...], how: str | None, codes: tuple[str, ...]) -> Any:
    """Return the one statement that looks through the tables; parameters: the codes, company_key, company_block.

    It holds no rows and nobody's scope: what it finds is shown only after `_told` has asked who may see it.
    """
    branches: list[Select[Any]] = []
    for table in tables:
        source = _SOURCES[table]
        if how and source.company is not None:
            # Like names are looked for among customers; of leads it is the very company that matters.
            branches += _near(table, source, is_exact_too="exact" in how) if table == "customer" else _exact(source)
        for code, column in source.keys.items():
            if code in codes:
                branches.append(_few(_branch(table, source, code).where(column == _given(code))))
    if not branches:
        return None
    found = union_all(*branches).subquery(_PART)
    told = (one for one in found.c if one.key != "owner")
    # As a subselect, like that of a contact's customer: not by a join, which takes PostgreSQL longer to plan.
    return select(*told, select(User.name).where(User.id == found.c.owner).scalar_subquery())


def _few(exact: Select[Any]) -> Select[Any]:
    """Return the first of some rows, as a part of a union may say it on both databases."""
    return select(exact.limit(_EXACT).subquery(_PART))


def _given(name: str) -> Any:
    return bindparam(name, type_=String())


def _branch(table: str, source: _Source, code: str) -> Select[Any]:
    """Return what reads live rows of a table: a `_Row`, the owner by their id."""
    model = source.model
    nothing: Any = cast(null(), String())
    company: Any = {"customer": nothing, "lead": Lead.company, "contact": _of_customer(Customer.name)}[table]
    statement = select(
        literal_column(f"'{table}'").label("source"),
        literal_column(f"'{code}'").label("code"),
        model.id.label("id"),
        (nothing if source.company is None else source.company).label("firm"),
        (nothing if source.person is None else source.person).label("who"),
        model.name.label("title"),
        company.label("company"),
        # Whose a contact is, is its customer's matter.
        (_of_customer(Customer.owner_id) if table == "contact" else model.owner_id).label("owner"),
    ).where(model.deleted_at.is_(None))
    return statement.where(Lead.converted_at.is_(None)) if table == "lead" else statement


def _of_customer(column: Any) -> Any:
    """Return what a contact's customer has."""
    return select(column).where(Customer.id == Contact.customer_id).correlate(Contact).scalar_subquery()


def _near(table: str, source: _Source, *, is_exact_too: bool) -> list[Select[Any]]:
    """Return what reads the neighbours of a name in its block, upwards (itself first) and downwards."""
    base = _branch(table, source, "near")
    block, key = _given("company_block"), _given("company_key")
    place = tuple_(source.block, source.company)
    # By place in the index, and only then by block: for "this block, below that key" PostgreSQL gathers and sorts
    # all of the block below the key (1 ms more at a million rows); this reads as many rows as it returns.
    up = base.where(place >= tuple_(block, key)).order_by(source.block, source.company)
    down = base.where(place < tuple_(block, key)).order_by(source.block.desc(), source.company.desc())
    found = [_of_block(one.add_columns(source.block.label("block")).limit(_NEIGHBOURS), block) for one in (up, down)]
    if is_exact_too:  # a Latin name's block depends on how it is divided into words; its key does not
        found.append(_few(base.where(source.company == key)))
    return found


def _of_block(neighbours: Select[Any], block: Any) -> Select[Any]:
    near = neighbours.subquery(_PART)
    return select(*(one for one in near.c if one.key != "block")).where(near.c.block == block)


def _exact(source: _Source) -> list[Select[Any]]:
    """Return what reads the leads of a company."""
    return [_few(_branch("lead", source, "near").where(source.company == _given("company_key")))]


def _told(uow: UnitOfWork, rows: Mapping[_Place, _Row], found: Mapping[_Place, _Verdict]) -> list[Hit]:
    """Return hits with title and owner, masked where the reader may not see the record."""
    hits: list[Hit] = []
    for table in TABLES:
        ids = [record_id for name, record_id in found if name == table]
        visible = _visible(uow, table, ids)
        for record_id in ids:
            place = table, record_id
            row, (tier, score, codes) = rows[place], found[place]
            shown = (record_id, row.title, row.company) if record_id in visible else (None, None, None)
            hits.append(Hit(table, shown[0], shown[1], shown[2], row.owner, tier, score, codes))
    return hits


def _visible(uow: UnitOfWork, table: str, ids: Collection[int]) -> Collection[int]:
    """Return those of some ids that the reader may see; asked of the database unless the reader may see all.

    Who may not read such records at all is told no more than who may not read this one.
    """
    if not ids or uow.actor.reach(f"{table}.read") is Reach.ALL:
        return ids
    return set(uow.session.execute(prepared(uow, _seen, table, uow.today), {"ids": ids}).scalars())


def _seen(uow: UnitOfWork, table: str, _today: date) -> Any:
    """Make what reads the ids among `ids` that the reader may see; a scope may change with the day."""
    model: Any = _SOURCES[table].model
    ids: Any = bindparam("ids", expanding=True)
    return select(model.id).where(model.id.in_(ids), permissions.scope(uow, ENTITIES[table], is_row_by_row=True))
