"""The exports of another CRM come in by mapping alone, and keep their links by the domain of the company."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.models import Contact, Customer, Opportunity, Stage
from seed import reference
from services import imports
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.imports import Batch
from services.kit.entity import Entity
from services.opportunities import OPPORTUNITY
from services.settings import ROOT
from tests.factories import World

DATA = ROOT.parent / "shared" / "data" / "hubspot_dummy"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the data set is not beside the repository")
STAGES = {
    "Appointment Scheduled": "Discovery",
    "Qualified to Buy": "Requirements",
    "Presentation Scheduled": "Solution",
    "Contract Sent": "Offer",
    "Decision Maker Bought-In": "Negotiation",
}
REASONS = {"Product Fit": "product", "Lost Interest": "other", "Competitor": "competitor"}


def brought(world: World, folder: Path, entity: Entity, name: str, **asked: object) -> Batch:
    source = DATA / name
    number = world.do(imports.bring, entity, source, name, goal="store", folder=folder, **asked)
    imports.run_here(world.database, number)
    return world.ask(imports.get, number)


def test_companies_contacts_and_deals_come_in_and_keep_their_links(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    reference.fill(world.database)
    companies = brought(world, tmp_path, CUSTOMER, "hubspot_companies.csv")
    assert (200, 0) == (companies.created, companies.wrong)
    assert "“Company Owner” names 5 people, none of whom we know: it is not imported." in map(str, companies.notes)
    contacts = brought(world, tmp_path, CONTACT, "hubspot_contacts.csv", skip_bad=True)
    assert (679, 271) == (contacts.created, contacts.wrong), "those without a company are told and left out"
    deals = brought(
        world, tmp_path, OPPORTUNITY, "hubspot_deals.csv",
        maps={"Pipeline": "-"}, values={"Deal Stage": STAGES, "Closed Lost Reason": REASONS},
    )  # fmt: skip
    assert (500, 0) == (deals.created, deals.wrong)

    def look(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        first = session.execute(select(Customer).where(Customer.name == "Cruz Inc")).scalar_one()
        assert (
            "831.605.2433x72946", 9395, 87_360_715, "flowers.net",
            "669 Wagner Gateway, North Christineview, UT, 75424, Comoros",
        ) == (first.phone, first.employees, first.revenue, first.domain_key, first.address)  # fmt: skip
        stages = dict(
            session.execute(
                select(Stage.name, func.count())
                .join(Opportunity, Opportunity.stage_id == Stage.id)
                .group_by(Stage.name)
            ).all()
        )
        assert {
            "Discovery": 70, "Requirements": 77, "Solution": 75, "Offer": 75, "Negotiation": 63, "Won": 71, "Lost": 69,
        } == stages  # fmt: skip
        linked = select(Contact.name).join(Customer, Customer.id == Contact.customer_id)
        assert ["Francisco Small"] == list(
            session.execute(
                linked.where(Customer.domain_key == "freeman.net", Contact.name.like("Francisco%"))
            ).scalars()
        )
        assert 0 == session.scalar(select(func.count()).where(Opportunity.customer_id.is_(None)))

    world.ask(look)
