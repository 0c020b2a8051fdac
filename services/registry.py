"""All entities: importing this module fills the register, so that anything can be looked up by its key."""

from __future__ import annotations

from services import intake  # noqa: F401 - how opportunities come in by file
from services.activities import ACTIVITY
from services.collections import INSTALMENT, RECEIPT
from services.competitors import COMPETITOR
from services.contacts import CONTACT
from services.contracts import CONTRACT
from services.custom_fields import CUSTOM_FIELD
from services.customers import CUSTOMER
from services.grading import GRADING_RULE
from services.kit.entity import ENTITIES
from services.leads import LEAD
from services.opportunities import OPPORTUNITY
from services.pipelines import PIPELINE, STAGE
from services.planning import CRITERIA_SET, PLAN
from services.pools import POOL, QUOTA
from services.power_map.edges import INFLUENCE
from services.power_map.steps import MAP_STEP
from services.products import PRODUCT
from services.profiles import FINDING, PROFILE, PROFILE_QUESTION
from services.teams import TEAM
from services.users import USER

ALL = (
    LEAD,
    GRADING_RULE,
    CUSTOMER,
    CONTACT,
    OPPORTUNITY,
    ACTIVITY,
    CONTRACT,
    INSTALMENT,
    RECEIPT,
    PRODUCT,
    PIPELINE,
    STAGE,
    TEAM,
    USER,
    POOL,
    QUOTA,
    PLAN,
    CRITERIA_SET,
    CUSTOM_FIELD,
    COMPETITOR,
    INFLUENCE,
    MAP_STEP,
    PROFILE,
    FINDING,
    PROFILE_QUESTION,
)

__all__ = ["ALL", "ENTITIES"]
