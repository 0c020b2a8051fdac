"""A chance found at a customer: on the sandbox by its strategic facts, in the funnel by its sales facts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from db.base import Base, Customizable, Owned, Record, Searchable
from db.types import (
    N_,
    Options,
    choice,
    currency,
    day,
    instant,
    integer,
    long_text,
    money,
    percent,
    rating,
    reference,
    text,
)

HORIZONS: Options = {"short": N_("Short"), "mid": N_("Mid"), "long": N_("Long")}
LOST_REASONS: Options = {
    "price": N_("Price"),
    "product": N_("Product did not fit"),
    "relationship": N_("Relationship"),
    "timing": N_("Timing"),
    "no_budget": N_("No budget"),
    "competitor": N_("Competitor was stronger"),
    "other": N_("Other"),
}


class Opportunity(Base, Record, Owned, Searchable, Customizable):
    """ONE entity. What the team claims stands here; what a planning round assumes is an Estimate of that round.

    Money is in minor units of `currency`; growth, margin, shares and probabilities in basis points.
    """

    __tablename__ = "opportunity"

    name: Mapped[str] = text(N_("Name"), required=True, searchable=True, sortable=True)
    code: Mapped[str | None] = text(N_("Code"), 40, searchable=True)
    customer_id: Mapped[int | None] = reference(N_("Customer"), "customer.id")
    product_id: Mapped[int | None] = reference(N_("Product"), "product.id", narrowing=True)
    currency: Mapped[str] = currency()

    pipeline_id: Mapped[int | None] = reference(N_("Pipeline"), "pipeline.id")
    stage_id: Mapped[int | None] = reference(N_("Stage"), "stage.id", index=False, narrowing=True)
    stage_entered_at: Mapped[datetime | None] = instant(N_("In stage since"), audited=False)
    amount: Mapped[int | None] = money(N_("Amount"), minimum=0, sortable=True, narrowing=True)
    close_on: Mapped[date | None] = day(N_("Close date"), sortable=True, narrowing=True)
    closed_on: Mapped[date | None] = day(N_("Closed on"))
    lost_reason: Mapped[str | None] = choice(N_("Lost because"), LOST_REASONS)
    lost_to: Mapped[str | None] = text(N_("Lost to"), 100)

    horizon: Mapped[str | None] = choice(N_("Horizon"), HORIZONS, index=True)
    market_size: Mapped[int | None] = money(
        N_("Market size"), minimum=0, help=N_("Addressable at this customer over three years")
    )
    growth: Mapped[int | None] = percent(N_("Growth"), minimum=-10_000, help=N_("Growth of that market a year"))
    margin: Mapped[int | None] = percent(N_("Margin"), minimum=-10_000, maximum=10_000, help=N_("Gross margin"))
    competition: Mapped[int | None] = rating(
        N_("Competition"), help=N_("1 = sole source, 5 = price war of four or more")
    )
    strategic_value: Mapped[int | None] = rating(
        N_("Strategic value"), help=N_("5 = lighthouse customer or first order of a new product")
    )
    our_share: Mapped[int | None] = percent(
        N_("Our share"), minimum=0, maximum=10_000, help=N_("Our share of this customer's purchases today")
    )
    product_fit: Mapped[int | None] = rating(N_("Product fit"))
    relationship: Mapped[int | None] = rating(N_("Relationship"))
    readiness: Mapped[int | None] = rating(N_("Delivery readiness"))
    win_probability: Mapped[int | None] = percent(N_("Win probability"), minimum=0, maximum=10_000)
    reachable_share: Mapped[int | None] = percent(
        N_("Reachable share"), minimum=0, maximum=10_000, help=N_("Share of the market size we can win")
    )
    cost: Mapped[int | None] = money(N_("Money needed"), minimum=0, help=N_("What fighting for it costs"))
    heads: Mapped[int | None] = integer(N_("People needed"), minimum=0)
    notes: Mapped[str | None] = long_text(N_("Notes"))


_TABLE = Opportunity.__table__
Index(
    "uq_opportunity_code",
    _TABLE.c.code,
    unique=True,
    sqlite_where=_TABLE.c.deleted_at.is_(None),
    postgresql_where=_TABLE.c.deleted_at.is_(None),
)
Index("ix_opportunity_stage_id_currency_amount", _TABLE.c.stage_id, _TABLE.c.currency, _TABLE.c.amount)
