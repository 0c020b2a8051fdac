"""Exports of other systems come in: their headings are known, and companies named by their domain are found."""

from __future__ import annotations

from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query
from services.kit.entity import Entity
from services.kit.query import Query
from services.kit.transfer import importing, mapping
from services.kit.transfer.outcome import Options, Outcome
from services.kit.transfer.reading import read_table
from services.opportunities import OPPORTUNITY
from tests.factories import World


def brought(world: World, entity: Entity, content: str) -> Outcome:
    table = read_table(content.encode(), "export.csv")
    mapped = mapping.match_columns(entity, table)
    done: Outcome = world.do(importing.run_import, entity, table, mapped, Options())
    return done


def test_deals_and_contacts_find_their_company_by_its_domain(world: World) -> None:
    assert [] == brought(world, CUSTOMER, "Company Name,Website\nCruz Inc,https://www.flowers.net\n").errors
    assert [] == brought(world, OPPORTUNITY, "Deal Name,Associated Company Domain\nRenewal,flowers.net\n").errors
    assert [] == brought(world, CONTACT, "Name,Associated Company Domain\nAnn,flowers.net\n").errors
    found = world.ask(query.frame, OPPORTUNITY, Query(columns=("name", "customer_id")))
    assert ["Renewal"] == list(found["name"])
    assert 1 == world.ask(query.count, CONTACT)


def test_a_domain_nobody_has_is_told_at_its_row(world: World) -> None:
    outcome = brought(world, OPPORTUNITY, "Deal Name,Associated Company Domain\nRenewal,nobody.example\n")
    assert [(2, "Associated Company Domain")] == [(one.row, one.column) for one in outcome.errors]
