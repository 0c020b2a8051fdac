"""Who sees what lies in a pool, who sees as a collaborator, what is hidden; and nothing is kept past a change."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import event

from services import activities, collaborators, custom_fields, ownership, pools
from services.activities import ACTIVITY
from services.contacts import CONTACT
from services.contracts import CONTRACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.errors import Forbidden, Invalid, NotFound, Refusal
from services.kit.query import Query
from services.kit.transfer import exporting, references
from services.leads import LEAD
from services.opportunities import OPPORTUNITY
from services.pools import Rule
from tests.factories import World
from tests.pools.making import Member, first_pool, later, many, pool

PHONE = "+86 139 0000 1234"


def hide(world: World, *names: str, key: str = "customer") -> None:
    """Let the first pool hide fields."""
    found = first_pool(world, key)
    world.do(pools.save, found.id, {"name": found.name}, hidden=names)


def seen(world: World, entity: object, who: object) -> list[int]:
    return sorted(world.ask(query.frame, entity, by=who).index)


# --- collaborators ------------------------------------------------------------------------------------------


def test_who_collaborates_sees_the_customer_and_all_that_hangs_on_it(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann)
    of_it = {
        CONTACT: world.contact(customer, by=ann),
        OPPORTUNITY: world.opportunity(by=ann, customer_id=customer.id),
        CONTRACT: world.contract(customer, by=ann),
        ACTIVITY: world.activity(by=ann, customer_id=customer.id),
    }
    assert [[]] * 5 == [seen(world, entity, bob) for entity in (CUSTOMER, *of_it)]
    shared = world.do(collaborators.share, customer.id, bob.user_id, by=ann)
    assert [customer.id] == seen(world, CUSTOMER, bob)
    assert {entity.key: [one.id] for entity, one in of_it.items()} == {e.key: seen(world, e, bob) for e in of_it}
    world.do(collaborators.unshare, shared.id, by=ann)
    assert [[]] * 5 == [seen(world, entity, bob) for entity in (CUSTOMER, *of_it)]


def test_the_owner_sees_what_a_collaborator_adds(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann)
    world.do(collaborators.share, customer.id, bob.user_id, can_write=True, by=ann)
    opportunity = world.opportunity(by=bob, customer_id=customer.id)
    contact = world.contact(customer, by=bob)
    world.activity(by=bob, customer_id=customer.id)
    assert ([opportunity.id], [contact.id], 1) == (
        seen(world, OPPORTUNITY, ann), seen(world, CONTACT, ann), len(seen(world, ACTIVITY, ann)),
    )  # fmt: skip


def test_reading_is_not_writing_and_writing_is_not_giving_away(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann)
    contact = world.contact(customer, by=ann)
    world.do(collaborators.share, customer.id, bob.user_id, by=ann)
    for entity, record in ((CUSTOMER, customer), (CONTACT, contact)):
        with pytest.raises(NotFound):
            world.do(entity.verb("update"), record.id, {"notes": "Mine"}, by=bob)
    world.do(collaborators.share, customer.id, bob.user_id, can_write=True, by=ann)
    for entity, record in ((CUSTOMER, customer), (CONTACT, contact)):
        assert world.do(entity.verb("update"), record.id, {"notes": "Ours"}, by=bob)
    with pytest.raises(NotFound):
        world.do(collaborators.share, customer.id, world.user().id, by=bob)
    assert [False] == [one.is_done for one in world.do(pools.release, "customer", [customer.id], "No", by=bob)]
    with pytest.raises(NotFound):
        world.do(CONTACT.verb("delete"), contact.id, by=bob)


def test_who_collaborates_to_read_writes_down_what_happened_and_adds_nothing(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann)
    world.do(collaborators.share, customer.id, bob.user_id, by=ann)
    new = {
        CONTACT: {"name": "New", "customer_id": customer.id},
        OPPORTUNITY: {"name": "New", "customer_id": customer.id},
        CONTRACT: {"name": "New", "customer_id": customer.id, "amount": 100},
    }
    for entity, values in new.items():
        with pytest.raises(Invalid, match="only read it"):
            world.do(entity.verb("create"), values, by=bob)
    assert world.activity(by=bob, customer_id=customer.id)
    world.do(collaborators.share, customer.id, bob.user_id, can_write=True, by=ann)
    for entity, values in new.items():
        assert world.do(entity.verb("create"), values, by=bob), entity.key


def test_what_lies_in_the_pool_is_claimed_before_anything_is_added_to_it(world: World) -> None:
    ann, leader = world.actor(), world.actor("leader")
    customer = world.customer()
    with pytest.raises(Invalid, match="Claim it first"):
        world.contact(customer, by=ann)
    assert world.contact(customer, by=leader)
    world.do(pools.claim, "customer", [customer.id], by=ann)
    assert world.contact(customer, by=ann)


def test_no_file_adds_to_what_one_may_only_read(world: World) -> None:
    ann, bob = world.actor(), world.actor("sales_manager")
    shared, own = world.customer(by=ann, name="Shared"), world.customer(by=bob, name="Own")
    world.do(collaborators.share, shared.id, bob.user_id, by=ann)
    found = world.ask(references.candidates, CONTACT, CONTACT.fields["customer_id"], ["Shared", "Own"], by=bob)
    assert {"Own": [own.id]} == {name: ids for name, ids in found.items() if ids}


def test_it_ends_with_its_last_day_without_anybody_doing_anything(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    customer = world.customer(by=ann)
    until = world.database.clock.now().date() + timedelta(days=2)
    world.do(collaborators.share, customer.id, bob.user_id, until_on=until, by=ann)
    counts = []
    for _ in range(4):
        counts.append(world.ask(query.page, CUSTOMER, by=bob).count)
        later(world, days=1)
    assert [1, 1, 1, 0] == counts
    assert {"ended": 1} == world.do(collaborators.tidy)


def test_who_may_not_collaborate_is_refused(world: World) -> None:
    ann = world.actor(name="Ann")
    customer = world.customer(by=ann)
    for user_id, match in ((ann.user_id, "owns it"), (999_999, "no such record")):
        with pytest.raises(Invalid, match=match):
            world.do(collaborators.share, customer.id, user_id, by=ann)
    past = world.database.clock.now().date() - timedelta(days=1)
    with pytest.raises(Invalid, match="passed"):
        world.do(collaborators.share, customer.id, world.user().id, until_on=past, by=ann)
    with pytest.raises(Forbidden):
        world.do(collaborators.share, customer.id, world.user().id, by=world.actor("finance"))
    with pytest.raises(NotFound):
        world.do(collaborators.share, customer.id, world.user().id, by=world.actor())


def test_there_is_an_answer_to_why_one_sees_it(world: World) -> None:
    team = world.team(name="North")
    ann, bob = world.actor(team_id=team.id), world.actor()
    manager, leader = world.actor("sales_manager", team_id=team.id), world.actor("leader")
    customer = world.customer(by=ann)
    contact = world.contact(customer, by=ann)
    pooled = world.customer()
    until = world.database.clock.now().date()
    world.do(collaborators.share, customer.id, bob.user_id, until_on=until, by=ann)
    said = [
        str(world.ask(ownership.explain, entity, record.id, by=who))
        for entity, record, who in (
            (CUSTOMER, customer, ann),
            (CUSTOMER, customer, manager),
            (CUSTOMER, customer, leader),
            (CUSTOMER, customer, bob),
            (CUSTOMER, pooled, bob),
            (CONTACT, contact, bob),
        )
    ]
    assert [
        "It is yours.",
        "It belongs to North, which is yours or below yours.",
        "Your role sees all of them.",
        "You collaborate on it until 2026-06-15.",
        "It lies in the pool “Public pool”, of which you are a member.",
        "You may see the Customer it belongs to: You collaborate on it until 2026-06-15.",
    ] == said
    with pytest.raises(NotFound):
        world.ask(ownership.explain, CUSTOMER, customer.id, by=world.actor())


# --- hidden fields ------------------------------------------------------------------------------------------


def test_a_hidden_field_is_nowhere_to_be_seen_until_it_is_claimed(world: World) -> None:
    ann, leader = world.actor(), world.actor("leader")
    customer = world.customer(name="Acme", phone=PHONE, notes="Ask for Li")
    hide(world, "phone", "notes")
    asked = Query(columns=("name", "phone", "notes"))
    row = world.ask(query.frame, CUSTOMER, asked, by=ann).loc[customer.id]
    assert ("Acme", None, None) == (row["name"], row["phone"], row["notes"])
    shown = world.ask(records.get, CUSTOMER, customer.id, by=ann)
    assert (None, None) == (shown.phone, shown.notes)
    assert PHONE == world.ask(records.get, CUSTOMER, customer.id, by=leader).phone
    target = io.BytesIO()
    world.do(exporting.export, CUSTOMER, target, file_format="csv", by=ann)
    assert b"Acme" in target.getvalue()
    assert b"1234" not in target.getvalue()
    history = str(world.ask(records.history, CUSTOMER, customer.id, by=ann))
    assert "1234" not in history
    world.do(pools.claim, "customer", [customer.id], by=ann)
    assert PHONE == world.ask(records.get, CUSTOMER, customer.id, by=ann).phone


def test_nobody_finds_out_by_filtering_or_searching(world: World) -> None:
    ann, leader = world.actor(), world.actor("leader")
    world.customer(name="Acme", phone=PHONE)
    hide(world, "phone")
    for asked in (
        Query().where("phone", "is", PHONE),
        Query().where("phone", "filled"),
        Query().where("phone", "empty"),
        Query(search="1234"),
    ):
        assert 0 == world.ask(query.page, CUSTOMER, asked, by=ann).count, asked
    assert 1 == world.ask(query.page, CUSTOMER, Query(search="1234"), by=leader).count
    assert 1 == world.ask(query.page, CUSTOMER, Query(search="Acme"), by=ann).count
    own = world.customer(by=ann, name="Own", phone=PHONE)
    assert [own.id] == list(world.ask(query.page, CUSTOMER, Query(search="1234"), by=ann).ids)
    assert [own.id] == list(world.ask(query.page, CUSTOMER, Query().where("phone", "is", PHONE), by=ann).ids)


def test_leads_hide_in_the_same_way(world: World) -> None:
    ann = world.actor()
    lead = world.lead(email="li@acme.example")
    hide(world, "email", key="lead")
    assert world.ask(records.get, LEAD, lead.id, by=ann).email is None
    assert [None] == list(world.ask(query.frame, LEAD, Query(columns=("name", "email")), by=ann)["email"])


def test_what_is_hidden_stays_stored(world: World) -> None:
    """Concealing is for reading: a write by somebody who may not see the phone leaves it, and it is still found."""
    ann = world.actor()
    customer = world.customer(phone=PHONE)
    hide(world, "phone")
    world.do(pools.claim, "customer", [customer.id], by=ann)
    world.do(CUSTOMER.verb("update"), customer.id, {"notes": "Called"}, by=ann)
    assert [customer.id] == list(world.ask(query.page, CUSTOMER, Query(search="1234"), by=ann).ids)


def test_what_lies_in_the_pool_is_claimed_before_one_writes_about_it(world: World) -> None:
    ann, leader = world.actor(), world.actor("leader")
    customer = world.customer()
    with pytest.raises(Refusal, match="Claim it first"):
        world.do(activities.log, kind="call", summary="Hi", customer_id=customer.id, by=ann)
    assert world.do(activities.log, kind="call", summary="Hi", customer_id=customer.id, by=leader)


def test_members_of_another_pool_see_nothing_of_it_in_any_list(world: World) -> None:
    team = world.team()
    ann, bob = world.actor(team_id=team.id), world.actor(team_id=world.team().id)
    pool(world, name="North", members=[Member(team_id=team.id)])
    customer = world.customer(by=ann, name="安娜的客户")
    world.do(pools.release, "customer", [customer.id], "Far", by=ann)
    assert 0 == world.ask(query.page, CUSTOMER, by=bob).count
    assert [] == world.ask(query.options, "customer", by=bob)
    assert 0 == world.ask(query.page, CUSTOMER, Query(search="安娜"), by=bob).count
    assert ([1], 1) == (
        [world.ask(query.count, CUSTOMER, by=ann)],
        world.ask(query.page, CUSTOMER, Query(search="安娜"), by=ann).count,
    )


def test_pages_of_what_one_sees_for_several_reasons_have_neither_gap_nor_double(world: World) -> None:
    top = world.team()
    teams = [world.team(parent_id=top.id).id for _ in range(3)]
    manager = world.actor("sales_manager", team_id=top.id)
    sellers = [world.actor(team_id=team) for team in teams]
    stranger = world.actor(team_id=world.team().id)
    expected = []
    for turn in range(24):
        later(world, minutes=1)
        by = (*sellers, manager, stranger, None)[turn % 6]
        customer = world.customer(by=by) if by else world.customer()
        if by is not stranger or turn % 12 == 4:
            expected.append(customer.id)
        if by is stranger and turn % 12 == 4:
            world.do(collaborators.share, customer.id, manager.user_id, by=stranger)
    found: list[int] = []
    cursor = None
    while True:
        page = world.ask(query.page, CUSTOMER, Query(limit=5, cursor=cursor), by=manager)
        found += page.ids
        assert (len(expected), False) == (page.count, page.is_capped)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert expected[::-1] == found


def test_an_administrator_sees_all_pools_with_as_few_questions_as_one(world: World) -> None:
    ann, admin = world.actor(), world.actor("administrator")
    strict = pool(world, name="Strict", rules=[Rule("activity", 30)], members=[Member(user_id=ann.user_id)])
    many(world, 3)
    asked: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda _c, _k, text, *_rest: asked.append(text))
    found = {one.pool_id: one for one in world.ask(pools.overview, by=admin)}
    few = len(asked)
    lying = first_pool(world).id
    assert [3 if one == lying else 0 for one in found] == [one.lying for one in found.values()]
    assert [ann.user_id] == [one.user_id for one in found[strict.id].members]
    assert ["activity"] == [rule.kind for rule in found[strict.id].rules]
    for number in range(3):
        pool(world, name=f"More {number}", rules=[Rule("activity", 30)])
    asked.clear()
    assert len(found) + 3 == len(world.ask(pools.overview, by=admin))
    assert few == len(asked)


# --- hidden fields of one's own -----------------------------------------------------------------------------


def own_field(world: World, kind: str, label: str, **more: object) -> None:
    """Add a field to customers."""
    world.do(custom_fields.create, {"entity": "customer", "kind": kind, "label_en": label, **more})


def test_a_hidden_added_field_is_nowhere_to_be_seen_until_it_is_claimed(world: World) -> None:
    ann, leader = world.actor(), world.actor("leader")
    own_field(world, "text", "Line")
    own_field(world, "choices", "Wiring", options=[{"en": "Copper"}, {"en": "Fibre"}])
    own_field(world, "text", "Plant")
    said = {"c_line": "Hotline 1234", "c_wiring": ("copper",), "c_plant": "Ulm"}
    customer = world.customer(name="Acme", **said)
    hide(world, "c_line", "c_wiring")
    asked = Query(columns=("name", *said))
    row = world.ask(query.frame, CUSTOMER, asked, by=ann).loc[customer.id]
    assert ("Acme", None, None, "Ulm") == tuple(row[["name", *said]])
    shown = world.ask(records.get, CUSTOMER, customer.id, by=ann)
    assert {"plant": "Ulm"} == shown.custom
    assert ("Hotline 1234", ("copper",)) == tuple(
        world.ask(query.frame, CUSTOMER, asked, by=leader).loc[customer.id][["c_line", "c_wiring"]]
    )
    target = io.BytesIO()
    world.do(exporting.export, CUSTOMER, target, file_format="csv", by=ann)
    assert b"Ulm" in target.getvalue()
    assert b"1234" not in target.getvalue()
    assert b"Copper" not in target.getvalue()
    history = str(world.ask(records.history, CUSTOMER, customer.id, by=ann))
    assert ("Ulm" in history, "1234" in history, "copper" in history) == (True, False, False)
    world.do(pools.claim, "customer", [customer.id], by=ann)
    world.do(CUSTOMER.verb("update"), customer.id, {"c_plant": "Jena"}, by=ann)
    kept = world.ask(records.get, CUSTOMER, customer.id, by=ann)
    assert {"line": "Hotline 1234", "wiring": ["copper"], "plant": "Jena"} == kept.custom


def test_nobody_finds_out_an_added_field_by_filter_order_search_or_pinyin(world: World) -> None:
    ann, leader = world.actor(), world.actor("leader")
    # Before the field is there, so that what is kept of these statements is not taken for what is asked later.
    assert 0 == world.ask(query.page, CUSTOMER, Query(search="紫罗兰"), by=ann).count
    own_field(world, "text", "Line", is_searchable=True)
    own_field(world, "choices", "Wiring", options=[{"en": "Copper", "zh": "铜缆"}], is_searchable=True)
    world.customer(name="Acme", c_line="紫罗兰", c_wiring=("copper",))
    searches = [Query(search=one) for one in ("紫罗兰", "ziluolan", "zll", "Copper", "铜缆", "tonglan")]
    assert [1, 1] == [
        world.ask(query.page, CUSTOMER, one, by=who).count for one in searches[:1] for who in (ann, leader)
    ]
    hide(world, "c_line", "c_wiring")
    asked = [
        *searches,
        *(Query().where("c_line", *how) for how in (("is", "紫罗兰"), ("filled",), ("empty",))),
        *(Query().where("c_wiring", *how) for how in (("in", "copper"), ("has", "copper"), ("filled",), ("empty",))),
        Query(sort="c_line"),
    ]
    assert [0] * len(asked) == [world.ask(query.page, CUSTOMER, one, by=ann).count for one in asked]
    assert [0] * len(asked) == [world.ask(query.count, CUSTOMER, one, by=ann) for one in asked]
    found = [world.ask(query.page, CUSTOMER, one, by=leader).count for one in searches]
    assert found[0] == found[3] == found[4] == 1
    assert 1 == world.ask(query.page, CUSTOMER, Query(search="Acme"), by=ann).count


def test_what_was_hidden_and_is_retired_stays_hidden(world: World) -> None:
    ann = world.actor()
    own_field(world, "text", "Line")
    customer = world.customer(name="Acme", c_line="1234")
    hide(world, "c_line")
    (row,) = world.ask(custom_fields.listed, "customer")
    world.do(custom_fields.retire, row.id)
    hide(world, "c_line", "phone")
    assert {} == world.ask(records.get, CUSTOMER, customer.id, by=ann).custom
    world.do(custom_fields.bring_back, row.id)
    assert [None] == list(world.ask(query.frame, CUSTOMER, Query(columns=("name", "c_line")), by=ann)["c_line"])
    with pytest.raises(Invalid):
        hide(world, "c_nothing")
