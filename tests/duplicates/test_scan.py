"""The scan of the base: pairs are found, kept, shown to those who may see both sides, and stay put aside."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest

from services import duplicates, jobs
from services.customers import CUSTOMER
from services.duplicates import PERHAPS, SAME, Group, worker
from services.duplicates.scanning import find
from services.kit.errors import Forbidden, NotFound, Refusal
from tests.factories import World


def _pairs(groups: list[Group]) -> dict[tuple[int, int], tuple[str, tuple[str, ...]]]:
    return {(pair.a_id, pair.b_id): (pair.tier, pair.codes) for group in groups for pair in group.pairs}


def _scanned(world: World, entity: str = "customer", **who: Any) -> dict[tuple[int, int], tuple[str, tuple[str, ...]]]:
    world.do(duplicates.scan, entity, **who)
    return _pairs(world.ask(duplicates.groups, entity, **who))


def test_customers_of_one_name_phone_or_tax_number_are_found(world: World) -> None:
    one = world.customer(name="深圳市华为技术有限公司", phone="13800138000")
    two = world.customer(name="華為技術（深圳）")
    three = world.customer(name="Huawei", phone="138-0013-8000", tax_number="91440300279222006X")
    four = world.customer(name="Other", tax_number="9144 0300 2792 22006X")
    world.customer(name="北京雪豹贸易有限公司")
    assert {
        (one.id, two.id): (SAME, ("name",)),
        (one.id, three.id): (PERHAPS, ("phone",)),
        (three.id, four.id): (SAME, ("tax_number",)),
    } == _scanned(world)


def test_a_chain_of_pairs_is_one_group(world: World) -> None:
    known = [world.customer(name=name).id for name in ("Acme", "ACME Ltd", "Acme GmbH", "Other")]
    world.do(duplicates.scan, "customer")
    (group,) = world.ask(duplicates.groups, "customer")
    assert known[:3] == [member.id for member in group.members]
    assert ["Acme", "ACME Ltd", "Acme GmbH"] == [member.title for member in group.members]
    assert SAME == group.tier


def test_a_lead_is_a_duplicate_of_the_same_person_only(world: World) -> None:
    one = world.lead(name="Ann Li", company="Acme Ltd")
    two = world.lead(name="Li Ann", company="Acme")
    world.lead(name="Bob Wu", company="Acme")
    three = world.lead(name="B. Wu", company="Bcme", email="x@bcme.com")
    four = world.lead(name="Bob Woo", company="Ccme", email="X@bcme.com")
    assert {
        (one.id, two.id): (SAME, ("name", "person")),
        (three.id, four.id): (SAME, ("email",)),
    } == _scanned(world, "lead")


def test_contacts_of_one_name_are_duplicates_at_one_customer(world: World) -> None:
    acme, other = world.customer(), world.customer()
    one, two = world.contact(acme, name="王小明"), world.contact(acme, name="王小明 先生")
    world.contact(other, name="王小明")
    assert {(one.id, two.id): (SAME, ("person", "company"))} == _scanned(world, "contact")


def test_a_number_that_many_share_says_nothing(world: World) -> None:
    for number in range(25):
        world.customer(name=f"{chr(97 + number)}xyzzy{chr(122 - number)}", phone="4008001234")
    assert {} == _scanned(world)


def test_what_is_no_duplicate_stays_aside_and_can_be_taken_back(world: World) -> None:
    world.customer(name="Acme")
    world.customer(name="Acme Ltd")
    world.do(duplicates.scan, "customer")
    (group,) = world.ask(duplicates.groups, "customer")
    world.do(duplicates.dismiss, group.pairs[0].id)
    assert {} == _scanned(world)
    with pytest.raises(Refusal, match="decided"):
        world.do(duplicates.dismiss, group.pairs[0].id)
    world.do(duplicates.reopen, group.pairs[0].id)
    assert 1 == len(_scanned(world))


def test_what_is_no_longer_alike_goes(world: World) -> None:
    world.customer(name="Acme")
    other = world.customer(name="Acme Ltd")
    assert 1 == len(_scanned(world))
    world.do(CUSTOMER.verb("update"), other.id, {"name": "Zenith"})
    scanned = world.do(duplicates.scan, "customer")
    assert (0, 0, 1) == (scanned.pairs, scanned.new, scanned.gone)


def test_a_pair_is_shown_to_whoever_may_see_both_sides(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    world.customer(by=ann, name="Acme")
    theirs = world.customer(by=bob, name="Acme Ltd")
    world.do(duplicates.scan, "customer")
    (pair,) = [pair for group in world.ask(duplicates.groups, "customer") for pair in group.pairs]
    assert [] == world.ask(duplicates.groups, "customer", by=bob)
    assert [] == world.ask(duplicates.touching, "customer", theirs.id, by=bob)
    with pytest.raises(NotFound):
        world.do(duplicates.dismiss, pair.id, by=bob)
    assert [pair] == world.ask(duplicates.touching, "customer", theirs.id)


def test_a_scan_reads_what_its_actor_may_change(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    world.customer(by=ann, name="Acme")
    world.customer(by=bob, name="Acme Ltd")
    assert {} == world.ask(find, "customer", by=bob)
    with pytest.raises(Forbidden):
        world.ask(find, "customer", by=world.actor("viewer"))


def test_a_scan_of_a_part_takes_nothing_of_the_rest_away(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    world.customer(by=ann, name="Acme")
    world.customer(by=ann, name="Acme Ltd")
    world.do(duplicates.scan, "customer")
    world.do(duplicates.scan, "customer", by=bob)
    assert 1 == len(_pairs(world.ask(duplicates.groups, "customer")))


def test_what_was_merged_is_settled(world: World) -> None:
    one, two, three = (world.customer(name=name) for name in ("Acme", "Acme Ltd", "Acme Inc"))
    world.do(duplicates.scan, "customer")
    world.do(duplicates.settle, "customer", one.id, [two.id])
    assert {(one.id, three.id), (two.id, three.id)} == set(_pairs(world.ask(duplicates.groups, "customer")))


def test_reading_holds_no_lock_and_keeping_comes_after(world: World) -> None:
    world.customer(name="Acme")
    world.customer(name="Acme Ltd")
    scanned = duplicates.scan_apart(world.database, world.actor("leader"), "customer")
    assert (1, 1, 0) == (scanned.pairs, scanned.new, scanned.gone)


@pytest.mark.parametrize("few", [0, 100])
def test_much_is_looked_through_by_a_process_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(worker, "FEW", few)
    ann = world.actor()
    world.customer(by=ann, name="Acme")
    world.customer(by=ann, name="Acme Ltd")
    world.customer(name="Acme Inc")
    assert (1, 1, 0) == astuple(worker.look_through(world.database, ann, "customer")), "as far as Ann sees"
    assert {"pairs": 2} == jobs.run(world.database, "duplicates")
    assert 3 == len(_pairs(world.ask(duplicates.groups, "customer")))


def test_who_may_not_change_records_starts_no_scan(world: World) -> None:
    with pytest.raises(Forbidden):
        worker.look_through(world.database, world.actor("viewer"), "customer")
