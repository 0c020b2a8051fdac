"""How we stand at a customer: red, amber or green, by one rule.

The rule is the one of Altify's political map: red, no key player supports us; amber, one does; green, one does
and decides or approves. A key player has influence 4 or 5. Who has left does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from db.types import N_
from services.kit.errors import Message
from services.power_map.people import Person, active

RULE: Final = N_(
    "Red: nobody of influence 4 or 5 supports us. Amber: somebody does. Green: somebody does who decides or approves."
)
COLORS: Final = ("red", "amber", "green")
"""From worst to best."""
NAMED: Final = 3


@dataclass(frozen=True)
class Standing:
    """The colour, and why."""

    color: str
    reason: Message


def standing(people: Iterable[Person]) -> Standing:
    """Return how we stand with these people."""
    there = active(people)
    if not there:
        return Standing("red", Message(N_("Nobody is on the map yet.")))
    key = [one for one in there if one.is_key]
    if not key:
        return Standing("red", Message(N_("Nobody's influence is rated 4 or 5 yet: who decides is not known.")))
    supporters = [one for one in key if one.supports]
    if not supporters:
        return Standing("red", Message(N_("No key player supports us: {names}."), {"names": _names(key)}))
    deciding = [one for one in supporters if one.decides]
    if not deciding:
        return Standing(
            "amber",
            Message(N_("{names}: influential and for us, but without the last word."), {"names": _names(supporters)}),
        )
    return Standing("green", Message(N_("For us, with the last word: {names}."), {"names": _names(deciding)}))


def _names(people: list[Person]) -> list[str]:
    names = [one.name for one in people[:NAMED]]
    return [*names, "…"] if len(people) > NAMED else names
