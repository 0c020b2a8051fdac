"""Criteria of the sandbox: what is measured, where the claim is read from, on which fixed scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import func, select

from db.models import CriteriaSet as StoredSet
from db.types import N_
from services.kit import permissions, records
from services.kit.entity import Entity, Section
from services.kit.errors import NotFound, Refusal
from services.kit.once import once
from services.kit.unit_of_work import UnitOfWork
from services.sandbox import CriteriaSet, Criterion, SandboxError, Scale, hurdle, linear, log_like, ratings

Kind = Literal["money", "percent", "rating"]
"""How a claim on an opportunity becomes a raw value: minor to major units, basis points to per cent, as it is."""

CRITERIA_SET = Entity(
    model=StoredSet,
    module=__name__,
    one=N_("Criteria set"),
    many=N_("Criteria sets"),
    grid=("name", "edition"),
    form=(Section(N_("Criteria set"), ("name",)),),
)
STANDARD: Final = N_("Standard")

# The largest market at one customer that the scale still tells apart, in major units.
_TOPS: Final[Mapping[str, float]] = {
    "CNY": 50_000_000,
    "USD": 8_000_000,
    "EUR": 8_000_000,
    "GBP": 8_000_000,
    "HKD": 60_000_000,
    "TWD": 250_000_000,
    "JPY": 1_200_000_000,
    "KRW": 10_000_000_000,
}
HURDLE: Final = 20.0
"""Gross margin in per cent below which an opportunity may not be chosen."""


@dataclass(frozen=True)
class Measure:
    """A criterion and what the portal knows about it beside its scale."""

    criterion: Criterion
    label: str
    """Message id of its name."""
    column: str
    """Column of the opportunity that holds the team's claim."""
    kind: Kind
    points: float
    """Weight in points to begin with; 0 means offered but off."""

    @property
    def key(self) -> str:
        """Return the key by which weights and estimates name it."""
        return self.criterion.key

    @property
    def scale(self) -> Scale:
        """Return its fixed scale."""
        return self.criterion.scale


@dataclass(frozen=True)
class Criteria:
    """The measures of a round, in order; money is in major units of `currency`."""

    currency: str
    measures: tuple[Measure, ...]

    @once
    def keys(self) -> tuple[str, ...]:
        """Return all keys, attractiveness first."""
        return tuple(measure.key for measure in self.measures)

    @once
    def attractiveness(self) -> tuple[Measure, ...]:
        """Return the measures that make the score."""
        return tuple(m for m in self.measures if m.criterion.axis == "attractiveness")

    @once
    def position(self) -> tuple[Measure, ...]:
        """Return the measures of how we stand; the other axis of the matrix, never the score."""
        return tuple(m for m in self.measures if m.criterion.axis == "position")

    @once
    def engine(self) -> CriteriaSet:
        """Return the attractiveness axis as the engine takes it."""
        return CriteriaSet(tuple(m.criterion for m in self.attractiveness))

    @once
    def position_engine(self) -> CriteriaSet | None:
        """Return the position axis as the engine takes it; None if the set has none."""
        return CriteriaSet(tuple(m.criterion for m in self.position)) if self.position else None

    def __getitem__(self, key: str) -> Measure:
        """Return a measure by its key; refuses an unknown one."""
        for measure in self.measures:
            if measure.key == key:
                return measure
        raise Refusal(N_("There is no criterion “{key}” in this round."), key=key)

    def points(self) -> dict[str, float]:
        """Return the weights to begin with, in points."""
        return {measure.key: measure.points for measure in self.measures}

    def to_body(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "currency": self.currency,
            "criteria": [
                {
                    **measure.criterion.to_dict(),
                    "label": measure.label,
                    "column": measure.column,
                    "kind": measure.kind,
                    "points": measure.points,
                }
                for measure in self.measures
            ],
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Criteria:
        """Read what `to_body` wrote."""
        measures = []
        for stored in body["criteria"]:
            ours = {name: stored[name] for name in ("label", "column", "kind", "points")}
            engine = {name: value for name, value in stored.items() if name not in ours}
            measures.append(Measure(Criterion.from_dict(engine), **ours))
        return cls(body["currency"], tuple(measures))


@contextmanager
def refusing() -> Iterator[None]:
    """Turn a refusal of the engine into one of ours; the sentence stays."""
    try:
        yield
    except SandboxError as error:
        raise Refusal(error.message, **error.params) from error


def default_criteria(currency: str = "CNY", *, market_top: float | None = None) -> Criteria:
    """Return the criteria of the card with their fixed scales; strategic value is offered, off.

    `market_top` is the market size, in major units of `currency`, that is worth the whole scale.
    """
    with refusing():
        top = market_top if market_top is not None else _TOPS.get(currency, 10_000_000)
        better_low = ratings({1: 1.0, 2: 0.75, 3: 0.5, 4: 0.25, 5: 0.0})
        better_high = ratings({1: 0.0, 2: 0.25, 3: 0.5, 4: 0.75, 5: 1.0})
        return Criteria(
            currency,
            (
                _measure("market_size", N_("Market size"), log_like(top), "money", 30, currency),
                _measure("growth", N_("Growth"), linear(-10, 60), "percent", 25, "%"),
                _measure("margin", N_("Margin"), hurdle(0, HURDLE, 60, 0.3), "percent", 25, "%", gate_min=HURDLE),
                _measure("competition", N_("Competition"), better_low, "rating", 20, "1–5"),
                _measure("strategic_value", N_("Strategic value"), better_high, "rating", 0, "1–5"),
                _measure("our_share", N_("Our share"), linear(0, 60), "percent", 25, "%", axis="position"),
                _measure("product_fit", N_("Product fit"), better_high, "rating", 25, "1–5", axis="position"),
                _measure("relationship", N_("Relationship"), better_high, "rating", 25, "1–5", axis="position"),
                _measure("readiness", N_("Delivery readiness"), better_high, "rating", 25, "1–5", axis="position"),
            ),
        )


def _measure(  # noqa: PLR0913 - one argument a fact
    key: str,
    label: str,
    scale: Scale,
    kind: Kind,
    points: float,
    unit: str,
    *,
    axis: Literal["attractiveness", "position"] = "attractiveness",
    gate_min: float | None = None,
) -> Measure:
    return Measure(Criterion(key, scale, axis, unit, gate_min), label, key, kind, points)


def create_criteria_set(uow: UnitOfWork, name: str = STANDARD, criteria: Criteria | None = None) -> StoredSet:
    """Keep criteria as the first edition of a set, or as the next one if the name is taken.

    Raises Forbidden, and Refusal with the engine's sentence for a scale that does not hold.
    """
    permissions.require(uow, "criteria_set.create")
    return keep(uow, name, criteria or default_criteria(uow.settings.currency))


def revise_criteria(
    uow: UnitOfWork,
    criteria_set_id: int,
    *,
    scales: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    gates: Mapping[str, float | None] | None = None,
) -> StoredSet:
    """Make the next edition with other scales or gates; rounds go on with theirs and say that it is stale.

    `scales` maps a criterion to its (raw, value) points, raw rising, value between 0 and 1; `gates` to the
    least raw value. Raises Forbidden, NotFound, Refusal.
    """
    permissions.require(uow, "criteria_set.update")
    old = stored(uow, criteria_set_id)
    criteria = Criteria.from_body(old.body)
    with refusing():
        for key, points in (scales or {}).items():
            scale = Scale(tuple((raw, value) for raw, value in points), criteria[key].scale.kind)
            criteria = _with(criteria, key, scale=scale)
        for key, gate in (gates or {}).items():
            criteria = _with(criteria, key, gate_min=gate)
    return keep(uow, old.name, criteria)


def stored(uow: UnitOfWork, criteria_set_id: int) -> StoredSet:
    """Return a stored set. Raises NotFound."""
    found = uow.session.get(StoredSet, criteria_set_id)
    if found is None or found.deleted_at is not None:
        raise NotFound
    return found


def newest(uow: UnitOfWork, name: str, currency: str) -> StoredSet | None:
    """Return the newest edition of a set in a currency."""
    found = uow.session.execute(
        select(StoredSet)
        .where(StoredSet.name == name, StoredSet.deleted_at.is_(None))
        .order_by(StoredSet.edition.desc())
    ).scalars()
    return next((one for one in found if one.body["currency"] == currency), None)


def standard(uow: UnitOfWork, currency: str) -> StoredSet:
    """Return the standard set of a currency, making it the first time it is needed."""
    return newest(uow, STANDARD, currency) or keep(uow, STANDARD, default_criteria(currency))


def keep(uow: UnitOfWork, name: str, criteria: Criteria) -> StoredSet:
    """Store criteria as the next edition of `name`. The caller has asked for permission."""
    last = uow.session.execute(select(func.max(StoredSet.edition)).where(StoredSet.name == name)).scalar_one()
    made = StoredSet(name=name, edition=(last or 0) + 1, body=criteria.to_body())
    return records.store(uow, CRITERIA_SET, made)  # type: ignore[no-any-return]


def _with(criteria: Criteria, key: str, **changes: Any) -> Criteria:
    changed = replace(criteria[key], criterion=replace(criteria[key].criterion, **changes))
    return replace(criteria, measures=tuple(changed if m.key == key else m for m in criteria.measures))
