"""What a profile asks: data of the company, in both languages."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from db.base import Base, Record
from db.types import N_, Options, choice, flag, integer, text

PROFILE_KINDS: Options = {"customer": N_("Customer profile"), "competitor": N_("Competitor standing")}
ANSWER_KINDS: Options = {
    "long_text": N_("Text"),
    "text": N_("One line"),
    "percent": N_("Per cent"),
    "rating": N_("Rating 1–5"),
}


class ProfileQuestion(Base, Record):
    """Answers are kept by its code, so that wording, order and weight may change at any time."""

    __tablename__ = "profile_question"
    __table_args__ = (UniqueConstraint("profile_kind", "code"), CheckConstraint("weight > 0", "weight"))

    profile_kind: Mapped[str] = choice(N_("Asked in"), PROFILE_KINDS, required=True, default="customer")
    code: Mapped[str] = text(N_("Code"), 40, required=True)
    section: Mapped[str] = text(N_("Section"), 100, required=True)
    section_zh: Mapped[str | None] = text(N_("Section in Chinese"), 100)
    wording: Mapped[str] = text(N_("Question"), 300, required=True)
    wording_zh: Mapped[str | None] = text(N_("Question in Chinese"), 300)
    answer_kind: Mapped[str] = choice(N_("Answer"), ANSWER_KINDS, required=True, default="long_text")
    is_required: Mapped[bool] = flag(N_("Counts as needed"), default=True)
    weight: Mapped[int] = integer(N_("Weight"), required=True, default=1, minimum=1, maximum=10)
    position: Mapped[int] = integer(N_("Position"), required=True, default=0, sortable=True)
