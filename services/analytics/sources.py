"""How good the sources of leads are: how many became customers, how fast, and what was won from them.

A lead counts for the source it names and for the day it came in. Figures
- contacted: somebody has spoken to it, whatever its status is now;
- qualified: it is qualified or has been converted; unqualified: it was given up;
- converted: it has become a customer and that was not taken back;
- rate = converted / leads, said together with the number of leads; below SMALL of them it is marked;
- days to convert = from coming in to conversion, the median over the converted ones;
- won = amounts of won opportunities that the conversion made, and of those at a customer that it made; minor units
  of each currency, never added across.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, Float, and_, case, cast, extract, func, literal_column, or_, select, union

from db.models import Conversion, Lead, Opportunity, Stage, Team, User
from services.kit import permissions
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from services.opportunities import OPPORTUNITY

SMALL: Final = 20
"""A rate over fewer leads than this says little."""
_SPOKEN_TO: Final = ("contacted", "nurturing", "qualified")
_COUNTS: Final = ("leads", "contacted", "qualified", "unqualified", "converted")


@dataclass(frozen=True)
class Which:
    """Which leads are looked at: that came in from `start` to `end`, both included, of these owners and teams."""

    start: date
    end: date
    owner_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Quality:
    """The report."""

    sources: pd.DataFrame
    """Index: source code, None for none; most converted first. Columns: leads, contacted, qualified, unqualified,
    converted, rate (0-1), is_small, median_days (empty where none was converted)."""
    months: pd.DataFrame
    """Columns: month (its first day), leads, converted (of the leads of that month), rate (0-1; empty for none)."""
    won: pd.DataFrame
    """Columns: source, currency, count, amount (minor units)."""
    totals: dict[str, int] = field(default_factory=dict)


def quality(uow: UnitOfWork, which: Which) -> Quality:
    """Return the report over the leads that the reader may see. Raises Forbidden.

    Three queries, grouped in SQL; one of them reads all these leads.
    """
    permissions.require(uow, "lead.read")
    seen = _seen(uow, which)
    starts = _starts(which.start, which.end)
    parts = uow.session.execute(_select_counts(seen, _place(uow, starts))).mappings().all()
    rows = [
        {
            "source": source,
            **{name: sum(int(one[name]) for one in parts if one["source"] == source) for name in _COUNTS},
        }
        for source in dict.fromkeys(one["source"] for one in parts)
    ]
    medians = _median_days(uow, seen)
    for row in rows:
        row["rate"] = row["converted"] / row["leads"]
        row["is_small"] = row["leads"] < SMALL
        row["median_days"] = medians.get(row["source"])
    columns = ["source", *_COUNTS, "rate", "is_small", "median_days"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame = frame.astype({**dict.fromkeys(_COUNTS, "int64"), "rate": float, "is_small": bool, "median_days": float})
    frame = frame.sort_values(["converted", "leads"], ascending=False, kind="stable").set_index("source")
    totals = {name: int(frame[name].sum()) for name in _COUNTS}
    return Quality(frame, _months(starts, parts), _won(uow, seen), totals)


def _seen(uow: UnitOfWork, which: Which) -> ColumnElement[bool]:
    wanted = [
        permissions.scope(uow, LEAD),
        Lead.deleted_at.is_(None),
        Lead.created_at >= _midnight(uow, which.start),
        Lead.created_at < _midnight(uow, which.end + timedelta(days=1)),
    ]
    if which.owner_ids:
        wanted.append(Lead.owner_id.in_(which.owner_ids))
    if which.team_ids:
        wanted.append(Lead.team_id.in_(which.team_ids))
    return and_(*wanted)


def _midnight(uow: UnitOfWork, day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=uow.settings.zone)


def _number(criterion: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((criterion, 1), else_=0)), 0)


def _select_counts(seen: ColumnElement[bool], place: Any) -> Any:
    is_converted = Lead.converted_at.is_not(None)
    return (
        select(
            Lead.source,
            place.label("place"),
            func.count().label("leads"),
            _number(or_(Lead.last_activity_at.is_not(None), Lead.status.in_(_SPOKEN_TO), is_converted)).label(
                "contacted"
            ),
            _number(or_(Lead.status == "qualified", is_converted)).label("qualified"),
            _number(Lead.status == "unqualified").label("unqualified"),
            _number(is_converted).label("converted"),
        )
        .where(seen)
        .group_by(Lead.source, place)
    )


def _median_days(uow: UnitOfWork, seen: ColumnElement[bool]) -> dict[str | None, float]:
    """Return the median days to conversion by source: the middle one or two by rank."""
    if uow.is_sqlite:
        days: Any = func.julianday(Lead.converted_at) - func.julianday(Lead.created_at)
    else:
        days = cast(extract("epoch", Lead.converted_at) - extract("epoch", Lead.created_at), Float) / 86_400
    ranked = (
        select(
            Lead.source,
            days.label("days"),
            func.row_number().over(partition_by=Lead.source, order_by=days).label("place"),
            func.count().over(partition_by=Lead.source).label("number"),
        )
        .where(seen, Lead.status == "converted")
        .subquery()
    )
    middle = (ranked.c.place * 2 >= ranked.c.number) & (ranked.c.place * 2 <= ranked.c.number + 2)
    rows = uow.session.execute(select(ranked.c.source, func.avg(ranked.c.days)).where(middle).group_by(ranked.c.source))
    return {row[0]: float(row[1]) for row in rows}


def _place(uow: UnitOfWork, starts: Sequence[date]) -> Any:
    """Return the number of the month in which a lead came in, among these."""
    bounds = [(at, _midnight(uow, day)) for at, day in enumerate(starts)]
    return case(
        *((Lead.created_at >= bound, literal_column(str(at))) for at, bound in reversed(bounds[1:])),
        else_=literal_column("0"),
    )


def _months(starts: Sequence[date], parts: Sequence[Any]) -> pd.DataFrame:
    counts = [
        tuple(sum(int(one[name]) for one in parts if int(one["place"]) == at) for name in ("leads", "converted"))
        for at in range(len(starts))
    ]
    return pd.DataFrame(
        {
            "month": starts,
            "leads": [one[0] for one in counts],
            "converted": [one[1] for one in counts],
            "rate": [one[1] / one[0] if one[0] else None for one in counts],
        }
    ).astype({"leads": "int64", "converted": "int64", "rate": float})


def _starts(start: date, end: date) -> list[date]:
    """Return the first days of the months from start to end."""
    first = start.year * 12 + start.month - 1
    last = end.year * 12 + end.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(first, last + 1)]


def _won(uow: UnitOfWork, seen: ColumnElement[bool]) -> pd.DataFrame:
    """Return what was won from the leads, each opportunity once, as far as the reader may see it."""
    if not uow.actor.may("opportunity.read"):
        return pd.DataFrame(columns=["source", "currency", "count", "amount"])
    of_lead = (
        select(Conversion.id, Conversion.opportunity_id, Conversion.customer_id, Conversion.has_made_customer)
        .join(Lead, Lead.id == Conversion.lead_id)
        .where(seen, Conversion.reverted_at.is_(None))
        .subquery()
    )
    direct = select(of_lead.c.opportunity_id, of_lead.c.id).where(of_lead.c.opportunity_id.is_not(None))
    at_customer = (
        select(Opportunity.id, of_lead.c.id)
        .join(of_lead, of_lead.c.customer_id == Opportunity.customer_id)
        .where(of_lead.c.has_made_customer)
    )
    both = union(direct, at_customer).subquery()
    opportunity_id, conversion_id = both.c
    first = (
        select(opportunity_id.label("opportunity_id"), func.min(conversion_id).label("conversion_id"))
        .group_by(opportunity_id)
        .subquery()
    )
    rows = uow.session.execute(
        select(Lead.source, Opportunity.currency, func.count(), func.coalesce(func.sum(Opportunity.amount), 0))
        .select_from(first)
        .join(Conversion, Conversion.id == first.c.conversion_id)
        .join(Lead, Lead.id == Conversion.lead_id)
        .join(Opportunity, Opportunity.id == first.c.opportunity_id)
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(permissions.scope(uow, OPPORTUNITY), Opportunity.deleted_at.is_(None), Stage.kind == "won")
        .group_by(Lead.source, Opportunity.currency)
    )
    found = [(row[0], row[1], int(row[2]), int(row[3] or 0)) for row in rows]
    return pd.DataFrame(found, columns=["source", "currency", "count", "amount"])


def choices(uow: UnitOfWork) -> tuple[Sequence[tuple[int, str]], Sequence[tuple[int, str]]]:
    """Return (owners, teams) of the leads that the reader may see, (id, name) each, to filter the report by."""
    permissions.require(uow, "lead.read")
    seen = (permissions.scope(uow, LEAD), Lead.deleted_at.is_(None))
    owners = select(Lead.owner_id).where(*seen).distinct()
    teams = select(Lead.team_id).where(*seen).distinct()
    people = select(User.id, User.name).where(User.id.in_(owners)).order_by(User.name, User.id)
    groups = select(Team.id, Team.name).where(Team.id.in_(teams)).order_by(Team.name, Team.id)
    return [(row[0], row[1]) for row in uow.session.execute(people)], [
        (row[0], row[1]) for row in uow.session.execute(groups)
    ]
