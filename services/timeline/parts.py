"""What leaves a trace at a customer: each kind of event, where it is selected from, and whoever may see it.

Every part gives its instant, its key and some of the columns below; what a column means, its part says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Date, String, Text, and_, bindparam, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from db.models import (
    Activity,
    AuditEntry,
    Competitor,
    Contact,
    Contract,
    Conversion,
    Customer,
    ImportBatch,
    Lead,
    Merge,
    Opportunity,
    OwnerChange,
    Pool,
    Profile,
    ProfileVersion,
    Receipt,
    Stage,
    StageEvent,
    User,
)
from db.noon import noon
from db.types import Id, UtcDateTime
from services import sight
from services.contracts import IN_EFFECT
from services.kit.unit_of_work import UnitOfWork

COLUMNS: Final[Mapping[str, Any]] = {
    "what": Text(),
    "code": String(),
    "before": String(),
    "after": String(),
    "about": String(),
    "amount": BigInteger(),
    "currency": String(),
    "record_id": Id,
    "on": Date(),
    "by_id": Id,
}
ID: Final = bindparam("customer_id", type_=BigInteger())
NOW: Final = bindparam("now", type_=UtcDateTime())


@dataclass(frozen=True)
class Part:
    """What one kind of event is selected from."""

    at: Any
    id: Any
    source: Any
    where: Sequence[ColumnElement[bool]]
    columns: Mapping[str, Any]


def activity(uow: UnitOfWork, _ahead: int) -> Part:
    """Select what was said: `what`, `code` its kind, `after` with whom, `about` which sale, `before` the next step."""
    source = (
        select(Activity)
        .outerjoin(Contact, Contact.id == Activity.contact_id)
        .outerjoin(Opportunity, Opportunity.id == Activity.opportunity_id)
    )
    columns = {
        "what": Activity.summary,
        "code": Activity.kind,
        "before": Activity.next_step,
        "after": Contact.name,
        "about": Opportunity.name,
        "record_id": Activity.opportunity_id,
        "on": Activity.next_step_on,
        "by_id": Activity.owner_id,
    }
    return Part(Activity.happened_at, Activity.id, source, [sight.children(uow, "activity", ID)], columns)


def opened(uow: UnitOfWork, _ahead: int) -> Part:
    """Select the opportunities entered: `about`."""
    columns = {
        "about": Opportunity.name,
        "amount": Opportunity.amount,
        "currency": Opportunity.currency,
        "record_id": Opportunity.id,
        "by_id": Opportunity.created_by_id,
    }
    where = [sight.children(uow, "opportunity", ID)]
    return Part(Opportunity.created_at, Opportunity.id, select(Opportunity), where, columns)


def moved(uow: UnitOfWork, _ahead: int) -> Part:
    """Select the moves of opportunities: from `before` to `after`, of kind `code`; `what`: why it was lost."""
    source_stage, target = aliased(Stage), aliased(Stage)
    source = (
        select(StageEvent)
        .join(Opportunity, Opportunity.id == StageEvent.opportunity_id)
        .join(target, target.id == StageEvent.to_stage_id)
        .outerjoin(source_stage, source_stage.id == StageEvent.from_stage_id)
    )
    columns = {
        "what": Opportunity.lost_reason,
        "code": target.kind,
        "before": source_stage.name,
        "after": target.name,
        "about": Opportunity.name,
        "amount": func.coalesce(StageEvent.amount, Opportunity.amount),
        "currency": Opportunity.currency,
        "record_id": Opportunity.id,
        "by_id": StageEvent.by_id,
    }
    # The stage in which it was entered is said by the line above.
    where = [
        sight.children(uow, "opportunity", ID),
        or_(StageEvent.from_stage_id.is_not(None), StageEvent.at > Opportunity.created_at),
    ]
    return Part(StageEvent.at, StageEvent.id, source, where, columns)


def _contract(contract: Any = Contract) -> dict[str, Any]:
    return {
        "what": contract.name,
        "about": contract.number,
        "amount": contract.amount,
        "currency": contract.currency,
        "record_id": contract.id,
    }


def contract_step(uow: UnitOfWork, _ahead: int) -> Part:
    """Select the steps of contracts from stage `before` to `code`, as their history says."""
    stage = AuditEntry.changes["stage"]
    source = select(AuditEntry).join(
        Contract, and_(AuditEntry.entity == "contract", AuditEntry.record_id == Contract.id)
    )
    columns = {
        **_contract(),
        "code": stage[1].as_string(),
        "before": stage[0].as_string(),
        "by_id": AuditEntry.actor_id,
    }
    where = [
        sight.children(uow, "contract", ID),
        AuditEntry.action == "update",
        stage[1].as_string().in_(("approved", "in_force", "completed", "void")),
    ]
    return Part(AuditEntry.at, AuditEntry.id, source, where, columns)


def signed(uow: UnitOfWork, ahead: int) -> Part:
    """Select the signing of contracts: `about` the number, `what` the name."""
    at = noon(Contract.signed_on, ahead)
    where = [sight.children(uow, "contract", ID), Contract.signed_on.is_not(None)]
    columns = {**_contract(), "on": Contract.signed_on, "by_id": Contract.owner_id}
    return Part(at, Contract.id, select(Contract), where, columns)


def ended(uow: UnitOfWork, ahead: int) -> Part:
    """Select the ends of contracts in effect."""
    at = noon(Contract.end_on, ahead)
    where = [
        sight.children(uow, "contract", ID),
        Contract.end_on.is_not(None),
        Contract.stage.in_(IN_EFFECT),
        at < NOW,
    ]
    return Part(at, Contract.id, select(Contract), where, {**_contract(), "on": Contract.end_on})


def receipt(uow: UnitOfWork, ahead: int) -> Part:
    """Select money that came in for the contract `about`; `code`: by which method."""
    columns = {
        "code": Receipt.method,
        "about": Contract.number,
        "amount": Receipt.amount,
        "currency": Receipt.currency,
        "record_id": Contract.id,
        "on": Receipt.received_on,
        "by_id": Receipt.created_by_id,
    }
    where = [sight.children(uow, "receipt", ID), Receipt.stage == "approved"]
    source = select(Receipt).join(Contract, Contract.id == Receipt.contract_id)
    return Part(noon(Receipt.received_on, ahead), Receipt.id, source, where, columns)


def owner(uow: UnitOfWork, _ahead: int) -> Part:
    """Select changes of owner: `before`, `after`, `about` the pool, `code` how, `what` why."""
    giver, taker = aliased(User), aliased(User)
    source = (
        select(OwnerChange)
        .outerjoin(giver, giver.id == OwnerChange.from_id)
        .outerjoin(taker, taker.id == OwnerChange.to_id)
        .outerjoin(Pool, Pool.id == OwnerChange.pool_id)
    )
    columns = {
        "what": OwnerChange.reason,
        "code": OwnerChange.kind,
        "before": giver.name,
        "after": taker.name,
        "about": Pool.name,
        "by_id": OwnerChange.by_id,
    }
    where = [OwnerChange.entity == "customer", OwnerChange.record_id == ID, sight.customer(uow, ID)]
    return Part(OwnerChange.at, OwnerChange.id, source, where, columns)


def profile(uow: UnitOfWork, _ahead: int) -> Part:
    """Select published versions: `code` the number, `before` the competitor whose standing it is, `what` the note."""
    source = (
        select(ProfileVersion)
        .join(Profile, Profile.id == ProfileVersion.profile_id)
        .outerjoin(Competitor, Competitor.id == Profile.competitor_id)
    )
    columns = {
        "what": ProfileVersion.note,
        "code": cast(ProfileVersion.number, String()),
        "before": Competitor.name,
        "by_id": ProfileVersion.published_by_id,
    }
    where = [sight.children(uow, "profile", ID), ProfileVersion.published_at.is_not(None)]
    return Part(ProfileVersion.published_at, ProfileVersion.id, source, where, columns)


def merged(uow: UnitOfWork, _ahead: int) -> Part:
    """Select the customers, `about`, that went into this one."""
    gone = aliased(Customer)
    source = select(Merge).outerjoin(gone, gone.id == Merge.record_id)
    where = [Merge.entity == "customer", Merge.into_id == ID, sight.customer(uow, ID)]
    return Part(Merge.at, Merge.id, source, where, {"about": gone.name, "by_id": Merge.by_id})


def converted(uow: UnitOfWork, _ahead: int) -> Part:
    """Select the leads, `about`, that became this customer or went into it."""
    source = select(Conversion).outerjoin(Lead, Lead.id == Conversion.lead_id)
    where = [
        Conversion.customer_id == ID,
        Conversion.reverted_at.is_(None),
        sight.is_reached(uow, "customer.read", ID),
    ]
    columns = {"about": Lead.name, "by_id": Conversion.created_by_id}
    return Part(Conversion.converted_at, Conversion.id, source, where, columns)


def created(uow: UnitOfWork, _ahead: int) -> Part:
    """Select when it was entered; `what`: the file it came from.

    An import writes one entry for many rows, a person one for each: what has no entry of its own and was made while
    its maker's import ran came from that file.
    """
    made = aliased(Customer)
    by_hand = (
        exists()
        .where(AuditEntry.entity == "customer", AuditEntry.record_id == made.id, AuditEntry.action == "create")
        .correlate(made)
    )
    file = (
        select(ImportBatch.file_name)
        .where(
            ImportBatch.by_id == made.created_by_id,
            ImportBatch.entity == "customer",
            ImportBatch.created_at <= made.created_at,
            func.coalesce(ImportBatch.finished_at, NOW) >= made.created_at,
            ~by_hand,
        )
        .order_by(ImportBatch.id.desc())
        .limit(1)
        .correlate(made)
        .scalar_subquery()
    )
    where = [made.id == ID, sight.customer(uow, ID)]
    return Part(made.created_at, made.id, select(made), where, {"what": file, "by_id": made.created_by_id})


PARTS: Final[Mapping[str, tuple[str, str | None, Callable[[UnitOfWork, int], Part]]]] = {
    "activity": ("activity", "activity.read", activity),
    "contract": ("money", "contract.read", contract_step),
    "converted": ("record", None, converted),
    "created": ("record", None, created),
    "ended": ("money", "contract.read", ended),
    "merged": ("record", None, merged),
    "moved": ("sale", "opportunity.read", moved),
    "opened": ("sale", "opportunity.read", opened),
    "owner": ("record", None, owner),
    "profile": ("record", "profile.read", profile),
    "receipt": ("money", "receipt.read", receipt),
    "signed": ("money", "contract.read", signed),
}
"""Kind -> under which filter, by which permission, from what. Of one instant the later letter stands on top."""
DATED: Final = frozenset({"signed", "ended", "receipt"})
