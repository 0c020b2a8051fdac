"""What a profile has brought to light."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from db.base import Base, Record
from db.types import N_, Options, choice, long_text, reference

FINDING_KINDS: Options = {"opportunity": N_("Opportunity"), "risk": N_("Risk"), "value": N_("Value")}
FINDING_STATES: Options = {"open": N_("Open"), "taken": N_("Taken up"), "dropped": N_("Dropped")}


class Finding(Base, Record):
    """Ends as an opportunity on the sandbox, a risk watched or a value used; or is dropped."""

    __tablename__ = "finding"

    profile_id: Mapped[int] = reference(N_("Profile"), "profile.id", required=True)
    customer_id: Mapped[int] = reference(N_("Customer"), "customer.id", required=True)
    text: Mapped[str] = long_text(N_("Finding"), required=True)
    kind: Mapped[str] = choice(N_("Kind"), FINDING_KINDS, required=True, default="opportunity")
    state: Mapped[str] = choice(N_("State"), FINDING_STATES, required=True, default="open")
    owner_id: Mapped[int | None] = reference(N_("Owner"), "user.id", index=False)
    opportunity_id: Mapped[int | None] = reference(N_("Opportunity"), "opportunity.id")
