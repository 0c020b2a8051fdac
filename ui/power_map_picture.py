"""The picture of a power map: people placed, influence bowed, words in the reader's language."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from services.contacts import CONTACT
from services.power_map import Person, PowerMap, curves, layout
from services.power_map.edges import INFLUENCE
from ui import contact_dialogs, theme
from ui import format as fmt
from ui.charts import power_map as charts
from ui.charts.power_map_cards import SIGNS, SIZES, Card
from ui.i18n import _, named, option, say

WIDE: Final = 1_000
HIGH: Final = 560
"""Pixels a picture is expected to find; it fits whatever it really finds."""
PRESENTED: Final = (1_160, 640)


def draw(found: PowerMap, *, zoom: float | None, width: int, largest: float = 1.15, height: int | None = None) -> None:
    """Draw the people; a card opens when it is pressed."""
    shown = drawn(found)
    placed = layout.fitting([(one.id, one.reports_to_id) for one in shown], width, height or HIGH, SIZES)
    names = {one.id: one.name for one in shown}
    kinds = INFLUENCE.fields["kind"]
    bows = [
        _bow(edge.kind, option(kinds, edge.kind), edge.strength, edge.from_id, edge.to_id, placed)
        for edge in found.edges
        if edge.from_id in names and edge.to_id in names
    ]
    wide, high = charts.extent(placed, bows)
    fitting = min(largest, width / wide)
    tall = high * fitting if height is None else min(max(high * fitting, 240), height)
    nonce = st.session_state.setdefault("map.count", 0)
    key = f"power_map.{found.customer_id}.{nonce}.{zoom}"
    with st.container(key="power_map_picture"):
        st.vega_lite_chart(
            spec=charts.picture(
                [_card(one) for one in shown],
                placed,
                bows,
                _stances(),
                theme.palette(),
                title=_("Who decides, and how do they stand to us?"),
                height=tall,
                zoom=zoom,
                largest=largest,
            ),
            width="stretch" if zoom is None else "content",
            theme=None,
            key=key,
            on_select=lambda: _picked(found.customer_id, key),
            selection_mode="pick",
            alt=_words(found, shown),
        )
    st.caption(
        _(
            "Ring and dots: influence, 1–5. Bars: how well we know them. ★ primary contact. → leans to a competitor. "
            "Press a card to open it."
        )
    )


def _bow(kind: str, word: str, strength: int, from_id: int, to_id: int, placed: layout.Layout) -> charts.Bow:
    points = curves.bow(placed.places[from_id], placed.places[to_id], SIZES)
    half = (4.0 * len(word) if word.isascii() else 6.0 * len(word), 8.0)
    return charts.Bow(kind, word, strength, points, curves.label_at(points, placed.places.values(), SIZES, half))


def drawn(found: PowerMap) -> list[Person]:
    """Return who is shown: those who are there, and of those who have left whoever somebody still reports to."""
    above = {one.reports_to_id for one in found.people if one.is_active}
    return [one for one in found.people if one.is_active or one.id in above or one.is_primary]


def _stances() -> dict[int | None, str]:
    words = {int(code): option(CONTACT.fields["attitude"], code) for code in CONTACT.fields["attitude"].options or {}}
    return {**{code: f"{SIGNS[code]}  {words[code]}" for code in sorted(words, reverse=True)}, None: _("? Not known")}


def _card(one: Person) -> Card:
    fields = CONTACT.fields
    role = option(fields["role"], one.role) if one.role else ""
    if not one.is_active:
        role = _("has left")
    known = option(fields["coverage"], one.coverage)
    tip = [one.name, one.title, role, option(fields["attitude"], str(one.attitude)) if one.attitude is not None else ""]
    tip.append(named(_("Our coverage"), known if not one.covered_by else f"{known}, {one.covered_by}"))
    if one.last_contact_on:
        tip.append(_("Last contact {day}").format(day=fmt.day(one.last_contact_on)))
    return Card(
        id=one.id,
        name=one.name,
        title=one.title or "",
        role=role,
        attitude=one.attitude,
        stance=_stances()[one.attitude],
        influence=one.influence or 0,
        coverage=one.coverage,
        is_primary=one.is_primary,
        leaning=one.leaning_to or "",
        is_active=one.is_active,
        tip=" · ".join(part for part in tip if part),
    )


def _words(found: PowerMap, shown: list[Person]) -> str:
    """Say what the picture shows, for whoever does not see it."""
    names = {one.id: one.name for one in shown}
    parts = [say(found.standing.reason)]
    for one in shown:
        said = _card(one).tip
        if one.reports_to_id in names:
            said += "; " + _("reports to {name}").format(name=names[one.reports_to_id])
        parts.append(said)
    return ". ".join(parts)


def _picked(customer_id: int, key: str) -> None:
    event: Any = st.session_state.get(key) or {}
    picked = (event.get("selection") or {}).get("pick") or []
    if picked and isinstance(picked, list) and str(picked[0].get("id", "")).isdigit():
        contact_dialogs.person.later(customer_id, int(picked[0]["id"]))
        st.session_state["map.count"] += 1  # a new chart, so that the same card can be pressed again
