"""The demo company: teams, people, products, customers with their contacts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import update

from db.base import table_of
from db.models import Customer, User
from seed.rows import Row, add, dice, either, office_hour, rounded, skewed, words
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import records
from services.kit.unit_of_work import UnitOfWork
from services.products import PRODUCT
from services.teams import TEAM
from services.users import USER

COMPANY: Final = "Qilan Precision 启岚精工"
CURRENCY: Final = "CNY"
TEAMS: Final = {"north": "North and West 北部西部", "south": "East and South 华东华南", "overseas": "Overseas 海外"}
PEOPLE: Final = (
    # login, name, role, team, reports to
    ("leader", "Shen Yifan 沈一帆", "leader", None, None),
    ("admin", "Xu Ning 徐宁", "administrator", None, "leader"),
    ("manager.north", "Han Dong 韩冬", "sales_manager", "north", "leader"),
    ("manager.south", "Lin Yue 林悦", "sales_manager", "south", "leader"),
    ("manager.overseas", "Anna Weber 安娜", "sales_manager", "overseas", "leader"),
    ("sales", "Tian Ye 田野", "sales", "north", "manager.north"),
    ("finance", "Qin Lan 秦岚", "finance", None, "leader"),
    ("viewer", "Gu Ping 顾平", "viewer", None, "leader"),
)


@dataclass
class Company:
    """What the parts of the demo hand on: ids by word, and the rows they were made from."""

    users: dict[str, int]
    teams: dict[str, int]
    products: dict[str, int]
    customers: dict[str, int] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    """Customer rows by code, with `_industry` and `_team` beside the columns."""
    contacts: dict[str, list[int]] = field(default_factory=dict)
    leads: dict[str, int] = field(default_factory=dict)
    lead_rows: list[Row] = field(default_factory=list)

    def team_of(self, login: str | None) -> int | None:
        """Return the team a person is counted for."""
        key = next((person[3] for person in PEOPLE if person[0] == login), None)
        return self.teams[key] if key else None

    def owner(self, login: str | None) -> Row:
        """Return the two columns that say whose a record is."""
        return {"owner_id": self.users[login] if login else None, "team_id": self.team_of(login)}


GROUPS: Final = (4, 3, 3)
"""Companies of each group."""


def found(uow: UnitOfWork, password_hash: str | None) -> Company:
    """Make the teams under the company, the people and the products; everybody signs in alike."""
    root = records.create(uow, TEAM, {"name": COMPANY})
    teams = {key: records.create(uow, TEAM, {"name": name, "parent_id": root.id}).id for key, name in TEAMS.items()}
    users: dict[str, int] = {}
    for login, name, role, team, superior in PEOPLE:
        person = User(
            login=login,
            name=name,
            role=role,
            email=f"{login}@qilan.example",
            team_id=teams[team] if team else root.id,
            reports_to_id=users.get(superior or ""),
            language=uow.settings.language,
            password_hash=password_hash,
        )
        users[login] = records.store(uow, USER, person).id
    products = add(uow, PRODUCT, [_product(row) for row in words("products")], "code")
    return Company(users, teams, {str(code).removeprefix("QL-"): at for code, at in products.items()})


def _product(row: Mapping[str, str]) -> Row:
    price = int(row["price"]) * 100
    return {
        "name": row["name"],
        "code": f"QL-{row['code']}",
        "series": row["series"],
        "list_price": price,
        "currency": CURRENCY,
    }


# --- customers and their people -------------------------------------------------------------------------------


def add_customers(uow: UnitOfWork, company: Company) -> None:
    """Make the customers: larger ones better known, some in the public pool, next steps late, due and to come."""
    chance = dice("customers")
    for number, row in enumerate(words("customers"), start=1):
        code = f"K{number:04d}"
        company.rows[code] = _customer(uow, company, row, code, chance)
    company.customers = add(uow, CUSTOMER, list(company.rows.values()), "code")
    _add_groups(uow, company)


def _customer(uow: UnitOfWork, company: Company, row: Mapping[str, str], code: str, chance: Random) -> Row:
    industry = next(one for one in words("industries") if one["code"] == row["industry"])
    region = next(one for one in words("regions") if one["code"] == row["region"])
    weight = skewed(chance, float(industry["size"]), 0.7)
    level = "A" if weight > 1.9 else "B" if weight > 0.8 else "C"  # noqa: PLR2004 - the cuts of the levels
    owner = keeper(region["team"], level, chance)
    known_for = chance.randrange(120, 1_400)
    step_on, step = next_step(uow, "customer", chance, none=0.55) if owner else (None, None)
    return {
        "name": row["name"],
        "code": code,
        "industry": industry["name"],
        "region": region["name"],
        "level": level,
        "source": either(chance, {"referral": 5, "exhibition": 4, "website": 2, "partner": 2, "tender": 2, "other": 1}),
        "employees": round(skewed(chance, 520 * weight, 0.5), -1),
        "founded_in": uow.today.year - chance.randrange(6, 48),
        "revenue": rounded(skewed(chance, 420 * weight, 0.5) * 1e6 * 100, 10**6),
        "currency": CURRENCY,
        "phone": phone(region["code"], chance),
        "website": f"https://www.{slug(row['name'])}.example",
        "next_step_on": step_on,
        "next_step": step,
        "created_at": office_hour(uow, uow.today - timedelta(days=known_for), chance),
        "_industry": row["industry"],
        "_region": region["code"],
        "_team": region["team"],
        "_login": owner,
        "_weight": weight,
        **company.owner(owner),
    }


def keeper(team: str, level: str, chance: Random) -> str | None:
    """Return who looks after somebody of that team and level; nobody: the public pool."""
    if level == "C" and chance.random() < 0.32:  # noqa: PLR2004 - small ones end in the pool
        return None
    if team == "north" and chance.random() < 0.55:  # noqa: PLR2004 - the seller carries the larger half
        return "sales"
    return f"manager.{team}"


def _add_groups(uow: UnitOfWork, company: Company) -> None:
    """Let some customers be part of others of their industry and keeper: who sees one sees the group."""
    table = table_of(Customer)
    taken: set[str] = set()
    for size in GROUPS:
        top, *parts = _relatives(company, taken, size)
        taken |= {top, *parts}
        for number, code in enumerate(parts):
            # The last of three parts lies below the first: a group of three storeys.
            above = parts[0] if number == 2 else top  # noqa: PLR2004
            part = table.c.id == company.customers[code]
            uow.session.execute(update(table).where(part).values(parent_id=company.customers[above]))


def _relatives(company: Company, taken: set[str], size: int) -> list[str]:
    """Return the codes of a group, the weightiest first."""
    by_kind: dict[tuple[str, str], list[str]] = {}
    for code, row in company.rows.items():
        if row["_login"] and code not in taken:
            by_kind.setdefault((row["_industry"], row["_login"]), []).append(code)
    found = next(codes for codes in by_kind.values() if len(codes) >= size)
    return sorted(found, key=lambda code: -company.rows[code]["_weight"])[:size]


def add_contacts(uow: UnitOfWork, company: Company) -> None:
    """Make one to four people per customer; the first is the primary contact."""
    chance = dice("contacts")
    rows: list[Row] = []
    for code, customer in company.rows.items():
        count = either(chance, {"A": {3: 3, 4: 3}, "B": {2: 3, 3: 2}, "C": {1: 3, 2: 2}}[customer["level"]])
        for place, title in enumerate(chance.sample(words("titles"), count)):
            rows.append(_contact(company, code, title, chance, is_primary=place == 0))
    by_email = add(uow, CONTACT, rows, "email")
    for row in rows:
        code = row["email"].split("@")[0].rsplit(".", 1)[-1].upper()
        company.contacts.setdefault(code, []).append(by_email[row["email"]])


def _contact(company: Company, code: str, title: Mapping[str, str], chance: Random, *, is_primary: bool) -> Row:
    customer = company.rows[code]
    name = person(customer["_region"], chance)
    return {
        "customer_id": company.customers[code],
        "name": name,
        "title": title["title"],
        "department": title["department"],
        "role": title["role"],
        "phone": phone(customer["_region"], chance),
        "email": f"{slug(name)}.{chance.randrange(100, 1000)}.{code.lower()}@{slug(customer['name'])}.example",
        "is_primary": is_primary,
        "is_active": is_primary or chance.random() > 0.06,  # noqa: PLR2004 - a few have left
        "created_at": customer["created_at"],
    }


# --- words ----------------------------------------------------------------------------------------------------


def next_step(uow: UnitOfWork, subject: str, chance: Random, *, none: float) -> tuple[Any, str | None]:
    """Return when and what: some late, some today, most to come, and none for a share of them."""
    if chance.random() < none:
        return None, None
    days = either(chance, {-9: 1, -3: 2, -1: 2, 0: 4, 1: 3, 3: 3, 6: 4, 12: 4, 25: 3})
    return uow.today + timedelta(days=days), chance.choice(
        [r["text"] for r in words("next_steps") if r["subject"] == subject]
    )


def person(region: str, chance: Random) -> str:
    """Return a name as it is written where the person lives."""
    kinds = {"germany": "west", "italy": "west", "mexico": "west", "poland": "west", "usa": "west", "brazil": "west"}
    kinds |= dict.fromkeys(("vietnam", "thailand", "turkiye", "india", "japan", "korea"), "asia")
    kind = kinds.get(region, "cn")
    names = [row for row in words("people") if row["kind"] == kind]
    given, family = chance.choice(names)["given"], chance.choice(names)["family"]
    if kind != "cn":
        return f"{given} {family}"
    (latin, own), (family_latin, family_own) = given.split(), family.split()
    return f"{family_latin} {latin} {family_own}{own}"


_PREFIXES: Final = {
    "germany": "+49 30", "italy": "+39 02", "vietnam": "+84 28", "thailand": "+66 2", "mexico": "+52 55",
    "turkiye": "+90 212", "india": "+91 20", "poland": "+48 22", "usa": "+1 313", "brazil": "+55 11",
    "japan": "+81 3", "korea": "+82 2",
}  # fmt: skip


def phone(region: str, chance: Random) -> str:
    """Return a telephone number that looks like one of that place."""
    if region in _PREFIXES:
        return f"{_PREFIXES[region]} 555 {chance.randrange(1000, 10000)}"
    return f"+86 {chance.choice((138, 139, 158, 186))} 0000 {chance.randrange(1000, 10000)}"


def slug(name: str) -> str:
    """Return the Latin letters of a name for an address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
