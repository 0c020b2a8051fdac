"""Who may write in a record does not give it away, nor take it."""

from __future__ import annotations

import pytest

from services import collaborators
from services.customers import CUSTOMER
from services.kit import records
from services.kit.errors import Forbidden
from tests.factories import World


@pytest.mark.parametrize("role", ["sales", "sales_manager"])
@pytest.mark.parametrize("is_many", [False, True])
def test_a_collaborator_neither_takes_nor_hands_on_what_another_owns(world: World, role: str, *, is_many: bool) -> None:
    owner = world.actor("sales", team_id=world.team().id)
    helper = world.actor(role, team_id=world.team().id)
    customer = world.customer(by=owner)
    world.do(collaborators.share, customer.id, helper.user_id, can_write=True, by=owner)
    colleague = world.user(team_id=helper.team_id)
    give = records.bulk_update if is_many else records.update
    which = [customer.id] if is_many else customer.id
    for taker in (helper.user_id, colleague.id):
        with pytest.raises(Forbidden):
            world.do(give, CUSTOMER, which, {"owner_id": taker}, by=helper)
