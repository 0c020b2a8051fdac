"""How a customer stands: the rules as tables, and what of it its reader is told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from services import company, contracts, customer_page, pools
from services.collections import INSTALMENT, receive
from services.health import strip
from services.health.credit import Due, credit
from services.health.strip import Open, State
from services.health.value import STATES, Terms, value
from services.kit import query
from services.kit.errors import NotFound
from services.kit.query import Query
from services.opportunities import OPPORTUNITY
from services.pools import Member, Return, Rule
from tests.conftest import NOW
from tests.factories import World

TODAY = date(2026, 6, 15)


def ago(*days: int) -> list[date]:
    """Return the days so long ago."""
    return [TODAY - timedelta(days=one) for one in days]


@pytest.mark.parametrize(
    ("orders", "revenue", "state"),
    [
        ((), 0, "potential"),
        ((-5,), 0, "potential"),  # signed for a day to come
        ((0,), 0, "first_order"),
        ((547,), 0, "first_order"),
        ((548,), 0, "at_risk"),  # more than 1.5 x the 365 days taken for one order
        ((1096,), 0, "churned"),
        ((100, 100), 0, "first_order"),  # two contracts of one day are one occasion
        ((400, 300), 0, "growing"),
        ((300, 200, 100), 0, "growing"),
        ((351, 251, 151), 0, "at_risk"),  # silent for 151 days, its own gap is 100
        ((350, 250, 150), 0, "growing"),
        ((501, 401, 301), 0, "churned"),
        ((20, 19, 18), 0, "growing"),  # who orders daily has 90 days all the same
        ((140, 139, 138), 0, "at_risk"),
        ((300, 200, 100), 500_000_000, "high_value"),
        ((20,), 500_000_000, "high_value"),
        ((351, 251, 151), 900_000_000, "at_risk"),  # silence counts more than what was
        ((1000, 900, 800, 100), 0, "won_back"),
        ((1000, 900, 800, 366), 0, "won_back_no_more"),
        ((1000, 900, 501, 100), 0, "growing"),  # 399 days away were no churn
    ],
)
def test_the_value_state_follows_from_the_days_of_the_orders(orders: tuple[int, ...], revenue: int, state: str) -> None:
    found = value(ago(*orders), TODAY, revenue=revenue).state
    if state == "won_back_no_more":
        assert "won_back" != found
    else:
        assert state == found


def test_thresholds_are_settings() -> None:
    orders = ago(300, 200, 100)
    assert "at_risk" == value(orders, TODAY, terms=Terms(risk_times=0.9)).state
    assert "churned" == value(orders, TODAY, terms=Terms(risk_times=0.5, churn_times=0.9)).state
    assert "high_value" == value(orders, TODAY, revenue=1, terms=Terms(high_value=1)).state


@given(st.lists(st.integers(0, 3_000), max_size=30), st.integers(0, 10**9))
def test_every_customer_is_in_one_known_state_and_no_order_is_no_other(days: list[int], revenue: int) -> None:
    found = value(ago(*days), TODAY, revenue=revenue)
    assert found.state in STATES
    assert (found.state == "potential") == (not days)
    assert found == value(ago(*reversed(days)), TODAY, revenue=revenue)


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=20))
def test_silence_only_makes_it_worse(days: list[int]) -> None:
    worse = {"at_risk": 1, "churned": 2}
    orders = ago(*days)
    seen = [worse.get(value(orders, TODAY + timedelta(days=more)).state, 0) for more in range(0, 4_000, 100)]
    assert sorted(seen) == seen


def due(days_ago: int, late: int | None) -> Due:
    """Make an instalment due so long ago, paid so many days late, or not at all."""
    day = TODAY - timedelta(days=days_ago)
    return Due(day, None if late is None else day + timedelta(days=late))


@pytest.mark.parametrize(
    ("dues", "state", "on_time", "overdue"),
    [
        ([], "unknown", None, 0),
        ([due(0, None)], "unknown", None, 0),  # due today is not late
        ([due(10, 0)], "good", 10_000, 0),
        ([due(10, -5)], "good", 10_000, 0),
        ([due(10, 1)], "poor", 0, 0),
        ([due(10, 0)] * 4 + [due(10, 3)], "good", 8_000, 0),
        ([due(10, 0)] * 3 + [due(10, 3)] * 2, "slow", 6_000, 0),
        ([due(10, 0)] + [due(10, 3)] * 2, "poor", 3_333, 0),
        ([due(10, 0)] * 9 + [due(5, None)], "slow", 9_000, 1),
        ([due(90, 0)] * 9 + [due(60, None)], "poor", 9_000, 1),
        ([due(90, 0)] * 9 + [due(59, None)], "slow", 9_000, 1),
    ],
)
def test_payments_are_judged_by_what_has_fallen_due(
    dues: list[Due], state: str, on_time: int | None, overdue: int
) -> None:
    found = credit(dues, TODAY)
    assert (state, on_time, overdue) == (found.state, found.on_time, found.overdue)


@pytest.mark.parametrize(
    ("days", "color", "word"),
    [
        (None, "red", "Never"),
        (0, "green", "Today"),
        (1, "green", "Yesterday"),
        (30, "green", "30 days ago"),
        (31, "amber", "31 days ago"),
        (90, "amber", "90 days ago"),
        (91, "red", "91 days ago"),
    ],
)
def test_the_last_contact_has_its_limits(days: int | None, color: str, word: str) -> None:
    last = None if days is None else TODAY - timedelta(days=days)
    found = strip.of_contact(last, TODAY, (30, 90))
    assert (color, word) == (found.color, str(found.word))


@pytest.mark.parametrize(
    ("share", "color"),
    [(None, "gray"), (0, "red"), (3_999, "red"), (4_000, "amber"), (8_000, "green"), (10_000, "green")],
)
def test_the_profile_has_its_limits(share: int | None, color: str) -> None:
    assert color == strip.of_profile(share).color


@pytest.mark.parametrize(
    ("left", "color", "word"),
    [(-2, "red", "Tonight"), (0, "red", "Tonight"), (1, "red", "1 days to go"), (5, "amber", "5 days to go")],
)
def test_going_back_to_the_pool_says_when_and_why(left: int, color: str, word: str) -> None:
    found = strip.of_return(Return(1, "activity", 30, TODAY, left))
    assert (color, word) == (found.color, str(found.word))
    assert "30 days" in str(found.reason)


def test_what_is_open_keeps_currencies_apart() -> None:
    found = strip.of_open([Open("CNY", 2, 500), Open("EUR", 1, 70), Open("USD", 1, 0)])
    assert ([(500, "CNY"), (70, "EUR")], "4 open opportunities.") == (found.word.params["amounts"], str(found.reason))


# --- on a database ------------------------------------------------------------------------------------------


def states(world: World, customer: Any, **by: Any) -> dict[str, State]:
    """Return the states of a customer by code."""
    return {one.code: one for one in world.ask(customer_page.head, customer.id, **by).states}


def whole(world: World, owner: Any) -> Any:
    """Make a customer of somebody with all that is judged."""
    customer = world.customer(owner_id=owner.user_id)
    world.contact(customer, influence=5, attitude="1", role="decider", name="Dora")
    world.opportunity(customer_id=customer.id, amount=700)
    contract = world.contract(customer, signed_on=date(2026, 6, 1), amount=100_000)
    world.make(INSTALMENT, contract_id=contract.id, due_on=date(2026, 6, 10), amount=60_000)
    world.make(INSTALMENT, contract_id=contract.id, due_on=date(2026, 6, 12), amount=40_000)
    world.do(contracts.approve, contract.id)
    world.do(receive, contract.id, amount=60_000, received_on=date(2026, 6, 14), allocations="oldest")
    world.activity(customer_id=customer.id, happened_at=NOW - timedelta(days=40))
    return customer


def test_the_strip_judges_what_is_there(world: World) -> None:
    ann = world.actor()
    found = states(world, whole(world, ann), by=ann)
    said = {code: (one.color, str(one.reason)) for code, one in found.items()}
    assert ("red", "1 overdue, the oldest by 3 days; 0% on time.") == said["credit"]
    assert ("blue", "One order, 14 days ago.") == said["value"]
    assert ("green", "For us, with the last word: Dora.") == said["relationship"]
    assert ("amber", "More than 30 days.") == said["contact"]
    assert "gray" == said["profile"][0]
    assert "1 open opportunity." == said["open"][1]
    assert 6 == len(said)
    assert {"contract", "collections", "map", "overview", "profile", "opportunity"} == {
        one.tab for one in found.values()
    }


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        ("leader", {"value", "credit", "relationship", "contact", "profile", "open"}),
        ("administrator", {"value", "credit", "relationship", "contact", "profile", "open"}),
        ("viewer", {"value", "credit", "contact", "profile", "open"}),
        ("finance", {"value", "credit"}),
    ],
)
def test_of_what_a_role_does_not_include_nothing_is_said(world: World, role: str, codes: set[str]) -> None:
    customer = whole(world, world.actor())
    assert codes == set(states(world, customer, by=world.actor(role)))


def test_of_a_customer_in_the_pool_nothing_that_hangs_on_it_is_said(world: World) -> None:
    customer = whole(world, world.actor())
    world.do(pools.release, "customer", [customer.id], "Nothing doing")
    found = world.ask(customer_page.head, customer.id, by=world.actor(team_id=world.team().id))
    assert ({"contact"}, False, {0}) == (
        {one.code for one in found.states},
        found.is_reached,
        set(found.counts.values()),
    )
    assert ("Public pool", {"claim"}) == (found.pool, set(found.may))


def test_out_of_scope_is_not_found(world: World) -> None:
    customer = world.customer(owner_id=world.actor().user_id)
    with pytest.raises(NotFound):
        world.ask(customer_page.head, customer.id, by=world.actor())


@pytest.mark.parametrize("of_team", [False, True])
def test_the_days_to_the_pool_are_those_the_pool_counts(world: World, of_team: bool) -> None:
    root = world.team()
    ann = world.actor(team_id=world.team(parent_id=root.id).id)
    customer = world.customer(owner_id=ann.user_id)
    world.activity(customer_id=customer.id, happened_at=NOW - timedelta(days=20))
    members = [Member(team_id=root.id)] if of_team else []
    values = {"name": "North", "kind": "customer", "is_for_all": not of_team, "warning_days": 7}
    pool = world.do(pools.save, None, values, members=members, rules=[Rule("activity", 5)])
    world.do(pools.set_recycling, pool.id, is_on=True)
    head = world.ask(customer_page.head, customer.id, by=ann)
    assert world.ask(pools.returns, "customer", [customer.id], by=ann).get(customer.id) == head.returns
    assert head.returns is not None
    assert (pool.id, 5, True) == (head.returns.pool_id, head.returns.left, head.is_warned)
    assert "pool" in {one.code for one in head.states}
    world.do(pools.set_locked, "customer", [customer.id], is_locked=True)
    assert world.ask(customer_page.head, customer.id, by=ann).returns is None


def test_settings_move_the_thresholds(world: World) -> None:
    customer = whole(world, world.actor())
    world.do(company.set_value, "contact_days", [50, 60])
    world.do(company.set_value, "value_terms", {"high_value": 1})
    found = states(world, customer)
    assert ("green", "high value") == (found["contact"].color, str(found["value"].word).lower())


def test_the_head_asks_the_same_number_of_questions_whatever_hangs_on_the_customer(world: World) -> None:
    ann = world.actor()
    customer = world.customer(owner_id=ann.user_id)

    def questions() -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(world.database.engine, "before_cursor_execute", note)
        world.ask(customer_page.head, customer.id, by=ann)
        event.remove(world.database.engine, "before_cursor_execute", note)
        return len([one for one in seen if one.lstrip().upper().startswith(("SELECT", "WITH"))])

    few = questions()
    for _ in range(5):
        world.contact(customer)
        world.opportunity(customer_id=customer.id, amount=1)
        world.contract(customer)
    assert (few, True) == (questions(), few <= 4)


def test_the_tabs_count_what_the_reader_may_see(world: World) -> None:
    ann = world.actor()
    customer = whole(world, ann)
    world.contact(customer)
    counts = world.ask(customer_page.head, customer.id, by=ann).counts
    assert {"contact": 2, "opportunity": 1, "contract": 1, "instalment": 2, "profile": 0} == counts
    finance = world.ask(customer_page.head, customer.id, by=world.actor("finance")).counts
    assert {"contract": 1, "instalment": 2} == finance


def test_what_hangs_on_a_customer_is_listed_as_the_lists_show_it(world: World) -> None:
    ann, bob = world.actor(team_id=world.team().id), world.actor(team_id=world.team().id)
    customer = whole(world, ann)
    own = world.opportunity(customer_id=customer.id, owner_id=bob.user_id)
    columns = ("name", "stage_id", "owner_id")
    for reader in (ann, bob, world.actor("leader"), world.actor("viewer")):
        asked = Query(columns=columns).where("customer_id", "in", customer.id)
        listed = world.ask(query.page, OPPORTUNITY, asked, by=reader)
        found = world.ask(customer_page.listed, OPPORTUNITY, customer.id, columns, by=reader)
        assert (list(listed.ids), dict(listed.columns)) == (list(found.ids), dict(found.columns))
    assert [own.id] == list(world.ask(customer_page.listed, OPPORTUNITY, customer.id, columns, by=bob).ids)


def test_instalments_are_listed_open_ones_first(world: World) -> None:
    ann = world.actor()
    customer = whole(world, ann)
    rows = world.ask(customer_page.dues, customer.id, by=ann)
    assert [(40_000, "overdue", "none"), (0, "not_due", "full")] == [
        (one.unpaid, one.timing, one.settled) for one in rows
    ]
    assert [] == list(world.ask(customer_page.dues, customer.id, by=world.actor()))


def test_those_one_may_have_spoken_with_are_those_still_there(world: World) -> None:
    ann = world.actor()
    customer = whole(world, ann)
    world.contact(customer, name="Gone", is_active=False)
    assert ["Dora"] == [name for _id, name in world.ask(customer_page.people, customer.id, by=ann)]
    assert [] == world.ask(customer_page.people, customer.id, by=world.actor())
