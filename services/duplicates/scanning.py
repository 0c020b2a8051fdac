"""The scan of the base: which stored records are perhaps one, found along the indexes of their normal forms.

Records are read in the order of an index and compared with their neighbours there: those of equal phone, mail, tax
number, and those whose names stand side by side in one block. So a million records are read once an index, few are in
memory, and nothing is compared with everything.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from rapidfuzz import fuzz
from sqlalchemy import select

from db.company_names import CompanyName
from db.company_words import SHORT_NAMES
from db.models import Contact, Customer, Lead
from services.duplicates.company_names import judge_parts
from services.duplicates.entry import parts_of
from services.duplicates.verdict import NONE, PERHAPS, SAME
from services.kit import permissions
from services.kit.entity import ENTITIES
from services.kit.unit_of_work import UnitOfWork

SCANNED: Final = ("customer", "lead", "contact")
MOST: Final = 200_000
"""Pairs kept of one scan: nobody looks through more, and they must fit in memory. The surest come first."""
_NEIGHBOURS: Final = 10
"""Names that one is compared with in the order of its block."""
_CROWD: Final = 20
"""A phone that more records share is a switchboard's, a mail address a mailing list's."""
_WORTH_A_LOOK: Final = 75
"""Names alike by less are not worth anybody's time without anything else in common."""
_PORTION: Final = 5_000
_FAR: Final = 55
_SHORT: Final = tuple(SHORT_NAMES)

_SAME_KEY: Final = {"email": (SAME, 98), "tax_number": (SAME, 98), "phone": (PERHAPS, 80), "domain": (PERHAPS, 76)}


class Found(NamedTuple):
    """A pair of a scan; `a` is the smaller id."""

    tier: str
    score: int
    codes: tuple[str, ...]


Pairs = dict[tuple[int, int], Found]


class _Name(NamedTuple):
    """What is compared of a record's name."""

    id: int
    block: str
    key: str
    parts: CompanyName | None
    person: str | None
    parent: int | None


def find(uow: UnitOfWork, entity: str) -> Pairs:
    """Return the pairs of an entity (customer, lead, contact) that are perhaps one, within the actor's scope.

    Reads only. Raises Forbidden.
    """
    permissions.require(uow, f"{entity}.update")
    found: Pairs = {}
    model: Any = ENTITIES[entity].model
    keys = {
        "customer": {"tax_number": Customer.tax_key, "phone": Customer.phone_key, "domain": Customer.domain_key},
        "lead": {"email": Lead.email_key, "phone": Lead.phone_key},
        "contact": {"email": Contact.email_key, "phone": Contact.phone_key},
    }[entity]
    for code, column in keys.items():
        tier, score = _SAME_KEY[code]
        for crowd in _alike(uow, entity, model, column):
            for a, b in _chain(crowd):
                _add(found, a, b, Found(tier, score, (code,)))
    names = _of_companies(uow, entity) if entity != "contact" else _of_contacts(uow)
    for one, other in _neighbours(names):
        _add(found, one.id, other.id, _by_name(entity, one, other))
    return {pair: told for pair, told in found.items() if told.score >= _WORTH_A_LOOK}


def _within(uow: UnitOfWork, entity: str, model: Any) -> list[Any]:
    """Return the criteria of live records in scope that can still be duplicates."""
    found = [model.deleted_at.is_(None), permissions.scope(uow, ENTITIES[entity], "update")]
    return [*found, Lead.converted_at.is_(None)] if entity == "lead" else found


def _alike(uow: UnitOfWork, entity: str, model: Any, column: Any) -> Iterator[list[int]]:
    """Yield the ids of records that share a value, if they are not too many."""
    rows = _streamed(
        uow,
        select(column, model.id).where(column.is_not(None), *_within(uow, entity, model)).order_by(column, model.id),
    )
    value: str | None = None
    crowd: list[int] = []
    for this, record_id in rows:
        if this != value:
            if 1 < len(crowd) <= _CROWD:
                yield crowd
            value, crowd = this, []
        if len(crowd) <= _CROWD:
            crowd.append(record_id)
    if 1 < len(crowd) <= _CROWD:
        yield crowd


def _streamed(uow: UnitOfWork, statement: Any) -> Iterator[Any]:
    return iter(uow.session.execute(statement.execution_options(yield_per=_PORTION)))


def _chain(crowd: list[int]) -> Iterable[tuple[int, int]]:
    """Return pairs that hold a group together: the first with each, and each with the next."""
    first, *others = sorted(crowd)
    return {*((first, other) for other in others), *itertools.pairwise(others)}


def _of_companies(uow: UnitOfWork, entity: str) -> Iterator[_Name]:
    model: Any = Customer if entity == "customer" else Lead
    block, key = (
        (Customer.name_block, Customer.name_key) if entity == "customer" else (Lead.company_block, Lead.company_key)
    )
    person: Any = Lead.name_key if entity == "lead" else None
    columns = [model.id, block, key, *([person] if person is not None else [])]
    statement = select(*columns).where(block.is_not(None), *_within(uow, entity, model)).order_by(block, key, model.id)
    for row in _streamed(uow, statement):
        yield _Name(row[0], row[1], row[2], parts_of(row[2]), row[3] if person is not None else None, None)


def _of_contacts(uow: UnitOfWork) -> Iterator[_Name]:
    statement = (
        select(Contact.id, Contact.name_key, Contact.customer_id)
        .where(Contact.name_key.is_not(None), *_within(uow, "contact", Contact))
        .order_by(Contact.name_key, Contact.customer_id, Contact.id)
    )
    for record_id, name, customer_id in _streamed(uow, statement):
        yield _Name(record_id, name, name, None, name, customer_id)


def _neighbours(names: Iterable[_Name]) -> Iterator[tuple[_Name, _Name]]:
    """Yield each name with those shortly before it in its block."""
    window: deque[_Name] = deque(maxlen=_NEIGHBOURS)
    for name in names:
        if window and window[-1].block != name.block:
            window.clear()
        for other in window:
            yield other, name
        window.append(name)


def _by_name(entity: str, one: _Name, other: _Name) -> Found | None:
    """Return what two names say; None if nothing."""
    if entity == "contact":
        is_colleague = one.parent == other.parent
        return Found(SAME, 90, ("person", "company")) if is_colleague else Found(PERHAPS, 60, ("person",))
    if entity == "lead" and one.person != other.person:
        return None
    if one.parts is None or other.parts is None or (one.key != other.key and _is_far(one.parts, other.parts)):
        return None
    verdict = judge_parts(one.parts, other.parts)
    if verdict.tier == NONE:
        return None
    return Found(verdict.tier, verdict.score, (*verdict.reasons, *(("person",) if entity == "lead" else ())))


def _is_far(one: CompanyName, other: CompanyName) -> bool:
    """Say at little cost whether two names cannot be worth a look; a short name that stands for a long one can."""
    if one.rest.startswith(_SHORT) or other.rest.startswith(_SHORT):
        return False
    return fuzz.ratio(one.rest, other.rest, score_cutoff=_FAR) == 0


def _add(found: Pairs, one: int, other: int, told: Found | None) -> None:
    """Enter a pair, together with what is known of it: two reasons say more than one."""
    if told is None:
        return
    pair = (one, other) if one < other else (other, one)
    known = found.get(pair)
    if known is None:
        if len(found) < MOST or told.tier == SAME:
            found[pair] = told
        return
    codes = tuple(dict.fromkeys((*known.codes, *told.codes)))
    # A phone and a name that is at least alike: one of them alone would be a question, both are an answer.
    is_sure = SAME in (known.tier, told.tier) or len({*codes} & {"phone", "domain", "person"}) > 1 or "name" in codes
    tier = SAME if is_sure else PERHAPS
    found[pair] = Found(tier, min(max(known.score, told.score) + 10, 100), codes)
