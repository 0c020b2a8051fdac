"""Profiles and their versions: what we know of a customer's business, and how a competitor stands there.

Answers stand in versions: a draft that several people may write, then a published version that stays. What a
profile has brought to light are its findings (services/profiles/findings.py); a profile of which none stands on
the sandbox is flagged, since insight without consequence is worth nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from db.models import Customer, Profile, ProfileVersion, User
from db.types import N_
from services import customers
from services.competitors import COMPETITOR
from services.kit import audit, permissions, records
from services.kit.entity import Child, Entity, Section
from services.kit.errors import Conflict, Invalid, Message, NotFound, Refusal
from services.kit.unit_of_work import UnitOfWork
from services.profiles.answers import Change, changes, completeness, merged, wrong
from services.profiles.questions import questions

PROFILE = Entity(
    model=Profile,
    module=__name__,
    one=N_("Profile"),
    many=N_("Profiles"),
    grid=("customer_id", "kind", "competitor_id", "completeness", "edition", "published_at", "updated_at"),
    form=(Section(N_("Profile"), ("customer_id", "kind", "competitor_id")),),
    filters=("kind", "customer_id", "competitor_id", "completeness"),
    title="kind",
    sort="completeness",
    descending=False,
    scope=permissions.through(Customer, customers.REACHED, Profile.customer_id),
    children=(Child("finding", "profile_id"),),
    page="profiles",
)


@dataclass(frozen=True)
class Version:
    """The answers as they stood; `number` 0 with no answers stands for "nothing yet"."""

    number: int
    answers: Mapping[str, Any]
    completeness: int
    """Basis points."""
    is_draft: bool
    published_at: datetime | None = None
    by: str | None = None
    note: str | None = None


def begin(uow: UnitOfWork, customer_id: int, kind: str = "customer", competitor_id: int | None = None) -> Profile:
    """Begin a profile with an empty draft: one of the customer, one for each competitor there.

    Raises Forbidden, NotFound, Invalid, and Refusal when there is one already.
    """
    permissions.require(uow, "profile.create")
    if (kind == "competitor") != (competitor_id is not None):
        said = N_("Choose the competitor.") if competitor_id is None else N_("A customer profile has no competitor.")
        raise Invalid({"competitor_id": Message(said)})
    _refuse_unreached(uow, customer_id)
    if competitor_id is not None:
        records.get(uow, COMPETITOR, competitor_id)
    values = {"customer_id": customer_id, "kind": kind, "competitor_id": competitor_id}
    try:
        with uow.session.begin_nested():
            profile: Profile = records.create(uow, PROFILE, values)
    except (IntegrityError, Refusal) as error:
        if isinstance(error, Refusal) and not isinstance(error.__cause__, IntegrityError):
            raise
        raise Refusal(N_("There is such a profile already.")) from error
    return profile


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Profile:
    """Begin a profile from a form. Refuses as `begin` does."""
    permissions.require(uow, "profile.create")
    return begin(uow, values.get("customer_id") or 0, values.get("kind") or "customer", values.get("competitor_id"))


def update(uow: UnitOfWork, profile_id: int, values: Mapping[str, Any], *, version: int | None = None) -> Profile:
    """Refuse: whose profile it is stays; answers change by `answer`."""
    permissions.require(uow, "profile.update")
    profile: Profile = records.get(uow, PROFILE, profile_id, action="update")
    if any(getattr(profile, name, None) != value for name, value in values.items()):
        raise Refusal(N_("Whose profile it is stays as it is; begin another one."))
    return records.update(uow, PROFILE, profile_id, {}, version=version)  # type: ignore[no-any-return]


def current(uow: UnitOfWork, profile_id: int) -> Version:
    """Return the draft if there is one, else the newest published version. Raises Forbidden, NotFound."""
    return next(iter(versions(uow, profile_id)), Version(0, {}, 0, is_draft=True))


def versions(uow: UnitOfWork, profile_id: int) -> list[Version]:
    """Return all versions, the newest first; the draft, if there is one, before them. Raises Forbidden, NotFound."""
    records.get(uow, PROFILE, profile_id)
    rows = uow.session.execute(
        select(ProfileVersion, User.name)
        .outerjoin(User, User.id == ProfileVersion.published_by_id)
        .where(ProfileVersion.profile_id == profile_id)
        .order_by(ProfileVersion.number.desc())
    )
    return [
        Version(row.number, row.answers, row.completeness, row.published_at is None, row.published_at, by, row.note)
        for row, by in rows
    ]


def difference(uow: UnitOfWork, profile_id: int, before: int, after: int) -> list[Change]:
    """Return answer by answer what differs between two versions by number; 0 is "nothing yet".

    Raises Forbidden, and NotFound for a version there is not.
    """
    found = {one.number: one.answers for one in versions(uow, profile_id)} | {0: {}}
    if before not in found or after not in found:
        raise NotFound
    profile = records.get(uow, PROFILE, profile_id)
    return changes(questions(uow, profile.kind), found[before], found[after])


def answer(
    uow: UnitOfWork, profile_id: int, given: Mapping[str, Any], *, began: Mapping[str, Any] | None = None
) -> Version:
    """Write answers (typed: text, basis points, rating) into the draft, which is made from the newest version.

    `began` is what the writer saw; two people may answer different questions at once. Raises Forbidden, NotFound,
    Invalid by question, and Conflict where somebody else has answered the same one otherwise in between.
    """
    profile: Profile = records.get(uow, PROFILE, profile_id, action="update", lock=True)
    asked = questions(uow, profile.kind)
    unknown = set(given) - {one.code for one in asked}
    if unknown:
        raise Refusal(N_("There is no such question: {code}."), code=", ".join(sorted(unknown)))
    if problems := wrong(asked, given):
        raise Invalid(problems)
    draft, base = _draft(uow, profile)
    _refuse_overwriting(profile, base, given, began)
    after = merged(base, given)
    share = completeness(asked, after)
    if after != base:
        if draft is None:
            draft = ProfileVersion(profile_id=profile.id, number=profile.edition + 1)
            uow.session.add(draft)
        draft.answers, draft.completeness = after, share
        profile.completeness = share
        uow.session.flush()
    return Version(draft.number if draft else profile.edition, after, share, is_draft=draft is not None)


def publish(uow: UnitOfWork, profile_id: int, *, note: str | None = None) -> Version:
    """Make the draft the next version, which stays as it is. Raises Forbidden, NotFound, Refusal without a draft."""
    profile: Profile = records.get(uow, PROFILE, profile_id, action="publish", lock=True)
    draft, _ = _draft(uow, profile)
    if draft is None:
        raise Refusal(N_("There is nothing new to publish."))
    draft.note, draft.published_at, draft.published_by_id = note or None, uow.now, uow.actor.user_id
    profile.edition, profile.published_at, profile.completeness = draft.number, uow.now, draft.completeness
    uow.session.flush()
    return Version(draft.number, draft.answers, draft.completeness, is_draft=False, published_at=uow.now, note=note)


def discard_draft(uow: UnitOfWork, profile_id: int) -> None:
    """Throw the draft away and go back to the newest version; the audit keeps what it said.

    Raises Forbidden, NotFound, Refusal without a draft or before the first version.
    """
    profile: Profile = records.get(uow, PROFILE, profile_id, action="update", lock=True)
    draft, _ = _draft(uow, profile)
    if draft is None or profile.edition == 0:
        raise Refusal(N_("There is no draft to throw away."))
    audit.note(uow, PROFILE, "discard_draft", profile.id, answers=dict(draft.answers))
    uow.session.delete(draft)
    uow.session.flush()
    published = uow.session.execute(
        select(ProfileVersion.completeness).where(
            ProfileVersion.profile_id == profile.id, ProfileVersion.number == profile.edition
        )
    ).scalar_one()
    profile.completeness = published
    uow.session.flush()


# --- inside -------------------------------------------------------------------------------------------------


def _refuse_unreached(uow: UnitOfWork, customer_id: int) -> None:
    """Refuse a customer out of reach; one in the public pool shows itself, not what is known of it."""
    rule = customers.REACHED(replace(uow.actor, day=uow.today, action="update"), uow.actor.reach("profile.create"))
    if not isinstance(customer_id, int) or not 0 < customer_id < 2**63:
        raise NotFound
    found = select(Customer.id).where(Customer.id == customer_id, Customer.deleted_at.is_(None), rule)
    if uow.session.execute(found).first() is None:
        raise NotFound


def _draft(uow: UnitOfWork, profile: Profile) -> tuple[ProfileVersion | None, Mapping[str, Any]]:
    """Return the draft, and the answers to go on from."""
    found: Sequence[ProfileVersion] = (
        uow.session.execute(
            select(ProfileVersion)
            .where(ProfileVersion.profile_id == profile.id)
            .order_by(ProfileVersion.number.desc())
            .limit(1)
        )
        .scalars()
        .all()
    )
    if not found:
        return None, {}
    return (found[0] if found[0].published_at is None else None), found[0].answers


def _refuse_overwriting(
    profile: Profile, stored: Mapping[str, Any], given: Mapping[str, Any], began: Mapping[str, Any] | None
) -> None:
    if began is None:
        return
    theirs = {
        code: stored.get(code)
        for code, value in given.items()
        if (stored.get(code) or None) not in {began.get(code) or None, value or None}
    }
    if theirs:
        raise Conflict(theirs=theirs, yours={code: given[code] for code in theirs}, version=profile.version)
