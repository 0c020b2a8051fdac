"""The way of an influence across the picture: a bow from card to card, beside the lines of command. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from services.power_map.layout import Point, Sizes

_STEPS: Final = 24


def bow(source: Point, target: Point, sizes: Sizes) -> list[Point]:
    """Return the points of a bow between two cards, given by their left upper corners.

    It begins and ends at the edges of the cards. There and back differ, so that both can be seen; within a row it
    passes above or below the cards between, within a column at their right.
    """
    ax, ay = source[0] + sizes.width / 2, source[1] + sizes.height / 2
    bx, by = target[0] + sizes.width / 2, target[1] + sizes.height / 2
    far = math.hypot(bx - ax, by - ay)
    dx, dy = bx - ax, by - ay
    if abs(dx) < sizes.width and abs(dy) > 1.6 * (sizes.height + sizes.gap_y):
        # In one column: round the others at the right, upwards nearer than downwards.
        cx, cy = (ax + bx) / 2 + sizes.width + (30 if dy < 0 else 54), (ay + by) / 2
    else:
        bend = sizes.height + 34 if abs(dy) < sizes.height else 30 + far * 0.16
        # Left of the way from source to target, so that the way back bows to the other side.
        cx, cy = (ax + bx) / 2 + dy / far * bend, (ay + by) / 2 - dx / far * bend
    points = []
    for step in range(_STEPS + 1):
        t = step / _STEPS
        x = (1 - t) ** 2 * ax + 2 * t * (1 - t) * cx + t**2 * bx
        y = (1 - t) ** 2 * ay + 2 * t * (1 - t) * cy + t**2 * by
        points.append((x, y))
    first = max(number for number, point in enumerate(points) if _is_on(point, source, sizes))
    last = min(number for number, point in enumerate(points) if _is_on(point, target, sizes) and number > first)
    start = _edge(points[first], points[first + 1], source, sizes)
    end = _edge(points[last], points[last - 1], target, sizes)
    return [start, *points[first + 1 : last], end]


def _is_on(point: Point, corner: Point, sizes: Sizes) -> bool:
    return corner[0] <= point[0] <= corner[0] + sizes.width and corner[1] <= point[1] <= corner[1] + sizes.height


def _edge(inside: Point, outside: Point, corner: Point, sizes: Sizes) -> Point:
    """Return where the way from inside a card to outside of it leaves the card."""
    share = 1.0
    for axis, length in ((0, sizes.width), (1, sizes.height)):
        moved = outside[axis] - inside[axis]
        if moved:
            edge = corner[axis] + (length if moved > 0 else 0)
            share = min(share, max((edge - inside[axis]) / moved, 0))
    return (inside[0] + share * (outside[0] - inside[0]), inside[1] + share * (outside[1] - inside[1]))


def label_at(points: Sequence[Point], corners: Iterable[Point], sizes: Sizes, half: Point) -> Point | None:
    """Return where on a bow a word of twice `half` in size lies on no card, as near to the middle as can be.

    None where it would cover a card wherever it stood.
    """
    corners = list(corners)
    middle = (len(points) - 1) / 2
    for number in sorted(range(len(points)), key=lambda one: abs(one - middle)):
        x, y = points[number]
        if not any(
            cx - half[0] < x < cx + sizes.width + half[0] and cy - half[1] < y < cy + sizes.height + half[1]
            for cx, cy in corners
        ):
            return points[number]
    return None
