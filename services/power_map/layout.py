"""Where each person stands in the picture: a tree by reports-to in layers, without overlap, the same every time.

Each subtree is a block with its superior centred on top. Children who lead others stand side by side; those who
lead nobody hang in columns below, so that twelve people in one department do not make the picture twelve wide.
A row that grows wider than `across` cards goes on below, joined by a trunk at its left. People without superior
and reports come last, in a grid. Asks nothing of the database and of no screen; lengths are in units of the
caller's choosing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

Point = tuple[float, float]
_HANG_FROM: Final = 3
"""So many children who lead nobody hang in columns; fewer stand side by side."""
_ACROSS: Final = range(2, 10)
_DEEP: Final = range(1, 7)


@dataclass(frozen=True)
class Sizes:
    """The card and the room around it, and how many cards a row may have."""

    width: float = 214
    height: float = 84
    gap_x: float = 26
    gap_y: float = 44
    """Room between layers, in which the lines of command run."""
    indent: float = 18
    """How far a hanging card stands right of its line."""
    stack: float = 14
    """Room between cards that hang below each other."""
    across: int = 6
    """Cards in a row before another one is begun below."""
    deep: int = 4
    """Cards in a hanging column before another one is begun beside."""


@dataclass
class Layout:
    """The places, and the lines of command."""

    places: dict[int, Point] = field(default_factory=dict)
    """Left upper corner of each card."""
    lines: list[tuple[int, int, tuple[Point, ...]]] = field(default_factory=list)
    """(superior, report, corners of the line), from the superior's lower edge to the report's card."""
    width: float = 0
    height: float = 0


@dataclass
class _Block:
    """A subtree placed by itself: its cards and lines from its own left upper corner."""

    places: dict[int, Point]
    lines: list[tuple[int, int, tuple[Point, ...]]]
    width: float
    height: float
    head: float
    """Where the middle of its topmost card is, across."""


def layout(people: Sequence[tuple[int, int | None]], sizes: Sizes | None = None) -> Layout:
    """Place people, given as (id, id of the superior) in the order in which equals are to stand.

    A superior who is not among the people does not count; of a circle the first one met is the head. Everybody
    gets one place.
    """
    sizes = sizes or Sizes()
    below = _tree(people)
    roots = below[None]
    trees = [_block(one, below, sizes, sizes.across) for one in roots if below.get(one)]
    singles = [one for one in roots if not below.get(one)]
    found = Layout()
    top = 0.0
    for shelf in _shelves(trees, sizes):
        left = 0.0
        for block in shelf:
            _put(found, block, left, top)
            left += block.width + sizes.gap_x
        top += max(block.height for block in shelf) + sizes.gap_y
    for number, one in enumerate(singles):
        row, column = divmod(number, sizes.across)
        found.places[one] = (column * (sizes.width + sizes.gap_x), top + row * (sizes.height + sizes.stack))
    found.width = max((x + sizes.width for x, _ in found.places.values()), default=0)
    found.height = max((y + sizes.height for _, y in found.places.values()), default=0)
    return found


def fitting(
    people: Sequence[tuple[int, int | None]], width: float, height: float, sizes: Sizes | None = None
) -> Layout:
    """Return the layout whose cards are largest when it is fitted into a place of that width and height.

    Rows and hanging columns of several lengths are tried; of equals the smallest picture is taken.
    """
    base = sizes or Sizes()
    best, rank = Layout(), (-1.0, 0.0)
    for across, deep in product(_ACROSS, _DEEP):
        found = layout(people, replace(base, across=across, deep=deep))
        scale = min(width / max(found.width, 1), height / max(found.height, 1))
        this = (round(scale, 6), -round(found.width * found.height, 3))
        if this > rank:
            best, rank = found, this
    return best


def _tree(people: Sequence[tuple[int, int | None]]) -> dict[int | None, list[int]]:
    """Return the reports of each person, and under None those at the top; circles are cut."""
    above = dict(people)
    for one, superior in list(above.items()):
        seen = {one}
        at = superior
        while at is not None and at in above and at not in seen:
            seen.add(at)
            at = above[at]
        if at == one or superior not in above:
            above[one] = None
    below: dict[int | None, list[int]] = {None: []}
    for one, superior in above.items():
        below.setdefault(superior, []).append(one)
    return below


def _block(one: int, below: Mapping[int | None, list[int]], sizes: Sizes, across: int) -> _Block:
    """Place a person above everybody who reports to them."""
    reports = below.get(one, [])
    if not reports:
        return _Block({one: (0, 0)}, [], sizes.width, sizes.height, sizes.width / 2)
    leading = [each for each in reports if below.get(each)]
    others = [each for each in reports if not below.get(each)]
    rows: list[_Block] = [_block(each, below, sizes, across) for each in leading]
    if len(others) < _HANG_FROM or sizes.deep == 1:
        rows += [_block(each, below, sizes, across) for each in others]
        others = []
    return _under(one, rows, _columns(others, sizes.deep, across), sizes, across)


def _columns(others: Sequence[int], deep: int, across: int) -> list[list[int]]:
    """Return who hangs in which column: columns of equal depth, not more than fit."""
    if not others:
        return []
    count = min(-(-len(others) // deep), max(across, 1))
    even = -(-len(others) // count)
    return [list(others[start : start + even]) for start in range(0, len(others), even)]


def _under(one: int, blocks: list[_Block], columns: list[list[int]], sizes: Sizes, across: int) -> _Block:
    """Join a person with the blocks and columns below; what does not fit into a row goes below it."""
    hanging = [_column(ids, sizes) for ids in columns]
    shelves = _shelves([*blocks, *hanging], sizes, across)
    # A trunk at the left leads to the rows after the first; it needs a lane of its own.
    lane = sizes.indent if len(shelves) > 1 else 0.0
    widths = [sum(block.width for block in shelf) + sizes.gap_x * (len(shelf) - 1) for shelf in shelves]
    width = max(sizes.width, lane + max(widths))
    left = lane if len(shelves) > 1 else (width - widths[0]) / 2
    first, last = shelves[0][0], shelves[0][-1]
    middle = (left + first.head + left + widths[0] - last.width + last.head) / 2
    head = min(max(middle, sizes.width / 2), width - sizes.width / 2)
    whole = _Block({one: (head - sizes.width / 2, 0)}, [], width, sizes.height, head)
    for number, shelf in enumerate(shelves):
        entry = _entry(head, sizes, number, whole.height + sizes.gap_y / 2)
        at = left
        for block in shelf:
            _join(whole, one, block, (at, whole.height + sizes.gap_y), entry)
            at += block.width + sizes.gap_x
        whole.height += sizes.gap_y + max(block.height for block in shelf)
    return whole


def _entry(head: float, sizes: Sizes, shelf: int, bus: float) -> tuple[Point, ...]:
    """Return the line from the superior to the bus of a row: straight down, or round by the trunk at the left."""
    start = (head, sizes.height)
    if shelf == 0:
        return (start, (head, bus))
    first, trunk = sizes.height + sizes.gap_y / 2, sizes.indent / 4
    return (start, (head, first), (trunk, first), (trunk, bus))


def _join(whole: _Block, one: int, block: _Block, at: Point, entry: tuple[Point, ...]) -> None:
    """Set a block under its superior, who is reached by `entry`, the line that ends on the bus above the block."""
    left, top = at
    way = (*entry, (left + block.head, entry[-1][1]))
    whole.places |= {each: (left + x, top + y) for each, (x, y) in block.places.items()}
    is_column = False
    for above, each, corners in block.lines:
        moved = tuple((left + x, top + y) for x, y in corners)
        if above == _NOBODY:
            is_column = True
            whole.lines.append((one, each, (*way, *moved)))
        else:
            whole.lines.append((above, each, moved))
    if not is_column:
        first = next(each for each, (_, y) in block.places.items() if y == 0)
        whole.lines.append((one, first, (*way, (left + block.head, top))))


_NOBODY: Final = -1
"""Stands for the superior in the lines of a column, until it is joined."""


def _column(ids: Sequence[int], sizes: Sizes) -> _Block:
    """Hang people below each other at the right of one line."""
    places: dict[int, Point] = {}
    lines: list[tuple[int, int, tuple[Point, ...]]] = []
    line = sizes.indent / 3
    for number, one in enumerate(ids):
        y = number * (sizes.height + sizes.stack)
        places[one] = (sizes.indent, y)
        middle = y + sizes.height / 2
        lines.append((_NOBODY, one, ((line, 0), (line, middle), (sizes.indent, middle))))
    height = len(ids) * (sizes.height + sizes.stack) - sizes.stack
    return _Block(places, lines, sizes.indent + sizes.width, height, line)


def _shelves(blocks: list[_Block], sizes: Sizes, across: int | None = None) -> list[list[_Block]]:
    """Return blocks row by row, in their order, each row as wide as it may be."""
    most = (across or sizes.across) * (sizes.width + sizes.gap_x)
    shelves: list[list[_Block]] = []
    used = 0.0
    for block in blocks:
        if shelves and used + sizes.gap_x + block.width <= most:
            shelves[-1].append(block)
            used += sizes.gap_x + block.width
        else:
            shelves.append([block])
            used = block.width
    return shelves


def _put(found: Layout, block: _Block, left: float, top: float) -> None:
    for each, (x, y) in block.places.items():
        found.places[each] = (left + x, top + y)
    for above, each, corners in block.lines:
        found.lines.append((above, each, tuple((left + x, top + y) for x, y in corners)))
