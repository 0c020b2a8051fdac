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

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    and_,
    case,
    cast,
    column,
    extract,
    func,
    literal_column,
    select,
    true,
    union_all,
    values,
)
from sqlalchemy.orm import aliased

from db.models import Conversion, Lead, Opportunity, Stage, Team, User
from services.kit import permissions
from services.kit.actor import Reach
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from services.opportunities import OPPORTUNITY

SMALL: Final = 20
"""A rate over fewer leads than this says little."""
_CONVERTED: Final = "converted"
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

    Three queries, counted in SQL along the index ix_lead_sources.
    """
    permissions.require(uow, "lead.read")
    starts = _starts(which.start, which.end)
    facts = (which, str(uow.settings.zone))
    parts = uow.session.execute(prepared(uow, _select_counts, *facts)).all()
    medians = {row[0]: float(row[1]) for row in uow.session.execute(prepared(uow, _select_medians, *facts))}
    by_source: dict[str | None, Counter[str]] = {}
    by_month: list[Counter[str]] = [Counter() for _ in starts]
    for source, status, place, leads, touched in parts:
        if not leads:
            continue
        counts = _counts(status, int(leads), int(touched))
        by_source.setdefault(source, Counter()).update(counts)
        by_month[int(place)].update(counts)
    rows = [
        Source(source, **{name: counts[name] for name in _COUNTS}, median_days=medians.get(source))
        for source, counts in by_source.items()
    ]
    rows.sort(key=lambda row: (-row.converted, -row.leads, row.source or ""))
    months = [
        Month(start, counts["leads"], counts["converted"]) for start, counts in zip(starts, by_month, strict=True)
    ]
    totals = {name: sum(getattr(row, name) for row in rows) for name in _COUNTS}
    return Quality(rows, months, _won(uow, *facts), totals)


def _counts(status: str, leads: int, touched: int) -> dict[str, int]:
    """Return what leads of one status count for; `touched`: how many of them have an activity."""
    is_converted = status == _CONVERTED
    return {
        "leads": leads,
        "contacted": leads if is_converted or status in _SPOKEN_TO else touched,
        "qualified": leads if is_converted or status == "qualified" else 0,
        "unqualified": leads if status == "unqualified" else 0,
        "converted": leads if is_converted else 0,
    }


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


def _select_counts(uow: UnitOfWork, which: Which, _zone: str) -> Any:
    """Return the select of (source, status, month's number, leads, those with an activity)."""
    is_whole = uow.actor.reach("lead.read") is Reach.ALL and not (which.owner_ids or which.team_ids)
    if uow.is_sqlite and is_whole:
        return _select_cells(uow, which)
    place = _place(uow, _starts(which.start, which.end))
    return (
        select(Lead.source, Lead.status, place.label("place"), func.count(), func.count(Lead.last_activity_at))
        .where(_seen(uow, which))
        .group_by(Lead.source, Lead.status, place)
    )


def _select_cells(uow: UnitOfWork, which: Which) -> Any:
    """Return the same, each source, status and month counted by itself along the index.

    To group 300,000 leads by month SQLite sorts them all: 260 ms against 50.
    """
    starts = [which.start, *_starts(which.start, which.end)[1:], which.end + timedelta(days=1)]
    bounds = [_midnight(uow, day) for day in starts]
    instant = Lead.created_at.type
    month = (
        values(column("place", Integer), column("start", instant), column("end", instant), name="month")
        .data([(at, *pair) for at, pair in enumerate(pairwise(bounds))])
        .cte("month")
    )
    status, source = _each(Lead.status), _each(Lead.source)

    def number(*counted: Any) -> Any:
        return (
            select(func.count(*counted))
            .where(
                Lead.deleted_at.is_(None),
                Lead.status == status.c.value,
                Lead.source.is_not_distinct_from(source.c.value),
                Lead.created_at >= month.c.start,
                Lead.created_at < month.c.end,
            )
            .correlate(status, source, month)
            .scalar_subquery()
        )

    cells = select(
        source.c.value.label("source"),
        status.c.value.label("status"),
        month.c.place,
        number().label("leads"),
        number(Lead.last_activity_at).label("touched"),
    ).where(status.c.value.is_not(None))
    return cells.join_from(status, source, true()).join(month, true())


def _each(attribute: Any) -> Any:
    """Return a CTE of the values of a column, the last one NULL, by looking for the next one along the index."""
    known = aliased(Lead)
    least = select(func.min(attribute)).where(Lead.deleted_at.is_(None)).scalar_subquery()
    found = select(least.label("value")).cte(f"each_{attribute.key}", recursive=True)
    other = getattr(known, attribute.key)
    following = select(func.min(other)).where(known.deleted_at.is_(None), other > found.c.value).scalar_subquery()
    return found.union_all(select(following).where(found.c.value.is_not(None)))


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
        .where(_seen(uow, which), Lead.status == _CONVERTED)
        .subquery()
    )
    middle = (ranked.c.place * 2 >= ranked.c.number) & (ranked.c.place * 2 <= ranked.c.number + 2)
    return select(ranked.c.source, func.avg(ranked.c.days)).where(middle).group_by(ranked.c.source)


def _place(uow: UnitOfWork, starts: Sequence[date]) -> Any:
    """Return the number of the month in which a lead came in, among these."""
    bounds = [(at, _midnight(uow, day)) for at, day in enumerate(starts)]
    return case(
        *((Lead.created_at >= bound, literal_column(str(at))) for at, bound in reversed(bounds)),
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
    """Return the select of what was won; the conversions are gathered once."""
    made = (
        select(
            Conversion.id,
            Conversion.opportunity_id,
            Conversion.customer_id,
            Conversion.has_made_customer,
            Lead.source,
        )
        .join(Lead, Lead.id == Conversion.lead_id)
        .where(_seen(uow, which), Lead.status == _CONVERTED, Conversion.reverted_at.is_(None))
        .cte("made")
    )
    direct = select(made.c.opportunity_id.label("id"), made.c.id.label("conversion_id"))
    at_customer = (
        select(Opportunity.id, made.c.id)
        .join(made, made.c.customer_id == Opportunity.customer_id)
        .where(made.c.has_made_customer)
    )
    both = union_all(direct.where(made.c.opportunity_id.is_not(None)), at_customer).subquery()
    first = select(both.c.id, func.min(both.c.conversion_id).label("conversion_id")).group_by(both.c.id).subquery()
    return (
        select(made.c.source, Opportunity.currency, func.count(), func.coalesce(func.sum(Opportunity.amount), 0))
        .select_from(first)
        .join(made, made.c.id == first.c.conversion_id)
        .join(Opportunity, Opportunity.id == first.c.id)
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(permissions.scope(uow, OPPORTUNITY), Opportunity.deleted_at.is_(None), Stage.kind == "won")
        .group_by(made.c.source, Opportunity.currency)
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
