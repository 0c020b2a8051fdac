"""The demo's power maps: eight customers of which we know who decides; one stands red, some amber, some green."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any, Final

from seed.company import Company, person, phone, slug
from seed.rows import dice, words
from services import contacts, power_map
from services.competitors import COMPETITOR
from services.contacts import CONTACT
from services.kit import records
from services.kit.unit_of_work import UnitOfWork
from services.power_map import edges, steps

KEEPERS: Final = (
    "sales",
    "sales",
    "sales",
    "manager.north",
    "manager.south",
    "manager.south",
    "manager.overseas",
    "manager.overseas",
)
"""Whose customer each map is about, in the order of the maps."""
RIVALS: Final = 3
_STEPS: Final = ((1, 4), (2, -2), (5, 9))
"""Map and days until a step about its first gap is due."""


def add_power_maps(uow: UnitOfWork, company: Company) -> list[str]:
    """Put people onto the maps, those already known first; returns the customers' codes in the order of the maps."""
    chance = dice("power maps")
    rivals = [records.create(uow, COMPETITOR, {"name": row["name"]}).id for row in words("rivals")[:RIVALS]]
    codes = mapped(company)
    for number, code in enumerate(codes, start=1):
        people = _people(uow, company, code, number, rivals, chance)
        for edge in words("map_edges"):
            if edge["map"] == str(number):
                ends = people[edge["from"]], people[edge["to"]]
                edges.connect(uow, *ends, kind=edge["kind"], strength=int(edge["strength"]))
    for number, days in _STEPS:
        _plan(uow, company, codes[number - 1], days)
    return codes


def mapped(company: Company) -> list[str]:
    """Return the customers with a map: for each keeper the first ones that buy most."""
    found: list[str] = []
    for login in KEEPERS:
        mine = [code for code, row in company.rows.items() if row["_login"] == login and code not in found]
        found.append(min(mine, key=lambda code: (company.rows[code]["level"], code)))
    return found


def _people(
    uow: UnitOfWork, company: Company, code: str, number: int, rivals: list[int], chance: Random
) -> dict[str, int]:
    rows = [row for row in words("maps") if row["map"] == str(number)]
    known = company.contacts[code]
    ids: dict[str, int] = {}
    names: set[str] = set()
    for place, row in enumerate(rows):
        values = _values(company, code, row, rivals)
        if place < len(known):
            is_namesake = records.get(uow, CONTACT, known[place]).name in names
            more = _new(company, code, names, chance) if is_namesake else {}
            made = contacts.update(uow, known[place], {**more, **values})
        else:
            made = contacts.create(uow, {**_new(company, code, names, chance), **values})
        ids[row["place"]] = made.id
        names.add(made.name)
    for row in rows:
        if row["above"]:
            contacts.update(uow, ids[row["place"]], {"reports_to_id": ids[row["above"]]})
    for row in rows:
        if row["left"]:
            contacts.leave(uow, ids[row["place"]], reason="new_job", on=uow.today - timedelta(days=40))
    return ids


def _values(company: Company, code: str, row: Mapping[str, str], rivals: list[int]) -> dict[str, Any]:
    is_covered = row["coverage"] in ("brief", "multiple", "in_depth")
    return {
        "title": row["title"],
        "department": row["department"],
        "role": row["role"],
        "influence": int(row["influence"]),
        "attitude": row["attitude"] or None,
        "coverage": row["coverage"],
        "covered_by_id": company.rows[code]["owner_id"] if is_covered else None,
        "leaning_to_id": rivals[int(row["leaning"]) - 1] if row["leaning"] else None,
        "is_active": True,
    }


def _new(company: Company, code: str, names: set[str], chance: Random) -> dict[str, Any]:
    """Return somebody whose name nobody else on the map has: a picture with two of them could not be read."""
    customer = company.rows[code]
    name = person(customer["_region"], chance)
    while name in names:
        name = person(customer["_region"], chance)
    return {
        "customer_id": company.customers[code],
        "name": name,
        "mobile": phone(customer["_region"], chance),
        "email": f"{slug(name)}.{chance.randrange(100, 1000)}.{code.lower()}@{slug(customer['name'])}.example",
    }


def _plan(uow: UnitOfWork, company: Company, code: str, days: int) -> None:
    """Make the customer's first gap a step of its owner."""
    found = power_map.power_map(uow, company.customers[code])
    gap = found.gaps[0]
    steps.take_on(
        uow,
        found.customer_id,
        gap.code,
        what=f"{gap.step} · {_IN_CHINESE[gap.code]}",
        contact_id=gap.contact_id,
        owner_id=company.rows[code]["owner_id"],
        due_on=uow.today + timedelta(days=days),
    )


_IN_CHINESE: Final = {
    "against": "弄清其反对的原因",
    "not_covered": "约见一次",
    "not_rated": "了解其态度",
    "leaning": "了解竞争对手的优势",
    "no_supporter": "争取一位有影响力的支持者",
}
