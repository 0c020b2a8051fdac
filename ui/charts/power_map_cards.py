"""The cards of the power map: who it is, how they stand to us, how much they weigh, how well we know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.power_map.layout import Layout, Point, Sizes
from ui.theme import Palette

Spec = dict[str, Any]
SIZES: Final = Sizes()
SIGNS: Final = {2: "++", 1: "+", 0: "0", -1: "−", -2: "−−", None: "?"}
"""Said beside the colour, for whoever sees none."""
_BAND: Final = 34
_COVERED: Final = {"none": 0, "brief": 1, "multiple": 2, "in_depth": 3}


@dataclass(frozen=True)
class Card:
    """One person as the picture shows them, words in the reader's language."""

    id: int
    name: str
    title: str
    role: str
    attitude: int | None
    stance: str
    """The attitude in words, as the legend says it."""
    influence: int
    """0: not known."""
    coverage: str
    is_primary: bool
    leaning: str
    is_active: bool
    tip: str


def times(units: float) -> Spec:
    """Return a length of so many units, in pixels as they come."""
    return {"expr": f"{units} * k"}


def widths(name: str) -> Spec:
    """Return the encoding of a width in units; one scale for all lines of the picture."""
    scale = {"domain": [0, 10], "range": [0, {"expr": "10 * k"}]}
    return {"field": name, "type": "quantitative", "legend": None, "scale": scale}


def table(rows: Sequence[Mapping[str, Any]]) -> Spec:
    """Return the rows of one layer; only those of a whole picture could travel as Arrow."""
    return {"values": [dict(row) for row in rows]}


def cards_of(cards: Sequence[Card], placed: Layout, stances: Mapping[int | None, str], palette: Palette) -> list[Spec]:
    """Return the layers of the cards; the first takes the pick (selection `pick`, field `id`)."""
    colors: dict[int | None, str] = {None: palette.paper}
    colors |= dict(zip((-2, -1, 0, 1, 2), palette.stance, strict=True))
    rows = [_row(card, placed.places[card.id], colors, palette) for card in cards]
    legend = {"title": None, "values": [word for code, word in stances.items() if _is_used(code, cards)]}
    body: Spec = {
        "data": table(rows),
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["id"], "toggle": False}}],
        "mark": {"type": "rect", "cornerRadius": times(8), "cursor": "pointer", "fill": palette.paper},
        "encoding": {
            "x2": {"field": "x2"},
            "y2": {"field": "y2"},
            "stroke": {"field": "edge", "type": "nominal", "scale": None},
            "strokeWidth": widths("ring"),
            "opacity": {"value": 1},
            "tooltip": {"field": "tip", "type": "nominal"},
        },
    }
    band: Spec = {
        "data": table(rows),
        "mark": {
            "type": "rect",
            "cornerRadiusTopLeft": times(5),
            "cornerRadiusBottomLeft": times(5),
            "interactive": False,
            "stroke": palette.faint,
            "strokeWidth": 0.5,
        },
        "encoding": {
            "x": {"field": "left"},
            "y": {"field": "top"},
            "x2": {"field": "band"},
            "y2": {"field": "bottom"},
            "opacity": {"field": "opacity", "type": "quantitative", "scale": None},
            "fill": {
                "field": "stance",
                "type": "nominal",
                "scale": {"domain": list(stances.values()), "range": [colors[code] for code in stances]},
                "legend": legend,
            },
        },
    }
    return [body, band, *_texts(rows, palette), *_influence(rows, palette), *_coverage(rows, palette)]


def _is_used(code: int | None, cards: Sequence[Card]) -> bool:
    return code is not None or any(card.attitude is None for card in cards)


def _row(card: Card, corner: Point, colors: Mapping[int | None, str], palette: Palette) -> Spec:
    x, y = corner
    is_strong = card.attitude in (-2, 2)
    is_known = card.attitude is not None and card.is_active
    ring = (0.8, 0.8, 1.4, 2.2, 4.5, 7.0)[card.influence]
    return {
        "id": card.id,
        "x": x,
        "y": y,
        "x2": x + SIZES.width,
        "y2": y + SIZES.height,
        "band": x + _BAND,
        "middle": x + _BAND / 2,
        "text": x + _BAND + 9,
        "end": x + SIZES.width - 10,
        "name": card.name,
        "title": card.title,
        "role": card.role,
        "sign": SIGNS[card.attitude],
        "stance": card.stance,
        "letter": palette.paper if is_strong else palette.ink,
        "edge": colors[card.attitude] if is_known else palette.let_go,
        "ring": ring,
        "left": x + ring / 2,
        "top": y + ring / 2,
        "bottom": y + SIZES.height - ring / 2,
        "influence": card.influence,
        "covered": _COVERED.get(card.coverage, -1),
        "star": "★" if card.is_primary else "",
        "leaning": f"→ {card.leaning}" if card.leaning else "",
        "opacity": 1.0 if card.is_active else 0.4,
        "tip": card.tip,
    }


def _texts(rows: Sequence[Spec], palette: Palette) -> list[Spec]:
    """Write on the cards: sign, name, title, role, star, leaning."""
    room = SIZES.width - _BAND - 20
    lines = (
        ("sign", "middle", SIZES.height / 2, {"fontSize": times(18), "fontWeight": 700, "align": "center"}, None),
        ("name", "text", 17, {"fontSize": times(13.5), "fontWeight": 600, "limit": times(room - 14)}, palette.ink),
        ("title", "text", 35, {"fontSize": times(11.5), "limit": times(room)}, palette.soft_ink),
        ("role", "text", 51, {"fontSize": times(11.5), "limit": times(room)}, palette.ink),
        ("star", "end", 17, {"fontSize": times(14), "align": "right"}, palette.overdue[0]),
        ("leaning", "end", 84, {"fontSize": times(11), "align": "right", "limit": times(room)}, palette.overdue[1]),
    )
    layers: list[Spec] = []
    for name, across, down, more, color in lines:
        ink: Spec = {"value": color} if color else {"field": "letter", "type": "nominal", "scale": None}
        some = [{**row, "at": row["y"] + down} for row in rows if row[name]]
        if not some:
            continue
        # What stands on a line has a rim of paper below it.
        rim = {"stroke": palette.paper, "strokeWidth": times(5), "strokeJoin": "round"}
        base = {"type": "text", "align": "left", "baseline": "middle", "interactive": False}
        layers += [
            {
                "data": table(some),
                "mark": base | more | around,
                "encoding": {
                    "x": {"field": across},
                    "y": {"field": "at"},
                    "text": {"field": name},
                    "color": ink,
                    "opacity": {"field": "opacity", "type": "quantitative", "scale": None},
                },
            }
            for around in ((rim, {}) if name == "leaning" else ({},))
        ]
    return layers


def _influence(rows: Sequence[Spec], palette: Palette) -> list[Spec]:
    """Draw five dots, as many of them full as the influence is."""
    dots = [
        {
            "x": row["text"] + 5 + 11 * number,
            "y": row["y"] + 70,
            "fill": palette.ink if number < row["influence"] else palette.paper,
            "opacity": row["opacity"],
        }
        for row in rows
        for number in range(5)
        if row["influence"]
    ]
    if not dots:
        return []
    return [
        {
            "data": table(dots),
            "mark": {
                "type": "point",
                "shape": "circle",
                "size": {"expr": "46 * k * k"},
                "stroke": palette.soft_ink,
                "strokeWidth": times(0.9),
                "interactive": False,
            },
            "encoding": {
                "fill": {"field": "fill", "type": "nominal", "scale": None},
                "opacity": {"field": "opacity", "type": "quantitative", "scale": None},
            },
        }
    ]


def _coverage(rows: Sequence[Spec], palette: Palette) -> list[Spec]:
    """Draw three rising bars, full as far as we know the person; an unknown coverage has none."""
    bars = []
    for row in rows:
        if row["covered"] < 0:
            continue
        for number in range(3):
            x = row["end"] - 24 + 9 * number
            bars.append(
                {
                    "x": x,
                    "x2": x + 6,
                    "y": row["y"] + 75 - 5 * (number + 1),
                    "y2": row["y"] + 75,
                    "fill": palette.accent if number < row["covered"] else palette.faint,
                    "opacity": row["opacity"],
                }
            )
    if not bars:
        return []
    return [
        {
            "data": table(bars),
            "mark": {"type": "rect", "interactive": False, "stroke": None},
            "encoding": {
                "x2": {"field": "x2"},
                "y2": {"field": "y2"},
                "fill": {"field": "fill", "type": "nominal", "scale": None},
                "opacity": {"field": "opacity", "type": "quantitative", "scale": None},
            },
        }
    ]
