"""The power map as a picture: cards in layers, lines of command, bows of influence.

Everything is drawn in the units of the layout and scaled as a whole, letters included, so that the picture fits
its place and nothing overlaps at any size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.power_map.layout import Layout, Point
from ui.charts.power_map_cards import Card, Spec, cards_of, table, times, widths
from ui.theme import FONT, Palette

_MARGIN: Final = 16
_WIDTHS: Final = {1: 1.2, 2: 2.4, 3: 4.2}
"""Of a bow, by the strength of the influence, in units."""
_LABELS_UP_TO: Final = 10
"""More bows than this are told apart by line and colour alone."""


@dataclass(frozen=True)
class Bow:
    """One influence: its way, its kind and how strong it is."""

    kind: str
    word: str
    strength: int
    points: Sequence[Point] = field(repr=False)
    label: Point | None = None
    """Where its word stands; None: nowhere."""


def picture(  # noqa: PLR0913 - a picture has many sides
    cards: Sequence[Card],
    placed: Layout,
    bows: Sequence[Bow],
    stances: Mapping[int | None, str],
    palette: Palette,
    *,
    title: str,
    height: float | None = None,
    zoom: float | None = None,
    largest: float = 1.0,
) -> Spec:
    """Draw people where the layout has put them; a card can be picked (selection `pick`, field `id`).

    With `zoom` the picture has its own size in pixels, that many a unit; else it fits the width it is given and
    `height` pixels, no more than `largest` pixels a unit.
    """
    left, top, wide, high = _frame(placed, bows)
    shown: Any = {"width": "container", "height": round(height or high)}
    if zoom is not None:
        shown = {"width": round(wide * zoom), "height": round(high * zoom)}
    layers = [
        _lines(placed, palette),
        *_bows(bows, palette),
        *cards_of(cards, placed, stances, palette),
        *_heads(bows, palette),
    ]
    x = {"domain": [left, left + wide], "range": [0, {"expr": f"{wide} * k"}], "nice": False, "zero": False}
    y = {"domain": [top, top + high], "range": [0, {"expr": f"{high} * k"}], "nice": False, "zero": False}
    for layer in layers:
        _scaled(layer, x, y)
    return {
        **shown,
        "autosize": {"type": "pad", "contains": "content"},
        "background": "transparent",
        "title": {"text": title, "anchor": "start", "frame": "group", "offset": 10},
        "params": [{"name": "k", "expr": f"min({zoom or largest}, width / {wide}, height / {high})"}],
        "layer": layers,
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "title": {"color": palette.ink, "fontSize": 15, "fontWeight": 600},
            "legend": {
                "orient": "top",
                "labelColor": palette.ink,
                "titleColor": palette.soft_ink,
                "titleFontWeight": "normal",
                "labelFontSize": 12,
                "symbolType": "square",
                "symbolSize": 150,
                "columns": 6,
            },
        },
    }


def extent(placed: Layout, bows: Sequence[Bow]) -> tuple[float, float]:
    """Return how wide and high the picture is, in units."""
    _left, _top, wide, high = _frame(placed, bows)
    return wide, high


def _frame(placed: Layout, bows: Sequence[Bow]) -> tuple[float, float, float, float]:
    points = [point for bow in bows for point in bow.points]
    left = min([0, *(x for x, _ in points)]) - _MARGIN
    top = min([0, *(y for _, y in points)]) - _MARGIN
    right = max([placed.width, *(x for x, _ in points)]) + _MARGIN
    bottom = max([placed.height, *(y for _, y in points)]) + _MARGIN
    return left, top, right - left, bottom - top


def _scaled(layer: Spec, x: Spec, y: Spec) -> None:
    """Give a layer the common scales and no axes."""
    for name, scale in (("x", x), ("y", y)):
        layer["encoding"][name] = {
            "field": name,
            "type": "quantitative",
            "axis": None,
            "scale": scale,
        } | layer["encoding"].get(name, {})


# --- lines ----------------------------------------------------------------------------------------------------


def _lines(placed: Layout, palette: Palette) -> Spec:
    rows = [
        {"line": number, "order": place, "x": x, "y": y}
        for number, (_, _, corners) in enumerate(placed.lines)
        for place, (x, y) in enumerate(corners)
    ]
    return {
        "data": table(rows),
        "mark": {"type": "line", "stroke": palette.soft_ink, "strokeWidth": times(1.4), "strokeJoin": "round"},
        "encoding": {"detail": {"field": "line", "type": "nominal"}, "order": {"field": "order"}},
    }


def _inks(palette: Palette) -> Mapping[str, tuple[str, list[int]]]:
    """Return colour and dashes of each kind of influence."""
    return {"advises": (palette.ink, [1, 0]), "friend": (palette.money_in, [2, 3]), "blocks": (palette.fight, [7, 4])}


def _bows(bows: Sequence[Bow], palette: Palette) -> list[Spec]:
    layers = []
    for kind, (color, dashes) in _inks(palette).items():
        rows = [
            {"bow": number, "order": place, "x": x, "y": y, "wide": _WIDTHS[bow.strength]}
            for number, bow in enumerate(bows)
            if bow.kind == kind
            for place, (x, y) in enumerate(bow.points)
        ]
        if rows:
            layers.append(
                {
                    "data": table(rows),
                    "mark": {"type": "line", "stroke": color, "strokeDash": dashes, "opacity": 0.85},
                    "encoding": {
                        "detail": {"field": "bow", "type": "nominal"},
                        "order": {"field": "order"},
                        "strokeWidth": widths("wide"),
                    },
                }
            )
    return layers


def _heads(bows: Sequence[Bow], palette: Palette) -> list[Spec]:
    """Draw where each bow points, and while they are few, what it is."""
    if not bows:
        return []
    inks = _inks(palette)
    heads = []
    for bow in bows:
        if bow.kind == "friend":  # goes both ways
            continue
        (ux, uy), (x, y) = bow.points[-2], bow.points[-1]
        angle = math.degrees(math.atan2(y - uy, x - ux)) + 90
        heads.append({"x": x, "y": y, "angle": angle, "color": inks[bow.kind][0]})
    layers: list[Spec] = [
        {
            "data": table(heads),
            "mark": {
                "type": "point",
                "shape": "triangle",
                "filled": True,
                "opacity": 1,
                "size": {"expr": "95 * k * k"},
            },
            "encoding": {
                "angle": {"field": "angle", "type": "quantitative", "scale": None},
                "color": {"field": "color", "type": "nominal", "scale": None},
            },
        }
    ]
    if len(bows) <= _LABELS_UP_TO:
        words = [
            {"x": bow.label[0], "y": bow.label[1], "word": bow.word, "color": inks[bow.kind][0]}
            for bow in bows
            if bow.label
        ]
        halo = {"stroke": palette.paper, "strokeWidth": times(4), "strokeJoin": "round", "opacity": 0.95}
        layers += [
            {
                "data": table(words),
                "mark": {"type": "text", "fontSize": times(11), "fontStyle": "italic", **more},
                "encoding": {
                    "text": {"field": "word"},
                    "color": {"field": "color", "type": "nominal", "scale": None},
                },
            }
            for more in (halo, {})
        ]
    return layers
