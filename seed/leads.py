"""The demo's leads: in every state, by sources of different worth, graded by the rules, and what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from db.models import Contact, Conversion, Lead
from seed.company import Company, keeper, next_step, person, phone, slug
from seed.opportunities import Market
from seed.rows import Row, add, clipped, dice, either, office_hour, skewed, words
from services import grading
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD, OPEN_STATUSES

_STATUSES: Final = {"new": 22, "contacted": 26, "nurturing": 22, "qualified": 16, "converted": 34, "unqualified": 40}
_AGES: Final = {"new": 9, "contacted": 45, "nurturing": 160, "qualified": 70, "converted": 200, "unqualified": 190}
"""Median days since they came in."""
_SOURCES: Final = {
    "converted": {"referral": 13, "exhibition": 9, "partner": 5, "website": 5, "tender": 1, "cold_call": 1},
    "unqualified": {"website": 13, "cold_call": 9, "exhibition": 9, "referral": 2, "partner": 2, "tender": 2},
    "": {"website": 7, "exhibition": 6, "referral": 4, "cold_call": 3, "partner": 3, "tender": 1},
}
_REASONS: Final = {
    "no_need": 6, "no_budget": 5, "unreachable": 4, "competitor": 3, "wrong_contact": 2, "duplicate": 1,
}  # fmt: skip
_BY_HAND: Final = 0.06
_NO_MAIL: Final = 0.15


def add_leads(uow: UnitOfWork, company: Company) -> None:
    """Make leads in every state; the open ones have next steps, a few nobody owns yet."""
    chance = dice("leads")
    statuses = [status for status, count in _STATUSES.items() for _ in range(count)]
    named = iter(chance.sample(_companies(), len(statuses)))
    brought = iter(chance.sample([one for one in company.rows.items() if one[1]["_login"]], _STATUSES["converted"]))
    people = {one.id: one for one in uow.session.execute(select(Contact)).scalars()}
    for number, status in enumerate(statuses):
        row = _lead(uow, company, status, chance)
        if status == "converted":
            code, customer = next(brought)
            row |= {"company": customer["name"], "customer_id": company.customers[code], "_customer": code}
            row |= company.owner(customer["_login"])
            row |= {name: customer[name] for name in ("industry", "region")}
            known = people[chance.choice(company.contacts[code])]
            row |= {"name": known.name, "title": known.title, "phone": known.phone, "_contact": known.id}
        else:
            row["company"] = next(named)
        row["email"] = f"{slug(row['name'])}.{number}@{slug(row['company'])}.example"
        company.lead_rows.append(row)
    _grade(uow, company, chance)
    company.leads = add(uow, LEAD, company.lead_rows, "email")


def _grade(uow: UnitOfWork, company: Company, chance: Random) -> None:
    """Let the rules grade, but for a few that somebody knew better."""
    grading.grade_many(uow, company.lead_rows)
    for row in company.lead_rows:
        row.setdefault("graded_at", None)
        row.setdefault("graded_by_id", None)
        if row["owner_id"] and chance.random() < _BY_HAND:
            row["grade"] = chance.choice([one for one in "ABCD" if one != row["grade"]])
            row["graded_at"], row["graded_by_id"] = row["updated_at"], row["owner_id"]


def _companies() -> list[str]:
    heads = [
        "Yunfei 云翡", "Ruitai 芮泰", "Jiaheng 嘉珩", "Mingshuo 铭朔", "Hongtu 泓图", "Beiyu 贝煜", "Chenxi 辰熙",
        "Lvzhou 绿舟", "Dingsheng 鼎晟", "Nordvik", "Altamira", "Kestrel", "Vantaggio", "Indus",
    ]  # fmt: skip
    tails = (
        "Precision 精密", "Drive 传动", "Medical 医疗", "Mould 模具", "Energy 能源", "Robotics 机器人", "Optics 光学",
        "Hydraulics 液压", "Bearing 轴承", "Aviation 航空", "Rail 轨道", "Pump 泵业",
    )  # fmt: skip
    found = []
    for head in heads:
        latin, _, chinese = head.partition(" ")
        for tail in tails:
            english, _, rest = tail.partition(" ")
            found.append(f"{latin} {english} {chinese}{rest}" if chinese else f"{latin} {english}")
    return found


def _lead(uow: UnitOfWork, company: Company, status: str, chance: Random) -> Row:
    region = chance.choice(words("regions"))
    born = uow.today - timedelta(days=round(clipped(skewed(chance, _AGES[status], 0.5), 0, 340)))
    is_open = status in OPEN_STATUSES
    owner = None if is_open and chance.random() < 0.13 else keeper(region["team"], "B", chance)  # noqa: PLR2004
    # Nobody has planned anything for those that have just come in.
    unplanned = 0.6 if status == "new" else 0.2
    step_on, step = next_step(uow, "lead", chance, none=unplanned) if is_open and owner else (None, None)
    created = office_hour(uow, born, chance)
    ended = min(created + timedelta(days=chance.randrange(5, 60)), uow.now)
    return {
        "name": person(region["code"], chance),
        "title": chance.choice(words("titles"))["title"],
        "phone": phone(region["code"], chance) if chance.random() > _NO_MAIL else None,
        "industry": chance.choice(words("industries"))["name"],
        "region": region["name"],
        "source": either(chance, _SOURCES.get(status, _SOURCES[""])),
        "status": status,
        "unqualified_reason": either(chance, _REASONS) if status == "unqualified" else None,
        "next_step_on": step_on,
        "next_step": step,
        "converted_at": ended if status == "converted" else None,
        "customer_id": None,
        "created_at": created,
        "updated_at": ended if not is_open else created,
        **company.owner(owner),
        **({"received_at": created} if owner else {"received_at": None}),
    }


def add_conversions(uow: UnitOfWork, company: Company, market: Market) -> None:
    """Say what became of the converted leads: the contact, and the first sale at the customer if one began since."""
    chance = dice("conversions")
    first = _first_sales(market)
    rows: list[Row] = []
    moved: list[dict[str, Any]] = []
    for lead in company.lead_rows:
        if lead["status"] != "converted":
            continue
        sale = first.get(lead["_customer"])
        if sale is not None and sale[1] > uow.now - timedelta(days=340):
            # The sale began when the lead was converted.
            lead["converted_at"] = lead["updated_at"] = sale[1]
            lead["created_at"] = sale[1] - timedelta(days=chance.randrange(6, 55), hours=chance.randrange(1, 4))
        else:
            sale = None
        at = company.leads[lead["email"]]
        moved.append({"at_id": at, "created": lead["created_at"], "converted": lead["converted_at"]})
        rows.append(_conversion(at, lead, sale[0] if sale else None, is_new=chance.random() < 0.7))  # noqa: PLR2004
    table: Any = Lead.__table__
    statement = (
        update(table)
        .where(table.c.id == bindparam("at_id"))
        .values(
            created_at=bindparam("created"),
            received_at=bindparam("created"),
            converted_at=bindparam("converted"),
            updated_at=bindparam("converted"),
        )
    )
    uow.session.connection().execute(statement, moved)
    uow.session.add_all(Conversion(**row) for row in rows)
    uow.session.flush()


def _conversion(at: int, lead: Row, opportunity_id: int | None, *, is_new: bool) -> Row:
    return {
        "lead_id": at,
        "customer_id": lead["customer_id"],
        "contact_id": lead["_contact"],
        "opportunity_id": opportunity_id,
        "has_made_customer": is_new,
        "converted_at": lead["converted_at"],
        "reference": "demo",
        "done": {"made": {}, "versions": {}, "before": {}, "after": {}, "activities": [], "status": "qualified"},
        "created_by_id": lead["owner_id"],
        "updated_by_id": lead["owner_id"],
    }


def _first_sales(market: Market) -> dict[str, tuple[int, datetime]]:
    """Return the id of the first sale of each customer, and when it began."""
    found: dict[str, tuple[int, datetime]] = {}
    for code, road in market.roads.items():
        customer, began = market.rows[code]["_customer"], road.moves[0][1]
        if customer not in found or began < found[customer][1]:
            found[customer] = (market.ids[code], began)
    return found
