"""The demo company: Qilan Precision 启岚精工 builds machine tools and the software that runs them.

The same story on every machine: the dice are fixed, and dates count back from the day of the unit of work.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from db.models import Customer, User
from seed import reference
from seed.activities import add_activities
from seed.company import COMPANY, PEOPLE, add_contacts, add_customers, found
from seed.contracts import add_contracts
from seed.leads import add_conversions, add_leads
from seed.opportunities import add_opportunities
from seed.pools import add_pools
from seed.power_maps import add_power_maps
from seed.profiles import add_profiles
from seed.rounds import add_rounds
from services import auth
from services import company as settings
from services.grading import regrade_all
from services.kit.actor import SYSTEM
from services.kit.unit_of_work import Database, UnitOfWork

PASSWORD: Final = "turn-mill-grind"  # noqa: S105 - no secret: the sign-in page of the demo shows it


def fill(database: Database) -> bool:
    """Fill a database that has neither users nor customers yet; whole or not at all. Returns whether it did."""
    reference.fill(database)
    return database.run(SYSTEM, tell)


def tell(uow: UnitOfWork) -> bool:
    """Tell the story in one unit of work, unless somebody works here already: theirs is no demo."""
    if any(uow.session.scalar(select(func.count()).select_from(model)) for model in (User, Customer)):
        return False
    company = found(uow, auth.hash_password(PASSWORD))
    _say_so(uow)
    add_customers(uow, company)
    add_contacts(uow, company)
    add_leads(uow, company)
    market = add_opportunities(uow, company)
    add_conversions(uow, company, market)
    add_activities(uow, company, market)
    regrade_all(uow)
    add_profiles(uow, company, add_power_maps(uow, company))
    add_contracts(uow, company, market)
    add_rounds(uow, company, market)
    add_pools(uow, company)
    return True


def _say_so(uow: UnitOfWork) -> None:
    """Let the sign-in page show that this is the demo, and how to get in."""
    sign_ins = [{"login": login, "name": name, "role": role} for login, name, role, _, _ in PEOPLE]
    settings.set_value(uow, "name", COMPANY)
    settings.set_value(uow, "demo", value=True)
    settings.set_value(uow, "demo_sign_ins", sign_ins)
    settings.set_value(uow, "demo_password", PASSWORD)
