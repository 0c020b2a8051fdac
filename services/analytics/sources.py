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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, and_, case, cast, extract, func, literal_column, or_, select, union

from db.models import Conversion, Lead, Opportunity, Stage, Team, User
from services.kit import permissions
from services.kit.prepared import prepared
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
class Source:
    """The leads that name one source; None: those that name none."""

    source: str | None
    leads: int
    contacted: int
    qualified: int
    unqualified: int
    converted: int
    median_days: float | None
    """None where none was converted."""

    @property
    def rate(self) -> float:
        """Return the share that was converted, 0-1."""
        return self.converted / self.leads

    @property
    def is_small(self) -> bool:
        """Say whether the rate rests on so few leads that it says little."""
        return self.leads < SMALL


@dataclass(frozen=True)
class Month:
    """The leads that came in in one month."""

    month: date
    """Its first day."""
    leads: int
    converted: int
    """Of the leads of this month, until today."""

    @property
    def rate(self) -> float | None:
        """Return the share that was converted, 0-1; None for a month without leads."""
        return self.converted / self.leads if self.leads else None


@dataclass(frozen=True)
class Won:
    """What was won from the leads of one source in one currency."""

    source: str | None
    currency: str
    count: int
    amount: int
    """Minor units."""


@dataclass(frozen=True)
class Quality:
    """The report."""

    sources: Sequence[Source]
    """Most converted first."""
    months: Sequence[Month]
    """From the first to the last, those without leads included."""
    won: Sequence[Won]
    totals: Mapping[str, int]
    """leads, contacted, qualified, unqualified, converted."""


def quality(uow: UnitOfWork, which: Which) -> Quality:
    """Return the report over the leads that the reader may see. Raises Forbidden.

    Three queries, grouped in SQL; one of them reads all these leads.
    """
    permissions.require(uow, "lead.read")
    starts = _starts(which.start, which.end)
    facts = (which, str(uow.settings.zone))
    parts = uow.session.execute(prepared(uow, _select_counts, *facts)).mappings().all()
    medians = {row[0]: float(row[1]) for row in uow.session.execute(prepared(uow, _select_medians, *facts))}
    rows = [
        Source(
            source,
            **{name: sum(int(one[name]) for one in parts if one["source"] == source) for name in _COUNTS},
            median_days=medians.get(source),
        )
        for source in dict.fromkeys(one["source"] for one in parts)
    ]
    rows.sort(key=lambda row: (-row.converted, -row.leads))
    months = [
        Month(
            start,
            *(sum(int(one[name]) for one in parts if int(one["place"]) == at) for name in ("leads", "converted")),
        )
        for at, start in enumerate(starts)
    ]
    totals = {name: sum(getattr(row, name) for row in rows) for name in _COUNTS}
    return Quality(rows, months, _won(uow, *facts), totals)


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


def _select_counts(uow: UnitOfWork, which: Which, _zone: str) -> Any:
    place = _place(uow, _starts(which.start, which.end))
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
        .where(_seen(uow, which))
        .group_by(Lead.source, place)
    )


def _select_medians(uow: UnitOfWork, which: Which, _zone: str) -> Any:
    """Return the select of the median days to conversion by source: the middle one or two by rank."""
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
        .where(_seen(uow, which), Lead.status == "converted")
        .subquery()
    )
    middle = (ranked.c.place * 2 >= ranked.c.number) & (ranked.c.place * 2 <= ranked.c.number + 2)
    return select(ranked.c.source, func.avg(ranked.c.days)).where(middle).group_by(ranked.c.source)


def _place(uow: UnitOfWork, starts: Sequence[date]) -> Any:
    """Return the number of the month in which a lead came in, among these."""
    bounds = [(at, _midnight(uow, day)) for at, day in enumerate(starts)]
    return case(
        *((Lead.created_at >= bound, literal_column(str(at))) for at, bound in reversed(bounds[1:])),
        else_=literal_column("0"),
    )


def _starts(start: date, end: date) -> list[date]:
    """Return the first days of the months from start to end."""
    first = start.year * 12 + start.month - 1
    last = end.year * 12 + end.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(first, last + 1)]


def _won(uow: UnitOfWork, which: Which, zone: str) -> Sequence[Won]:
    """Return what was won from the leads, each opportunity once, as far as the reader may see it."""
    if not uow.actor.may("opportunity.read"):
        return ()
    rows = uow.session.execute(prepared(uow, _select_won, which, zone))
    return [Won(row[0], row[1], int(row[2]), int(row[3] or 0)) for row in rows]


def _select_won(uow: UnitOfWork, which: Which, _zone: str) -> Any:
    of_lead = (
        select(Conversion.id, Conversion.opportunity_id, Conversion.customer_id, Conversion.has_made_customer)
        .join(Lead, Lead.id == Conversion.lead_id)
        .where(_seen(uow, which), Conversion.reverted_at.is_(None))
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
    return (
        select(Lead.source, Opportunity.currency, func.count(), func.coalesce(func.sum(Opportunity.amount), 0))
        .select_from(first)
        .join(Conversion, Conversion.id == first.c.conversion_id)
        .join(Lead, Lead.id == Conversion.lead_id)
        .join(Opportunity, Opportunity.id == first.c.opportunity_id)
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(permissions.scope(uow, OPPORTUNITY), Opportunity.deleted_at.is_(None), Stage.kind == "won")
        .group_by(Lead.source, Opportunity.currency)
    )


def choices(uow: UnitOfWork) -> tuple[Sequence[tuple[int, str]], Sequence[tuple[int, str]]]:
    """Return (owners, teams) of the leads that the reader may see, (id, name) each, to filter the report by."""
    permissions.require(uow, "lead.read")
    people = uow.session.execute(prepared(uow, _select_whose, User, "owner_id"))
    groups = uow.session.execute(prepared(uow, _select_whose, Team, "team_id"))
    return [(row[0], row[1]) for row in people], [(row[0], row[1]) for row in groups]


def _select_whose(uow: UnitOfWork, model: Any, link: str) -> Any:
    used = select(getattr(Lead, link)).where(permissions.scope(uow, LEAD), Lead.deleted_at.is_(None)).distinct()
    return select(model.id, model.name).where(model.id.in_(used)).order_by(model.name, model.id)
