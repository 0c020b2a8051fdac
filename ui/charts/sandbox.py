"""Pictures of the sandbox as Vega-Lite of ready aggregates: an altair object would cost five times the rerun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from ui.charts.vega import TIP, Spec, points, quoted, rows, spec
from ui.theme import Palette

_ROW: Final = 22


def contributions(
    bars: Sequence[tuple[str, str, Sequence[float]]],
    criteria: Sequence[str],
    palette: Palette,
    *,
    title: str,
    axis: str,
) -> Spec:
    """Stack what makes each score. `bars`: label, what hovering names, parts in the order of `criteria`."""
    values = [
        {
            "label": label,
            "criterion": criterion,
            "place": place,
            "points": earned,
            "tip": f"{name} · {criterion}: {earned:.1f}",
        }
        for label, name, parts in bars
        for place, (criterion, earned) in enumerate(zip(criteria, parts, strict=True))
    ]
    stacked = {
        "mark": {"type": "bar", "height": {"band": 0.72}},
        "encoding": {
            "x": points("points", axis, stack="zero"),
            "color": _category(criteria, palette),
            "order": {"field": "place", "type": "quantitative"},
            "tooltip": TIP,
        },
    }
    sums = {
        "data": {"values": [{"label": label, "score": sum(parts)} for label, _name, parts in bars]},
        "mark": {"type": "text", "align": "left", "dx": 5, "color": palette.ink},
        "encoding": {"x": points("score", axis), "text": {"field": "score", "format": ".1f"}},
    }
    encoding = {"y": rows([label for label, _name, _parts in bars])}
    return spec(palette, values, title, layer=[stacked, sums], encoding=encoding, height={"step": _ROW})


def shifts(
    frame: pd.DataFrame, palette: Palette, *, title: str, before: str, now: str, axis: str, deepest: int
) -> Spec:
    """Draw ranks before and now, a line each. `frame`: id, at (0 before, 1 now), rank, turn, written, tip."""
    rank = {
        "field": "rank",
        "type": "quantitative",
        "title": axis,
        "scale": {"reverse": True, "domain": [0.4, deepest + 0.6], "nice": False},
        "axis": None,
    }
    # A number, not two words: to the right of "now" there must be room for the names.
    side = {
        "field": "at",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-0.12, 1.75], "nice": False},
        "axis": {
            "values": [0, 1],
            "labelExpr": f"datum.value == 0 ? {quoted(before)} : {quoted(now)}",
            "labelFontSize": 13,
            "domain": False,
            "ticks": False,
            "grid": False,
            "orient": "top",
        },
    }
    turn = {
        "field": "turn",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["up", "down", "same"], "range": [palette.accent, palette.overdue[0], palette.soft_ink]},
    }
    faded = {"condition": {"test": "datum.turn == 'same'", "value": 0.35}, "value": 1}
    lines = {
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {"x": side, "y": rank, "color": turn, "detail": {"field": "id"}, "opacity": faded},
    }
    dots = {
        "mark": {"type": "circle", "size": 50, "opacity": 1},
        "encoding": {"x": side, "y": rank, "color": turn, "tooltip": TIP},
    }
    ends = [
        {
            "transform": [{"filter": f"datum.at == {at}"}],
            "mark": {"type": "text", "align": align, "dx": dx, "color": palette.ink, "fontSize": 12, "limit": 380},
            "encoding": {"x": side, "y": rank, "text": {"field": text}},
        }
        for at, align, dx, text in ((1, "left", 10, "written"), (0, "right", -10, "rank"))
    ]
    return spec(palette, frame, title, layer=[lines, dots, *ends], height=max(300, 21 * deepest))


def acceptability(frame: pd.DataFrame, bands: Sequence[str], palette: Palette, *, title: str, axis: str) -> Spec:
    """Draw how often each opportunity lands in each band of ranks. `frame`: label, band, share (0-1), written."""
    cells = {
        "mark": {"type": "rect", "stroke": palette.paper, "strokeWidth": 2},
        "encoding": {
            "color": {
                "field": "share",
                "type": "quantitative",
                "legend": None,
                "scale": {"domain": [0, 1], "range": list(palette.ramp)},
            },
            "tooltip": TIP,
        },
    }
    words = {
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {
            "text": {"field": "written"},
            "color": {"condition": {"test": "datum.share > 0.5", "value": palette.paper}, "value": palette.ink},
        },
    }
    encoding = {
        "y": rows(frame["label"].drop_duplicates().tolist()),
        "x": {"field": "band", "type": "ordinal", "sort": list(bands), "title": axis, "axis": {"orient": "top"}},
    }
    return spec(palette, frame, title, layer=[cells, words], encoding=encoding, height={"step": _ROW})


def differences(frame: pd.DataFrame, palette: Palette, *, title: str, axis: str) -> Spec:
    """Build the gap between two scores step by step. `frame`: label, low, high, sign (ahead, behind, sum), written."""
    labels = frame["label"].tolist()
    bars = {
        "mark": {"type": "bar", "height": {"band": 0.6}},
        "encoding": {
            "x": {"field": "low", "type": "quantitative", "title": axis, "axis": {"format": "+.0f", "tickMinStep": 1}},
            "x2": {"field": "high"},
            "color": {
                "field": "sign",
                "type": "nominal",
                "legend": None,
                "scale": {
                    "domain": ["ahead", "behind", "sum"],
                    "range": [palette.accent, palette.overdue[0], palette.ink],
                },
            },
            "tooltip": TIP,
        },
    }
    words = {
        "mark": {"type": "text", "align": "left", "dx": 6, "color": palette.ink},
        "encoding": {"x": {"field": "end", "type": "quantitative"}, "text": {"field": "written"}},
    }
    zero = {
        "data": {"values": [{"at": 0}]},
        "mark": {"type": "rule", "color": palette.soft_ink},
        "encoding": {"x": {"field": "at", "type": "quantitative"}},
    }
    y = {"field": "label", "type": "nominal", "sort": labels, "title": None}
    bars["encoding"]["y"] = words["encoding"]["y"] = y
    return spec(palette, frame, title, layer=[zero, bars, words], height={"step": 34})


def by_horizon(frame: pd.DataFrame, decisions: Mapping[str, str], palette: Palette, *, title: str, axis: str) -> Spec:
    """Count what is on the table by horizon and decision. `frame`: label, decision, place, n."""
    colors = {"fight": palette.fight, "let_go": palette.let_go}
    bars = {
        "mark": {"type": "bar", "height": {"band": 0.6}, "stroke": palette.soft_ink, "strokeWidth": 0.7},
        "encoding": {
            "x": {"field": "n", "type": "quantitative", "title": axis, "stack": "zero", "axis": {"tickMinStep": 1}},
            "color": {
                "field": "decision",
                "type": "nominal",
                "title": None,
                "sort": list(decisions.values()),
                "scale": {
                    "domain": list(decisions.values()),
                    "range": [colors.get(code, palette.paper) for code in decisions],
                },
            },
            "order": {"field": "place", "type": "quantitative"},
            "tooltip": TIP,
        },
    }
    labels = frame["label"].drop_duplicates().tolist()
    return spec(palette, frame, title, layer=[bars], encoding={"y": rows(labels)}, height={"step": 34})


def missing(frame: pd.DataFrame, palette: Palette, *, title: str, axis: str) -> Spec:
    """Show how many numbers are known of each criterion. `frame`: criterion, share (0-1), written."""
    bars = {
        "mark": {"type": "bar", "height": {"band": 0.6}, "color": palette.accent},
        "encoding": {
            "x": {
                "field": "share",
                "type": "quantitative",
                "title": axis,
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%"},
            },
            "tooltip": TIP,
        },
    }
    words = {
        "mark": {"type": "text", "align": "left", "dx": 5, "color": palette.ink},
        "encoding": {"x": {"field": "share", "type": "quantitative"}, "text": {"field": "written"}},
    }
    labels = frame["criterion"].tolist()
    y = {**rows(labels), "field": "criterion"}
    return spec(palette, frame, title, layer=[bars, words], encoding={"y": y}, height={"step": 28})


def value_function(
    points: Sequence[tuple[float, float, str]], palette: Palette, *, title: str, across: str, up: str
) -> Spec:
    """Draw what a raw value is worth. `points`: raw value, worth 0 to 100, how it is written; raw rising."""
    values = [{"raw": raw, "worth": worth, "tip": f"{written} = {worth:.0f}"} for raw, worth, written in points]
    encoding = {
        "x": {
            "field": "raw",
            "type": "quantitative",
            "title": across,
            "scale": {"zero": False, "nice": False},
            "axis": {"format": "~s", "tickCount": 5, "grid": False},
        },
        "y": {"field": "worth", "type": "quantitative", "title": up, "scale": {"domain": [0, 100]}},
    }
    line = {"mark": {"type": "line", "color": palette.accent}}
    dots = {
        "mark": {"type": "point", "filled": True, "size": 70, "color": palette.accent},
        "encoding": {"tooltip": TIP},
    }
    return spec(palette, values, title, layer=[line, dots], encoding=encoding, height=220)


def criterion_colors(keys: Sequence[str], palette: Palette) -> dict[str, str]:
    """Return the colour of each criterion, the same on every picture."""
    return {key: palette.category[place % len(palette.category)] for place, key in enumerate(keys)}


def _category(criteria: Sequence[str], palette: Palette) -> Spec:
    colors = criterion_colors(criteria, palette)
    return {
        "field": "criterion",
        "type": "nominal",
        "title": None,
        "sort": list(criteria),
        "scale": {"domain": list(colors), "range": list(colors.values())},
    }
