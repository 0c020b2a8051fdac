"""What a power map lacks: each gap with its sentence and what to do about it. Asks nothing of the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from db.types import N_
from services.kit.errors import Message
from services.power_map.people import Person, active


@dataclass(frozen=True)
class Kind:
    """One way in which a map can lack something."""

    says: str
    """Message id; {name} is the person, {days} how long, {competitor} to whom."""
    step: str
    """The next step that mends it, a message id."""
    is_serious: bool = True


KINDS: Final[Mapping[str, Kind]] = {
    "nobody": Kind(N_("We know nobody at this customer."), N_("Find the first contact")),
    "no_decider": Kind(N_("Nobody is known who decides."), N_("Find out who decides")),
    "no_supporter": Kind(
        N_("Nobody of influence 4 or 5 supports us."), N_("Win a sponsor among those who have influence")
    ),
    "against": Kind(N_("{name} has the last word and is against us."), N_("Find out what {name} objects to")),
    "not_covered": Kind(N_("{name} has the last word, and nobody of us knows them."), N_("Get to meet {name}")),
    "left_primary": Kind(N_("{name} has left and is still the primary contact."), N_("Choose a new primary contact")),
    "leaning": Kind(N_("{name} leans to {competitor}."), N_("Learn from {name} what speaks for {competitor}")),
    "not_rated": Kind(
        N_("{name} has the last word; how they stand to us is not known."), N_("Find out how {name} stands to us")
    ),
    "single": Kind(N_("Everything hangs on one contact: {name}."), N_("Get to know a second person")),
    "no_superior": Kind(
        N_("{name} reported to somebody who has left."), N_("Ask to whom {name} reports now"), is_serious=False
    ),
    "stale": Kind(N_("{name}: no contact for {days} days."), N_("Call {name}"), is_serious=False),
    "never_met": Kind(N_("{name}: no conversation on record."), N_("Talk to {name}"), is_serious=False),
    "no_gatekeeper": Kind(
        N_("Who guards the door is not known."), N_("Find out who guards the door"), is_serious=False
    ),
    "no_primary": Kind(N_("There is no primary contact."), N_("Choose a primary contact"), is_serious=False),
}
"""By code, the most urgent first."""


@dataclass(frozen=True)
class Gap:
    """Something the map lacks, of a person or of the whole."""

    code: str
    contact_id: int | None
    says: Message
    step: Message

    @property
    def is_serious(self) -> bool:
        """Say whether it stands in the way of an order."""
        return KINDS[self.code].is_serious


def gaps(people: Iterable[Person], today: date, *, stale_days: int) -> list[Gap]:
    """Return what the map lacks, the most urgent first; those who have left fill no gap.

    A key person nobody has spoken with for more than `stale_days` is one.
    """
    people = list(people)
    order = list(KINDS)
    found = [*_of_all(people), *_of_each(people, today, stale_days)]
    return sorted(found, key=lambda gap: (order.index(gap.code), gap.contact_id or 0))


def _of_all(people: list[Person]) -> Iterator[Gap]:
    there = active(people)
    if not there:
        yield _gap("nobody")
        return
    roles = {one.role for one in there}
    if "decider" not in roles:
        yield _gap("no_decider")
    if not any(one.is_key and one.supports for one in there):
        yield _gap("no_supporter")
    if len(there) == 1:
        yield _gap("single", there[0])
    if "gatekeeper" not in roles:
        yield _gap("no_gatekeeper")
    if not any(one.is_primary for one in people):
        yield _gap("no_primary")


def _of_each(people: list[Person], today: date, stale_days: int) -> Iterator[Gap]:
    there = active(people)
    ids = {one.id for one in there}
    for one in people:
        if one.is_primary and not one.is_active:
            yield _gap("left_primary", one)
    for one in there:
        if one.leaning_to:
            yield _gap("leaning", one, competitor=one.leaning_to)
        if one.reports_to_id is not None and one.reports_to_id not in ids:
            yield _gap("no_superior", one)
        if one.decides:
            yield from _of_the_last_word(one)
        yield from _of_touch(one, today, stale_days)


def _of_touch(one: Person, today: date, stale_days: int) -> Iterator[Gap]:
    if not (one.decides or one.is_key):
        return
    if one.last_contact_on is None:
        if one.is_covered or not one.decides:  # else "not covered" says it already
            yield _gap("never_met", one)
    elif (days := (today - one.last_contact_on).days) > stale_days:
        yield _gap("stale", one, days=days)


def _of_the_last_word(one: Person) -> Iterator[Gap]:
    if one.is_against:
        yield _gap("against", one)
    elif one.attitude is None:
        yield _gap("not_rated", one)
    if not one.is_covered:
        yield _gap("not_covered", one)


def _gap(code: str, person: Person | None = None, **more: object) -> Gap:
    params = {**({"name": person.name} if person else {}), **more}
    kind = KINDS[code]
    return Gap(code, person.id if person else None, Message(kind.says, params), Message(kind.step, params))


def missing(people: Iterable[Person]) -> list[Message]:
    """Return what is still missing before one may speak of a map at all; a stage can ask for that.

    A map names somebody with the last word, and says of everybody who has it how they stand and how much they
    weigh.
    """
    there = active(people)
    if not there:
        return [Message(N_("nobody is on it"))]
    deciding = [one for one in there if one.decides]
    if not deciding:
        return [Message(N_("nobody who decides or approves"))]
    found = []
    for one in deciding:
        if one.attitude is None:
            found.append(Message(N_("the attitude of {name}"), {"name": one.name}))
        if one.influence is None:
            found.append(Message(N_("the influence of {name}"), {"name": one.name}))
    return found
