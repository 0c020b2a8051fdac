"""What the picture of a power map promises: nobody covers anybody, and it is the same picture every time."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.power_map.curves import bow, label_at
from services.power_map.layout import Layout, Point, Sizes, fitting, layout

SIZES = Sizes()


@st.composite
def forests(draw: st.DrawFn, *, most: int = 40) -> list[tuple[int, int | None]]:
    """Draw people who each report to somebody before them, or to nobody."""
    count = draw(st.integers(0, most))
    people: list[tuple[int, int | None]] = []
    for number in range(1, count + 1):
        superior = draw(st.none() | st.integers(1, number - 1)) if number > 1 else None
        people.append((number, superior))
    return people


def overlaps(found: Layout) -> list[tuple[int, int]]:
    return [
        (one, other)
        for (one, (x, y)), (other, (u, v)) in combinations(found.places.items(), 2)
        if abs(x - u) < SIZES.width and abs(y - v) < SIZES.height
    ]


def crosses(a: Point, b: Point, corner: Point) -> bool:
    """Say whether a level or upright line runs through the inside of a card."""
    left, right = sorted((a[0], b[0]))
    top, bottom = sorted((a[1], b[1]))
    return (
        left < corner[0] + SIZES.width - 1e-6
        and right > corner[0] + 1e-6
        and top < corner[1] + SIZES.height - 1e-6
        and bottom > corner[1] + 1e-6
    )


@given(forests())
def test_everybody_has_one_place_and_nobody_covers_anybody(people: list[tuple[int, int | None]]) -> None:
    found = layout(people)
    assert sorted(one for one, _ in people) == sorted(found.places)
    assert [] == overlaps(found)


@given(forests())
def test_a_superior_stands_above_those_who_report(people: list[tuple[int, int | None]]) -> None:
    found = layout(people)
    wrong = [
        (one, superior)
        for one, superior in people
        if superior is not None and found.places[superior][1] + SIZES.height >= found.places[one][1]
    ]
    assert [] == wrong


@given(forests())
def test_every_line_of_command_is_drawn_once_and_runs_through_no_card(people: list[tuple[int, int | None]]) -> None:
    found = layout(people)
    expected = sorted((superior, one) for one, superior in people if superior is not None)
    assert expected == sorted((above, one) for above, one, _ in found.lines)
    through = [
        (above, one, other)
        for above, one, corners in found.lines
        for a, b in pairwise(corners)
        for other, corner in found.places.items()
        if crosses(a, b, corner)
    ]
    assert [] == through


@given(forests())
def test_lines_are_level_or_upright_and_go_from_card_to_card(people: list[tuple[int, int | None]]) -> None:
    found = layout(people)
    slanted = [line for line in found.lines for a, b in pairwise(line[2]) if a[0] != b[0] and a[1] != b[1]]
    assert [] == slanted
    for above, one, corners in found.lines:
        (x, y), (u, v) = found.places[above], found.places[one]
        assert (x < corners[0][0] < x + SIZES.width, corners[0][1]) == (True, y + SIZES.height)
        end = corners[-1]
        is_on_top = u < end[0] < u + SIZES.width and end[1] == pytest.approx(v)
        is_at_left = end[0] == pytest.approx(u) and end[1] == pytest.approx(v + SIZES.height / 2)
        assert is_on_top or is_at_left


@given(forests())
def test_the_picture_is_as_large_as_its_cards(people: list[tuple[int, int | None]]) -> None:
    found = layout(people)
    for x, y in found.places.values():
        assert 0 <= x <= found.width - SIZES.width
        assert 0 <= y <= found.height - SIZES.height
    assert all(-1e-9 <= x <= found.width for _, _, corners in found.lines for x, _ in corners)


@given(forests())
def test_the_same_people_make_the_same_picture(people: list[tuple[int, int | None]]) -> None:
    assert layout(people) == layout(list(people))


@given(st.lists(st.tuples(st.integers(1, 12), st.none() | st.integers(1, 14)), max_size=12, unique_by=lambda p: p[0]))
def test_circles_and_absent_superiors_do_no_harm(people: list[tuple[int, int | None]]) -> None:
    found = layout(people)
    assert sorted(one for one, _ in people) == sorted(found.places)
    assert [] == overlaps(found)


def test_three_who_lead_nobody_hang_in_a_column_two_stand_side_by_side() -> None:
    two = layout([(1, None), (2, 1), (3, 1)])
    assert two.places[2][1] == two.places[3][1]
    three = layout([(1, None), (2, 1), (3, 1), (4, 1)])
    assert 1 == len({three.places[one][0] for one in (2, 3, 4)})


@pytest.mark.parametrize("count", [5, 12, 30, 40])
def test_a_flat_house_is_no_wider_than_asked(count: int) -> None:
    people = [(1, None), *((one, 1) for one in range(2, count + 1))]
    across = SIZES.across * (SIZES.width + SIZES.gap_x + SIZES.indent)
    assert layout(people).width <= across


def test_who_stands_alone_comes_last() -> None:
    found = layout([(9, None), (1, None), (2, 1)])
    assert found.places[9][1] > found.places[2][1]


def test_nobody_makes_an_empty_picture() -> None:
    assert Layout() == layout([])


# --- bows -----------------------------------------------------------------------------------------------------


def on_edge(point: Point, corner: Point) -> bool:
    x, y = point[0] - corner[0], point[1] - corner[1]
    inside = -1e-6 <= x <= SIZES.width + 1e-6 and -1e-6 <= y <= SIZES.height + 1e-6
    on_side = min(abs(x), abs(x - SIZES.width), abs(y), abs(y - SIZES.height)) < 1e-6
    return inside and on_side


@given(forests(most=14), st.data())
def test_a_bow_goes_from_edge_to_edge_and_there_and_back_differ(
    people: list[tuple[int, int | None]], data: st.DataObject
) -> None:
    if len(people) < 2:
        return
    found = layout(people)
    one, other = data.draw(st.lists(st.sampled_from(sorted(found.places)), min_size=2, max_size=2, unique=True))
    there = bow(found.places[one], found.places[other], SIZES)
    assert (True, True) == (on_edge(there[0], found.places[one]), on_edge(there[-1], found.places[other]))
    back = bow(found.places[other], found.places[one], SIZES)
    apart = max(min(abs(x - u) + abs(y - v) for u, v in back) for x, y in there)
    assert apart > 1


@given(forests(most=12), st.sampled_from([(1160, 640), (820, 620), (360, 900)]))
def test_the_fitting_picture_is_none_smaller_than_the_plain_one(
    people: list[tuple[int, int | None]], place: tuple[int, int]
) -> None:
    if not people:
        return

    def scale(found: Layout) -> float:
        return min(place[0] / found.width, place[1] / found.height)

    best = fitting(people, *place)
    assert [] == overlaps(best)
    assert scale(best) >= scale(layout(people)) - 1e-6


@given(forests(most=14), st.data())
def test_a_word_on_a_bow_covers_no_card(people: list[tuple[int, int | None]], data: st.DataObject) -> None:
    if len(people) < 2:
        return
    found = layout(people)
    one, other = data.draw(st.lists(st.sampled_from(sorted(found.places)), min_size=2, max_size=2, unique=True))
    at = label_at(bow(found.places[one], found.places[other], SIZES), found.places.values(), SIZES, (30, 8))
    if at is not None:
        inside = [
            c for c in found.places.values() if 0 < at[0] - c[0] < SIZES.width and 0 < at[1] - c[1] < SIZES.height
        ]
        assert [] == inside
