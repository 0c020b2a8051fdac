"""The rules as SQL: what another scheme would change, and grading all leads anew, a chunk at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    case,
    cast,
    collate,
    false,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.custom import Among, Codes
from db.models import Lead
from services.grading import rules
from services.grading.points import lower
from services.grading.rules import TEXTS, Rule, Scheme, in_force, offered
from services.kit import custom, permissions, several
from services.kit.entity import ENTITIES
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork

CHUNK: Final = 20_000
"""Leads graded anew in one transaction: about half a second, in which other writers wait on SQLite."""
_STAYS: Final = Lead.converted_at.is_(None)
"""What has become a customer keeps the grade it had then."""


@dataclass(frozen=True)
class Preview:
    """What a scheme would change."""

    leads: int
    """Not converted, not in the recycle bin."""
    changed: int
    """Leads that would get another grade."""
    by_hand: int
    """Set by hand, which stay as they are."""
    before: Mapping[str | None, int]
    """Leads by their grade; None: no grade."""
    after: Mapping[str | None, int]


@dataclass(frozen=True)
class Progress:
    """How far grading anew has come."""

    changed: int
    """Leads whose grade, points or reasons changed in this step."""
    is_done: bool


def preview(uow: UnitOfWork, wanted: Scheme) -> Preview:
    """Return what a scheme would change, without changing it. One pass over the leads. Raises Forbidden, Invalid."""
    permissions.require(uow, "grading_rule.read")
    rules.refuse_wrong(wanted)
    facts = (str(uow.settings.zone), custom.in_force().token)  # what a rule about days, or an added field, rests on
    rows = uow.session.execute(prepared(uow, _select_preview, wanted, *facts)).all()
    before: dict[str | None, int] = {}
    after: dict[str | None, int] = {}
    for old, then, _by_hand, count in rows:
        before[old] = before.get(old, 0) + count
        after[then] = after.get(then, 0) + count
    return Preview(
        leads=sum(row[3] for row in rows),
        changed=sum(row[3] for row in rows if row[0] != row[1]),
        by_hand=sum(row[3] for row in rows if row[2]),
        before=before,
        after=after,
    )


def _select_preview(uow: UnitOfWork, wanted: Scheme, _zone: str, _token: str | None) -> Any:
    new = case((Lead.graded_at.is_not(None), Lead.grade), else_=_grade(wanted, _points(uow, wanted)))
    graded = (
        select(Lead.grade.label("old"), new.label("new"), Lead.graded_at.is_not(None).label("by_hand"))
        .where(Lead.deleted_at.is_(None), _STAYS)
        .subquery()
    )
    each = (graded.c.old, graded.c.new, graded.c.by_hand)
    return select(*each, func.count()).group_by(*each)


def save(uow: UnitOfWork, wanted: Scheme) -> Progress:
    """Make a scheme the one in force and begin to grade all leads anew by it. Raises Forbidden, Invalid.

    Up to CHUNK leads are done at once; the rest by `regrade`, called again until it says that it is done.
    """
    permissions.require(uow, "grading_rule.update")
    rules.store(uow, wanted)
    rules.keep_state(uow, 0, None)
    return regrade(uow)


def regrade_all(uow: UnitOfWork) -> int:
    """Grade all leads anew at once, whatever was done before; returns how many changed. Raises Forbidden."""
    permissions.require(uow, "grading_rule.update")
    rules.keep_state(uow, 0, None)
    changed = 0
    while True:
        step = regrade(uow)
        changed += step.changed
        if step.is_done:
            return changed


def regrade(uow: UnitOfWork, *, limit: int = CHUNK) -> Progress:
    """Grade the next leads anew, if anything has changed since all were: the rules, or the day they depend on.

    A verb for a recurring job: call it until `is_done`. Versions stay, since somebody who is editing a lead has
    nothing to merge. Raises Forbidden.
    """
    permissions.require(uow, "grading_rule.update")
    scheme = in_force(uow)
    state = rules.state(uow)
    after = state["after_id"]
    if after is None:
        done_on = date.fromisoformat(state["on"]) if state["on"] else None
        if done_on == uow.today or not rules.depends_on_the_day(scheme):
            return Progress(0, is_done=True)
        after = 0
    last = uow.session.scalar(
        select(func.max(Lead.id)).where(
            Lead.id.in_(select(Lead.id).where(Lead.id > after).order_by(Lead.id).limit(limit))
        )
    )
    if last is None:
        rules.keep_state(uow, None, uow.today)
        return Progress(0, is_done=True)
    changed = _regrade(uow, scheme, and_(Lead.id > after, Lead.id <= last))
    is_done = uow.session.scalar(select(Lead.id).where(Lead.id > last).limit(1)) is None
    rules.keep_state(uow, None if is_done else last, uow.today if is_done else None)
    return Progress(changed, is_done)


def by_night(uow: UnitOfWork) -> dict[str, int]:
    """Grade the next leads anew for a recurring job; all counts are 0 when none is left. Raises Forbidden."""
    step = regrade(uow)
    return {"graded": step.changed, "steps": 0 if step.is_done else 1}


def _regrade(uow: UnitOfWork, scheme: Scheme, which: ColumnElement[bool]) -> int:
    points, reasons = _points(uow, scheme), _reasons(uow, scheme)
    fresh = select(Lead.id, points.label("points"), reasons.label("reasons")).where(which, _STAYS).subquery("fresh")
    new = case((Lead.graded_at.is_not(None), Lead.grade), else_=_grade(scheme, fresh.c.points))
    result = uow.session.execute(
        update(Lead)
        .where(
            Lead.id == fresh.c.id,
            or_(
                Lead.grade_points.is_distinct_from(fresh.c.points),
                Lead.grade.is_distinct_from(new),
                _as_stored(uow) != fresh.c.reasons,
            ),
        )
        .values(grade=new, grade_points=fresh.c.points, grade_reasons=fresh.c.reasons)
        .execution_options(synchronize_session=False)
    )
    uow.session.expire_all()
    return int(result.rowcount)  # type: ignore[attr-defined]


def _as_stored(uow: UnitOfWork) -> Any:
    """Return the stored reasons as they compare with those made here."""
    return cast(Lead.grade_reasons, Text) if uow.is_sqlite else Lead.grade_reasons


# --- expressions --------------------------------------------------------------------------------------------


def _points(uow: UnitOfWork, scheme: Scheme) -> Any:
    parts = [case((criterion(uow, rule), rule.points), else_=0) for rule in scheme.active]
    if not parts:
        return cast(null(), Integer)
    found: Any = parts[0]
    for part in parts[1:]:
        found = found + part
    return found


def _grade(scheme: Scheme, points: Any) -> Any:
    return case(
        (points.is_(None), null()),
        (points >= scheme.a, "A"),
        (points >= scheme.b, "B"),
        (points >= scheme.c, "C"),
        else_="D",
    )


def _reasons(uow: UnitOfWork, scheme: Scheme) -> Any:
    """Return the reasons as JSON, put together from constant pieces, spaced as Python writes it."""
    pieces: Any = literal("", Text)
    for rule in scheme.active:
        piece = f", [{rule.id or 0}, {rule.points}]"
        pieces = pieces.concat(case((criterion(uow, rule), literal(piece, Text)), else_=literal("", Text)))
    written = literal("[", Text).concat(func.ltrim(pieces, ", ")).concat(literal("]", Text))
    return written if uow.is_sqlite else cast(written, JSONB)


def criterion(uow: UnitOfWork, rule: Rule) -> ColumnElement[bool]:
    """Return the rule as a criterion on leads; a rule about a field that is gone holds for none."""
    permissions.require(uow, "grading_rule.read")
    field = offered().get(rule.field)
    if field is None:
        return false()
    column: Any = ENTITIES["lead"].column(rule.field)
    is_text = field.kind in TEXTS
    if rule.operator in rules.WITHOUT_VALUE:
        filled = and_(column.is_not(None), column != "") if is_text else column.is_not(None)
        empty = or_(column.is_(None), column == "") if is_text else column.is_(None)
        return filled if rule.operator == "filled" else empty
    if is_text:
        # Latin capitals alone, whatever the collation of the database: as lower() in points.py.
        column = func.lower(column) if uow.is_sqlite else func.lower(collate(column, "C"))
    asked: list[Any] = [lower(one) if is_text else one for one in rule.values]
    if rule.operator == "within":
        return and_(column.is_not(None), column.between(*_span(uow, asked[0], is_day=field.kind == "day")))
    found: dict[str, Any] = {
        "is": lambda: column == asked[0],
        "in": lambda: (
            Among(column, literal(asked, Codes()), by_index=False) if field.kind == several.KIND else column.in_(asked)
        ),
        "has": lambda: (func.instr if uow.is_sqlite else func.strpos)(column, asked[0]) > 0,
        "from": lambda: column >= asked[0],
        "to": lambda: column <= asked[0],
    }
    return func.coalesce(found[rule.operator](), false())


def _span(uow: UnitOfWork, days: int, *, is_day: bool) -> tuple[Any, Any]:
    """Return the first and the last day, or instant, within so many days of today in the company's zone."""
    first, last = uow.today - timedelta(days=days), uow.today + timedelta(days=days)
    if is_day:
        return first, last
    begin = datetime.combine(first, time.min, tzinfo=uow.settings.zone)
    end = datetime.combine(last + timedelta(days=1), time.min, tzinfo=uow.settings.zone)
    return begin, end - timedelta(microseconds=1)
