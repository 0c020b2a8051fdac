"""What profiles have brought to light, and what became of it: an opportunity on the sandbox, a risk, a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import exists, func, select

from db.models import Competitor, Customer, Finding, Opportunity, Profile, ProfileVersion, User
from db.types import N_
from services import customers, opportunities
from services.kit import permissions, records
from services.kit.entity import Entity, Section
from services.kit.errors import Invalid, Message, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.opportunities import OPPORTUNITY
from services.profiles.editing import PROFILE

FINDING = Entity(
    model=Finding,
    module=__name__,
    one=N_("Finding"),
    many=N_("Findings"),
    grid=("text", "kind", "state", "owner_id", "opportunity_id", "updated_at"),
    form=(Section(N_("Finding"), ("profile_id", "text", "kind", "state", "owner_id")),),
    filters=("kind", "state", "customer_id", "owner_id"),
    title="text",
    scope=permissions.through(Customer, customers.REACHED, Finding.customer_id),
)
STRATEGIC: Final = ("horizon", "market_size", "growth", "margin", "competition")
"""What an opportunity needs to be ranked on the sandbox."""
_MOST: Final = 50


@dataclass(frozen=True)
class Found:
    """A finding with the names it shows."""

    id: int
    text: str
    kind: str
    state: str
    owner: str | None
    opportunity_id: int | None
    opportunity: str | None
    """None when there is none or the reader may not see it."""
    is_on_sandbox: bool
    version: int


@dataclass(frozen=True)
class Sheet:
    """One profile as lists show it."""

    id: int
    customer_id: int
    customer: str
    kind: str
    competitor: str | None
    completeness: int
    """Basis points."""
    edition: int
    has_draft: bool
    findings: int
    on_sandbox: int
    """How many of the findings stand on the sandbox as opportunities."""

    @property
    def is_flagged(self) -> bool:
        """Say whether nothing has come of it on the sandbox."""
        return self.on_sandbox == 0


@dataclass(frozen=True)
class Summary:
    """What the head of a customer's page says about its profiles."""

    completeness: int | None
    """Basis points of the customer profile; None if there is none."""
    edition: int
    competitors: int
    """How many competitors' standings are written down."""
    open_findings: int
    is_flagged: bool
    """There are profiles, and no finding of any stands on the sandbox."""


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Finding:
    """Write down a finding of a profile; the actor looks after it unless somebody else is named.

    Raises Forbidden, NotFound, Invalid.
    """
    permissions.require(uow, "finding.create")
    profile = records.get(uow, PROFILE, values.get("profile_id"), action="update")
    given = {"owner_id": uow.actor.user_id, **{name: value for name, value in values.items() if value is not None}}
    made: Finding = records.create(uow, FINDING, given, also={"customer_id": profile.customer_id})
    return made


def update(uow: UnitOfWork, finding_id: int, values: Mapping[str, Any], *, version: int | None = None) -> Finding:
    """Change a finding; it stays with its profile. Raises Forbidden, NotFound, Invalid, Conflict."""
    finding: Finding = records.get(uow, FINDING, finding_id, action="update")
    if values.get("profile_id", finding.profile_id) != finding.profile_id:
        raise Invalid({"profile_id": Message(N_("A finding stays with its profile."))})
    return records.update(uow, FINDING, finding_id, values, version=version)  # type: ignore[no-any-return]


def to_opportunity(uow: UnitOfWork, finding_id: int, values: Mapping[str, Any]) -> Opportunity:
    """Make a finding an opportunity of the customer, with what the sandbox ranks by; each knows the other.

    `values` are those of an opportunity: a name and the strategic facts at least. Raises Forbidden, NotFound,
    Invalid, and Refusal for a finding of another kind or one that is an opportunity already.
    """
    finding = _open_chance(uow, finding_id)
    needed = ("name", *STRATEGIC)
    blank = [name for name in needed if values.get(name) in (None, "")]
    if blank:
        raise Invalid({name: Message(N_("Please fill this in.")) for name in blank})
    made = opportunities.create(uow, {**values, "customer_id": finding.customer_id})
    _take_up(uow, finding, made.id)
    return made


def link(uow: UnitOfWork, finding_id: int, opportunity_id: int) -> Finding:
    """Say that an opportunity of the same customer is what a finding found. Refuses as `to_opportunity` does."""
    finding = _open_chance(uow, finding_id)
    opportunity = records.get(uow, OPPORTUNITY, opportunity_id)
    if opportunity.customer_id != finding.customer_id:
        raise Invalid({"opportunity_id": Message(N_("Choose an opportunity of the same customer."))})
    return _take_up(uow, finding, opportunity.id)


def of_profile(uow: UnitOfWork, profile_id: int) -> list[Found]:
    """Return the findings of a profile, open ones first. Raises Forbidden, NotFound."""
    permissions.require(uow, "finding.read")
    records.get(uow, PROFILE, profile_id)
    sees = permissions.scope(uow, OPPORTUNITY)
    rows = uow.session.execute(
        select(
            Finding.id,
            Finding.text,
            Finding.kind,
            Finding.state,
            User.name.label("owner"),
            Finding.opportunity_id,
            Opportunity.name.label("opportunity"),
            sees.label("sees"),
            Opportunity.horizon,
            Opportunity.deleted_at,
            Finding.version,
        )
        .outerjoin(User, User.id == Finding.owner_id)
        .outerjoin(Opportunity, Opportunity.id == Finding.opportunity_id)
        .where(Finding.profile_id == profile_id, Finding.deleted_at.is_(None), permissions.scope(uow, FINDING))
        .order_by((Finding.state != "open"), Finding.id)
    )
    found = []
    for row in rows:
        is_there = row.opportunity_id is not None and row.deleted_at is None
        is_named = is_there and row.sees
        found.append(
            Found(
                row.id,
                row.text,
                row.kind,
                row.state,
                row.owner,
                row.opportunity_id if is_named else None,
                row.opportunity if is_named else None,
                is_there and row.horizon is not None,
                row.version,
            )
        )
    return found


def origin(uow: UnitOfWork, opportunity_id: int) -> tuple[int, str] | None:
    """Return (customer id, text) of the finding an opportunity came from; None if there is none in sight."""
    permissions.require(uow, "finding.read")
    row = uow.session.execute(
        select(Finding.customer_id, Finding.text)
        .where(Finding.opportunity_id == opportunity_id, Finding.deleted_at.is_(None), permissions.scope(uow, FINDING))
        .order_by(Finding.id)
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None


def of_customer(uow: UnitOfWork, customer_id: int) -> list[Sheet]:
    """Return the profiles of a customer, its own first. One query."""
    permissions.require(uow, "profile.read")
    return _sheets(uow, Profile.customer_id == customer_id)


def overview(
    uow: UnitOfWork,
    *,
    kind: str | None = None,
    is_flagged: bool = False,
    after: tuple[int, int] | None = None,
    limit: int = _MOST,
) -> list[Sheet]:
    """Return profiles the reader may see, the least complete first; `after` is (completeness, id) of the last one.

    `is_flagged` leaves those of which nothing has come on the sandbox. One query.
    """
    permissions.require(uow, "profile.read")
    wanted: list[Any] = []
    if kind is not None:
        wanted.append(Profile.kind == kind)
    if is_flagged:
        wanted.append(~exists(_on_sandbox().correlate(Profile)))
    if after is not None:
        share, last = after
        wanted.append((Profile.completeness > share) | ((Profile.completeness == share) & (Profile.id > last)))
    return _sheets(uow, *wanted, limit=limit)


def summary(uow: UnitOfWork, customer_id: int) -> Summary:
    """Return how far the profiles of a customer are, for its head line. Two queries."""
    permissions.require(uow, "profile.read")
    sheets = of_customer(uow, customer_id)
    own = next((one for one in sheets if one.kind == "customer"), None)
    open_findings = uow.session.execute(
        select(func.count())
        .select_from(Finding)
        .where(
            Finding.customer_id == customer_id,
            Finding.state == "open",
            Finding.deleted_at.is_(None),
            permissions.scope(uow, FINDING),
        )
    ).scalar_one()
    return Summary(
        own.completeness if own else None,
        own.edition if own else 0,
        sum(one.kind == "competitor" for one in sheets),
        open_findings,
        bool(sheets) and all(one.is_flagged for one in sheets),
    )


# --- inside -------------------------------------------------------------------------------------------------


def _open_chance(uow: UnitOfWork, finding_id: int) -> Finding:
    finding: Finding = records.get(uow, FINDING, finding_id, action="update", lock=True)
    if finding.kind != "opportunity":
        raise Refusal(N_("Only a finding that is an opportunity can go onto the sandbox; change its kind first."))
    if finding.opportunity_id is not None:
        taken = uow.session.execute(
            select(Opportunity.id).where(Opportunity.id == finding.opportunity_id, Opportunity.deleted_at.is_(None))
        ).first()
        if taken is not None:
            raise Refusal(N_("This finding is an opportunity already."))
    return finding


def _take_up(uow: UnitOfWork, finding: Finding, opportunity_id: int) -> Finding:
    finding.opportunity_id, finding.state = opportunity_id, "taken"
    return records.store(uow, FINDING, finding)  # type: ignore[no-any-return]


def _on_sandbox() -> Any:
    """Return the findings of the profile at hand that stand on the sandbox."""
    return (
        select(Finding.id)
        .join(Opportunity, Opportunity.id == Finding.opportunity_id)
        .where(
            Finding.profile_id == Profile.id,
            Finding.deleted_at.is_(None),
            Opportunity.deleted_at.is_(None),
            Opportunity.horizon.is_not(None),
        )
    )


def _sheets(uow: UnitOfWork, *wanted: Any, limit: int = _MOST) -> list[Sheet]:
    there = (
        select(func.count())
        .where(Finding.profile_id == Profile.id, Finding.deleted_at.is_(None))
        .correlate(Profile)
        .scalar_subquery()
    )
    on_sandbox = _on_sandbox().with_only_columns(func.count()).correlate(Profile).scalar_subquery()
    has_draft = exists(
        select(ProfileVersion.id)
        .where(ProfileVersion.profile_id == Profile.id, ProfileVersion.published_at.is_(None))
        .correlate(Profile)
    )
    rows: Sequence[Any] = uow.session.execute(
        select(
            Profile.id,
            Profile.customer_id,
            Customer.name,
            Profile.kind,
            Competitor.name,
            Profile.completeness,
            Profile.edition,
            has_draft,
            there,
            on_sandbox,
        )
        .join(Customer, Customer.id == Profile.customer_id)
        .outerjoin(Competitor, Competitor.id == Profile.competitor_id)
        .where(permissions.scope(uow, PROFILE), Profile.deleted_at.is_(None), *wanted)
        .order_by(Profile.completeness, Profile.id)
        .limit(limit)
    ).all()
    return [Sheet(*row) for row in rows]
