"""What converting a lead promises: nothing is lost, nothing is made twice, no twin in silence, and a way back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from db.models import Contact, Customer
from db.normal import email_key, phone_key
from services import activities, custom_fields, leads, opportunities, ownership, pools
from services.activities import ACTIVITY
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.clock import Clock
from services.kit.errors import Forbidden, NotFound, Refusal
from services.kit.query import Query
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD, TwinExists
from services.opportunities import OPPORTUNITY
from services.pipelines import PIPELINE, STAGE
from tests.factories import World
from tests.pools.making import first_pool
from tests.races import at_once

DUE = date(2026, 7, 1)
TODAY = date(2026, 6, 15)


def test_everything_the_lead_knew_goes_along(world: World) -> None:
    ann = world.actor()
    lead = world.lead(
        by=ann,
        name="Li Lei",
        company="Acme",
        title="Buyer",
        phone="+86 13800138000",
        email="li@acme.cn",
        industry="Steel",
        region="East",
        source="referral",
        next_step_on=DUE,
        next_step="Send the offer",
        notes="Met at the fair",
    )
    world.activity(by=ann, lead_id=lead.id, summary="First call")
    customer = world.do(leads.convert, lead.id, opportunity_name="Pumps", by=ann)
    made = world.ask(records.get, CUSTOMER, customer.id, by=ann)
    assert ("Acme", "Steel", "East", "referral", DUE, "Send the offer", "Met at the fair", ann.user_id) == (
        made.name, made.industry, made.region, made.source,
        made.next_step_on, made.next_step, made.notes, made.owner_id,
    )  # fmt: skip
    assert world.ask(records.get, LEAD, lead.id, by=ann).last_activity_at == made.last_activity_at
    asked = Query(columns=("name", "title", "phone", "email", "is_primary"))
    contact = world.ask(query.frame, CONTACT, asked, by=ann).iloc[0]
    assert ("Li Lei", "Buyer", "+86 13800138000", "li@acme.cn", True) == (
        contact["name"], contact["title"], contact["phone"], contact["email"], contact["is_primary"],
    )  # fmt: skip
    opportunity = world.ask(query.frame, OPPORTUNITY, by=ann).iloc[0]
    assert ("Pumps", customer.id) == (opportunity["name"], opportunity["customer_id"])
    assert ["First call"] == list(world.ask(activities.timeline, customer_id=customer.id, by=ann)["summary"])
    assert ["First call"] == list(world.ask(activities.timeline, lead_id=lead.id, by=ann)["summary"])


def test_the_lead_stays_and_says_what_became_of_it(world: World) -> None:
    lead = world.lead()
    customer = world.do(leads.convert, lead.id)
    found = world.ask(records.get, LEAD, lead.id)
    assert ("converted", customer.id, world.database.clock.now()) == (
        found.status,
        found.customer_id,
        found.converted_at,
    )


def test_a_converted_lead_is_not_converted_again(world: World) -> None:
    lead = world.lead()
    world.do(leads.convert, lead.id)
    with pytest.raises(Refusal, match="converted already"):
        world.do(leads.convert, lead.id)
    with pytest.raises(Refusal, match="converted already"):
        world.ask(leads.preview_conversion, lead.id)


def test_an_existing_customer_can_be_chosen_and_keeps_what_it_has(world: World) -> None:
    customer = world.customer(name="Acme", industry="Mining", next_step_on=date(2026, 6, 20), next_step="Visit")
    world.contact(customer, name="Li Lei", email="li@acme.cn")
    lead = world.lead(name="Li Lei", company="Acme", email="li@acme.cn", title="Buyer", industry="Steel", region="East")
    chosen = world.do(leads.convert, lead.id, customer_id=customer.id)
    assert (customer.id, "Mining", "East", "Visit") == (chosen.id, chosen.industry, chosen.region, chosen.next_step)
    contacts = world.ask(query.frame, CONTACT, query.Query(columns=("name", "title")))
    assert [("Li Lei", "Buyer")] == list(zip(contacts["name"], contacts["title"], strict=True))


def test_no_twin_is_made_in_silence(world: World) -> None:
    customer = world.customer(name="Acme Ltd")
    lead = world.lead(company="ACME")
    with pytest.raises(TwinExists, match="Acme Ltd") as refusal:
        world.do(leads.convert, lead.id)
    assert [customer.id] == [twin.customer_id for twin in refusal.value.twins]
    assert customer.id != world.do(leads.convert, lead.id, even_if_twin=True).id


def test_a_twin_out_of_scope_is_told_by_its_owner_alone(world: World) -> None:
    ann, bob = world.actor(name="Ann"), world.actor()
    world.customer(by=ann, name="Secret Works", code="S-1")
    lead = world.lead(by=bob, company="secret works ltd")
    with pytest.raises(TwinExists, match=r"^Ann already has") as refusal:
        world.do(leads.convert, lead.id, by=bob)
    assert "Secret Works" not in str(refusal.value)


def test_the_preview_says_what_would_be_made(world: World) -> None:
    customer = world.customer(name="Acme")
    lead = world.lead(name="Li Lei", company="Acme", next_step_on=DUE, industry="Steel", status="qualified")
    world.activity(lead_id=lead.id)
    new = world.ask(leads.preview_conversion, lead.id)
    assert (None, "Acme", None, "Li Lei", 1, [customer.id]) == (
        new.customer_id, new.customer, new.contact_id, new.contact, new.activities,
        [twin.customer_id for twin in new.twins],
    )  # fmt: skip
    assert {"customer.name", "customer.industry", "customer.next_step_on", "contact.name"} == {
        line.key for line in new.lines if line.outcome == "fills"
    }
    assert ("status",) == new.stays


def test_a_reader_chooses_whose_value_stays(world: World) -> None:
    customer = world.customer(name="Acme", industry="Mining", region="North", next_step_on=DUE, next_step="Visit")
    lead = world.lead(company="Acme", industry="Steel", region="East", next_step_on=TODAY, next_step="Call")
    plan = world.ask(leads.preview_conversion, lead.id, customer_id=customer.id)
    assert {"customer.industry", "customer.region", "customer.next_step_on", "customer.next_step"} == {
        line.key for line in plan.lines if line.outcome == "differs"
    }
    assert {"industry", "region", "next_step_on", "next_step"} <= set(plan.stays)
    take = ("customer.industry", "customer.next_step_on")
    made = world.do(leads.convert, lead.id, customer_id=customer.id, take=take)
    assert ("Steel", "North", TODAY, "Call") == (made.industry, made.region, made.next_step_on, made.next_step)


def test_a_contact_is_matched_by_name_and_offered_by_mail(world: World) -> None:
    customer = world.customer(name="Acme")
    desk = world.contact(customer, name="Front Desk", email="info@acme.cn")
    wei = world.contact(customer, name="Li Wei")
    lead = world.lead(name="WEI, Li", company="Acme", email="info@acme.cn")
    plan = world.ask(leads.preview_conversion, lead.id, customer_id=customer.id)
    assert (wei.id, [(wei.id, ("name",)), (desk.id, ("email",))]) == (
        plan.contact_id, [(one.contact_id, one.reasons) for one in plan.candidates],
    )  # fmt: skip
    world.do(leads.convert, lead.id, customer_id=customer.id, contact_id=desk.id)
    assert 2 == world.ask(query.count, CONTACT)
    other = world.lead(name="Li Wei", company="Acme")
    world.do(leads.convert, other.id, customer_id=customer.id, is_new_contact=True)
    assert 3 == world.ask(query.count, CONTACT)


def test_an_opportunity_lands_in_the_funnel_or_on_the_sandbox(world: World) -> None:
    pipeline = world.make(PIPELINE, name="Sales", is_default=True)
    world.make(STAGE, pipeline_id=pipeline.id, name="New", kind="open")
    sale, bet, bare = world.lead(), world.lead(), world.lead()
    world.do(leads.convert, sale.id, opportunity={"name": "Sale", "amount": 5_000})
    world.do(leads.convert, bet.id, opportunity={"name": "Bet", "horizon": "long", "market_size": 9_000_000})
    world.do(leads.convert, bare.id, opportunity_name="Bare")
    asked = Query(columns=("name", "pipeline_id", "horizon"), sort="name", descending=False)
    found = world.ask(query.page, OPPORTUNITY, asked).columns
    assert {"Sale": (pipeline.id, None), "Bet": (None, "long"), "Bare": (pipeline.id, None)} == dict(
        zip(found["name"], zip(found["pipeline_id"], found["horizon"], strict=True), strict=True)
    )


def test_a_lead_from_the_pool_becomes_the_converters_customer(world: World) -> None:
    ann = world.actor()
    lead = world.lead()
    assert ann.user_id == world.do(leads.convert, lead.id, by=ann).owner_id
    kept = world.ask(records.get, LEAD, lead.id, by=ann)
    assert (ann.user_id, None) == (kept.owner_id, kept.pool_id)
    assert "claimed" == world.ask(ownership.history, LEAD, lead.id, by=ann)[0].kind


def test_converting_from_the_pool_counts_as_a_claim_and_keeps_its_limits(world: World) -> None:
    ann = world.actor()
    pool = first_pool(world, "lead")
    world.do(pools.POOL.verb("update"), pool.id, {"claims_a_day": 1})
    first, second, third = (world.lead() for _ in range(3))
    world.do(leads.convert, first.id, by=ann)
    with pytest.raises(Refusal, match="as many from this pool today"):
        world.do(leads.convert, second.id, by=ann)
    assert [False] == [one.is_done for one in world.do(pools.claim, "lead", [third.id], by=ann)]
    assert world.do(leads.convert, second.id, by=world.actor("leader"))


def test_who_gave_a_lead_back_waits_before_converting_it(world: World) -> None:
    ann = world.actor()
    pool = first_pool(world, "lead")
    world.do(pools.POOL.verb("update"), pool.id, {"ban_days": 3})
    lead = world.lead(by=ann)
    world.do(pools.release, "lead", [lead.id], "Too far", by=ann)
    with pytest.raises(Refusal, match="You owned it before"):
        world.do(leads.convert, lead.id, by=ann)
    assert lead.id in world.ask(query.page, LEAD, by=ann).ids


def test_a_colleagues_lead_cannot_be_converted(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    lead = world.lead(by=ann)
    with pytest.raises(NotFound):
        world.do(leads.convert, lead.id, by=bob)


def test_a_role_without_the_permission_cannot_convert(world: World) -> None:
    lead = world.lead()
    with pytest.raises(Forbidden):
        world.do(leads.convert, lead.id, by=world.actor("viewer"))


def test_converting_twice_at_once_converts_once(world: World) -> None:
    lead = world.lead(company="Racing")
    outcomes = at_once(4, lambda _n: world.do(leads.convert, lead.id, even_if_twin=True))

    def counts(uow: UnitOfWork) -> tuple[int, int]:
        return (
            uow.session.execute(select(func.count()).select_from(Customer)).scalar_one(),
            uow.session.execute(select(func.count()).select_from(Contact)).scalar_one(),
        )

    assert (1, 1) == world.ask(counts)
    assert 3 == sum(isinstance(one, Refusal) for one in outcomes)


def test_two_leads_of_one_company_converted_at_once_make_no_twin(world: World) -> None:
    made = [world.lead(company=name) for name in ("Racing", "RACING Ltd", "Racing Co., Ltd.", "racing")]
    outcomes = at_once(4, lambda n: world.do(leads.convert, made[n].id))
    assert 3 == sum(isinstance(one, TwinExists) for one in outcomes)
    assert 1 == world.ask(query.count, CUSTOMER)


def test_custom_values_of_the_same_code_go_along_and_others_stay(world: World) -> None:
    for entity, label in (("lead", "Fleet"), ("customer", "Fleet"), ("lead", "Mood")):
        world.do(custom_fields.create, {"entity": entity, "kind": "text", "label_en": label, "label_zh": label})
    lead = world.lead(c_fleet="40 trucks", c_mood="Keen")
    plan = world.ask(leads.preview_conversion, lead.id)
    assert ("c_mood" in plan.stays, "c_fleet" in plan.stays) == (True, False)
    made = world.do(leads.convert, lead.id)

    def fleet(uow: UnitOfWork) -> tuple[Any, Any]:
        return records.get(uow, CUSTOMER, made.id).c_fleet, records.get(uow, LEAD, lead.id).c_mood

    assert ("40 trucks", "Keen") == world.ask(fleet)
    world.do(leads.revert_conversion, lead.id)
    assert 0 == world.ask(query.count, CUSTOMER)


# --- lossless: a law ----------------------------------------------------------------------------------------

TEXTS = st.one_of(st.none(), st.sampled_from(["Steel", "Mining", "北方", "x"]))
PHONES = st.sampled_from([None, "+86 138 0013 8000", "13800138000", "010-88886666"])
MAILS = st.sampled_from([None, "li@acme.cn", "LI@ACME.CN", "info@acme.cn"])
NAMES = st.sampled_from(["Li Wei", "Wei Li", "Han Mei"])
DAYS = st.sampled_from([None, DUE, TODAY])
LEADS = st.fixed_dictionaries(
    {
        "name": NAMES, "company": st.sampled_from(["Acme", "ACME Ltd"]), "title": TEXTS, "phone": PHONES,
        "email": MAILS, "industry": TEXTS, "region": TEXTS, "source": st.sampled_from([None, "referral", "partner"]),
        "grade": st.sampled_from([None, "A"]), "next_step_on": DAYS, "notes": TEXTS,
    }
)  # fmt: skip
CUSTOMERS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "industry": TEXTS, "region": TEXTS, "source": st.sampled_from([None, "referral", "tender"]),
            "next_step_on": DAYS, "notes": TEXTS, "phone": PHONES,
        }
    ),
)  # fmt: skip
CONTACTS = st.one_of(st.none(), st.fixed_dictionaries({"name": NAMES, "title": TEXTS, "phone": PHONES, "email": MAILS}))
TAKEN = st.sets(st.sampled_from(["customer.industry", "customer.name", "customer.next_step_on", "contact.title"]))


@given(values=LEADS, there=CUSTOMERS, person=CONTACTS, take=TAKEN)
@settings(max_examples=40)
def test_every_value_of_a_lead_is_carried_on_or_named_as_staying(
    sqlite_world: World, values: dict[str, Any], there: Any, person: Any, take: set[str]
) -> None:
    world = sqlite_world
    lead = world.lead(**values)
    customer = None if there is None else world.customer(name="Acme", **there)
    if customer is not None and person is not None:
        world.contact(customer, **person)
    chosen = customer.id if customer else None
    plan = world.ask(leads.preview_conversion, lead.id, customer_id=chosen, take=take)
    made = world.do(leads.convert, lead.id, customer_id=chosen, take=take, even_if_twin=True)
    conversion = world.ask(leads.conversion_of, lead.id)
    records_now = [
        world.ask(records.get, CUSTOMER, made.id),
        world.ask(records.get, CONTACT, conversion.contact_id),
    ]
    everywhere = [getattr(one, column.key) for one in records_now for column in type(one).__table__.columns]
    everywhere += [email_key(one) for one in everywhere if isinstance(one, str)]
    everywhere += [phone_key(one) for one in everywhere if isinstance(one, str)]
    notes = records_now[0].notes or ""
    for name, value in {**values, "status": "new"}.items():
        is_carried = value in everywhere or (name == "notes" and value in notes) if value else True
        is_same = {"email": email_key, "phone": phone_key}.get(name, lambda one: one)(value) in everywhere
        assert is_carried or is_same or name in plan.stays, (name, value, plan)


# --- back ---------------------------------------------------------------------------------------------------


def later(world: World) -> None:
    """Let some time pass."""
    world.database.clock = Clock.at(world.database.clock.now() + timedelta(hours=1))


def test_a_conversion_is_taken_back_whole(world: World) -> None:
    ann = world.actor()
    lead = world.lead(by=ann, company="Acme", phone="13800138000", status="qualified", next_step_on=DUE)
    activity = world.activity(by=ann, lead_id=lead.id)
    customer = world.do(leads.convert, lead.id, opportunity_name="Pumps", by=ann)
    plan = world.ask(leads.preview_revert, lead.id, by=ann)
    assert ({"customer", "contact", "opportunity"}, (), 1) == (
        {one[0] for one in plan.to_bin}, plan.obstacles, plan.activities,
    )  # fmt: skip
    later(world)
    world.do(leads.revert_conversion, lead.id, by=ann)
    assert [0, 0, 0] == [world.ask(query.count, entity) for entity in (CUSTOMER, CONTACT, OPPORTUNITY)]
    again = world.ask(records.get, LEAD, lead.id, by=ann)
    assert ("qualified", None, None, DUE) == (
        again.status, again.converted_at, again.customer_id, again.next_step_on,
    )  # fmt: skip
    back = world.ask(records.get, ACTIVITY, activity.id, by=ann)
    assert (lead.id, None, None, None) == (back.lead_id, back.customer_id, back.contact_id, back.opportunity_id)
    assert customer.id != world.do(leads.convert, lead.id, by=ann).id


def test_what_was_filled_in_on_a_customer_that_was_there_is_emptied_again(world: World) -> None:
    customer = world.customer(name="Acme", region="North", notes="Old")
    contact = world.contact(customer, name="Li Wei")
    lead = world.lead(
        name="Li Wei", company="Acme", title="Buyer", industry="Steel", region="East", notes="New",
        next_step_on=DUE, next_step="Call",
    )  # fmt: skip
    world.do(leads.convert, lead.id, customer_id=customer.id, take=("customer.region",))
    world.do(leads.revert_conversion, lead.id)
    now, person = world.ask(records.get, CUSTOMER, customer.id), world.ask(records.get, CONTACT, contact.id)
    assert (None, "North", "Old", None, None, None) == (
        now.industry, now.region, now.notes, now.next_step_on, now.next_step, person.title,
    )  # fmt: skip


def build_activity(world: World, made: Any) -> None:
    world.activity(customer_id=made.customer_id)


def build_contract(world: World, made: Any) -> None:
    world.contract(world.ask(records.get, CUSTOMER, made.customer_id))


def build_contact(world: World, made: Any) -> None:
    world.contact(world.ask(records.get, CUSTOMER, made.customer_id))


def build_opportunity(world: World, made: Any) -> None:
    world.opportunity(customer_id=made.customer_id)


def edit_customer(world: World, made: Any) -> None:
    world.do(CUSTOMER.verb("update"), made.customer_id, {"industry": "Glass"}, by=world.actor("leader", name="Lea"))


def move_opportunity(world: World, made: Any) -> None:
    pipeline_id = world.ask(records.get, OPPORTUNITY, made.opportunity_id).pipeline_id
    stage = world.make(STAGE, pipeline_id=pipeline_id, name="Offer", kind="open", position=9)
    world.do(opportunities.move, made.opportunity_id, stage.id)


def another_lead(world: World, made: Any) -> None:
    world.do(leads.convert, world.lead().id, customer_id=made.customer_id)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (build_activity, "Activities: 1"),
        (build_contract, "Contracts: 1"),
        (build_contact, "Contacts: 1"),
        (build_opportunity, "Opportunities: 1"),
        (edit_customer, "Lea has changed the Customer"),
        (move_opportunity, "Opportunity “Pumps” was changed"),
        (another_lead, "Leads: 1"),
    ],
)
def test_what_was_built_on_a_conversion_keeps_it(world: World, build: Any, reason: str) -> None:
    pipeline = world.make(PIPELINE, name="Sales", is_default=True)
    world.make(STAGE, pipeline_id=pipeline.id, name="New", kind="open")
    lead = world.lead(company="Acme")
    world.activity(lead_id=lead.id)
    world.do(leads.convert, lead.id, opportunity_name="Pumps")
    build(world, world.ask(leads.conversion_of, lead.id))
    with pytest.raises(Refusal, match=reason):
        world.do(leads.revert_conversion, lead.id)
    assert "converted" == world.ask(records.get, LEAD, lead.id).status


def test_a_value_changed_since_keeps_the_conversion(world: World) -> None:
    customer = world.customer(name="Acme")
    lead = world.lead(company="Acme", industry="Steel")
    world.do(leads.convert, lead.id, customer_id=customer.id)
    world.do(CUSTOMER.verb("update"), customer.id, {"industry": "Glass"})
    with pytest.raises(Refusal, match="“Industry” of “Acme” was changed"):
        world.do(leads.revert_conversion, lead.id)
    world.do(CUSTOMER.verb("update"), customer.id, {"industry": "Steel", "region": "West"})
    assert "new" == world.do(leads.revert_conversion, lead.id).status


def test_only_what_was_converted_is_taken_back_and_only_once(world: World) -> None:
    lead = world.lead()
    with pytest.raises(Refusal, match="no conversion"):
        world.do(leads.revert_conversion, lead.id)
    world.do(leads.convert, lead.id)
    outcomes = at_once(3, lambda _n: world.do(leads.revert_conversion, lead.id))
    assert 2 == sum(isinstance(one, Refusal) for one in outcomes)


def test_a_converted_lead_does_not_block_the_same_person_from_coming_again(world: World) -> None:
    values = {"name": "Li Wei", "company": "Acme", "email": "li@acme.cn"}
    world.do(leads.convert, world.lead(**values).id)
    assert "new" == world.lead(**values).status


def test_a_colleagues_conversion_cannot_be_taken_back(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    lead = world.lead(by=ann)
    world.do(leads.convert, lead.id, by=ann)
    with pytest.raises(NotFound):
        world.do(leads.revert_conversion, lead.id, by=bob)
    with pytest.raises(Forbidden):
        world.do(leads.revert_conversion, lead.id, by=world.actor("viewer"))
