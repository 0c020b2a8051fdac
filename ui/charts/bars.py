"""Bars with their figures written on them: the one shape of funnel, ageing, reasons and expected cash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from ui.theme import FONT, Palette

Spec = dict[str, Any]
Marks = Sequence[Mapping[str, Any]]
"""One mapping a bar: a handful, for which a frame would cost more than the picture."""
_STEP: Final = 40
_ROOM: Final = 1.65
"""Width of the picture in longest bars, so that the figure behind it fits on a telephone, too."""


def rows(marks: Marks, palette: Palette, *, title: str, step: int = _STEP, pick: bool = False) -> Spec:
    """Draw one bar a row, in their order: name at the left, figure written behind the bar.

    `marks`: id, label, value, text, tip, color. `pick` lets a bar be chosen; the selection is called `pick`.
    """
    most = float(max((mark["value"] for mark in marks), default=0))
    y: Spec = {
        "field": "label",
        "type": "nominal",
        "sort": [mark["label"] for mark in marks],
        "title": None,
        "axis": {"domain": False, "ticks": False, "labelPadding": 10, "labelLimit": 220, "labelFontSize": 13},
    }
    x: Spec = {
        "field": "value",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, most * _ROOM if most else 1]},
    }
    bar: Spec = {
        "mark": {
            "type": "bar",
            "height": {"band": 0.62},
            "cornerRadiusEnd": 2,
            **({"cursor": "pointer"} if pick else {}),
        },
        "encoding": {
            "x": x,
            "y": y,
            "color": {"field": "color", "type": "nominal", "scale": None},
            "tooltip": {"field": "tip", "type": "nominal"},
        },
    }
    if pick:
        bar["params"] = [{"name": "pick", "select": {"type": "point", "fields": ["id"], "toggle": False}}]
    figures: Spec = {
        "mark": {"type": "text", "align": "left", "dx": 8, "color": palette.ink, "fontSize": 13},
        "encoding": {"x": x, "y": y, "text": {"field": "text"}},
    }
    return framed(palette, title, data={"values": _table(marks)}, layer=[bar, figures], height={"step": step})


def columns(marks: Marks, palette: Palette, *, title: str, height: int = 170) -> Spec:
    """Draw one column a row, in their order, figures above. `marks`: label, value, text, tip, color."""
    x: Spec = {
        "field": "label",
        "type": "nominal",
        "sort": [mark["label"] for mark in marks],
        "title": None,
        "axis": {"domain": False, "ticks": False, "labelAngle": 0, "labelPadding": 6, "labelOverlap": "parity"},
    }
    y: Spec = {"field": "value", "type": "quantitative", "axis": None}
    column: Spec = {
        "mark": {"type": "bar", "width": {"band": 0.7}, "cornerRadiusEnd": 2},
        "encoding": {
            "x": x,
            "y": y,
            "color": {"field": "color", "type": "nominal", "scale": None},
            "tooltip": {"field": "tip", "type": "nominal"},
        },
    }
    figures: Spec = {
        "mark": {"type": "text", "baseline": "bottom", "dy": -4, "color": palette.ink, "fontSize": 11},
        "encoding": {"x": x, "y": y, "text": {"field": "text"}},
    }
    return framed(palette, title, data={"values": _table(marks)}, layer=[column, figures], height=height)


def _table(marks: Marks) -> pa.Table:
    """Return the marks as Arrow, which is what travels: by way of a frame it took five times as long."""
    return pa.Table.from_pylist([dict(mark) for mark in marks])


def framed(palette: Palette, title: str, **spec: Any) -> Spec:
    """Return a picture in the house's look: title at the left if there is one in the picture, no frame, no grid."""
    return {
        **({"title": {"text": title, "anchor": "start", "frame": "group", "offset": 14}} if title else {}),
        "width": "container",
        "padding": {"left": 5, "top": 8, "right": 5, "bottom": 5},  # else the title loses the tops of its letters
        "background": "transparent",
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "title": {"color": palette.ink, "fontSize": 15, "fontWeight": 600},
            "axis": {"labelColor": palette.ink, "grid": False},
        },
        **spec,
    }
