"""All tables, one class a file; importing this module fills the metadata."""

from db.models.activity import Activity
from db.models.allocation import Allocation
from db.models.audit_entry import AuditEntry
from db.models.claim_count import ClaimCount
from db.models.collaborator import Collaborator
from db.models.competitor import Competitor
from db.models.contact import Contact
from db.models.contract import Contract
from db.models.conversion import Conversion
from db.models.criteria_set import CriteriaSet
from db.models.custom_field import CustomField
from db.models.customer import Customer
from db.models.default_view import DefaultView
from db.models.download import Download
from db.models.duplicate_pair import DuplicatePair
from db.models.estimate import Estimate
from db.models.finding import Finding
from db.models.grading_rule import GradingRule
from db.models.import_batch import ImportBatch
from db.models.import_mapping import ImportMapping
from db.models.import_row import ImportRow
from db.models.influence import Influence
from db.models.instalment import Instalment
from db.models.job import Job
from db.models.lead import Lead
from db.models.map_step import MapStep
from db.models.merge import Merge
from db.models.number_series import NumberSeries
from db.models.opportunity import Opportunity
from db.models.owner_change import OwnerChange
from db.models.pipeline import Pipeline
from db.models.plan import Plan
from db.models.plan_item import PlanItem
from db.models.pool import Pool
from db.models.pool_member import PoolMember
from db.models.pool_rule import PoolRule
from db.models.product import Product
from db.models.profile import Profile
from db.models.profile_question import ProfileQuestion
from db.models.profile_version import ProfileVersion
from db.models.quota import Quota
from db.models.receipt import Receipt
from db.models.reminder_state import ReminderState
from db.models.saved_view import SavedView
from db.models.setting import Setting
from db.models.stage import Stage
from db.models.stage_event import StageEvent
from db.models.team import Team
from db.models.user import User
from db.models.user_session import UserSession
from db.models.weight_set import WeightSet

__all__ = [
    "Activity",
    "Allocation",
    "AuditEntry",
    "ClaimCount",
    "Collaborator",
    "Competitor",
    "Contact",
    "Contract",
    "Conversion",
    "CriteriaSet",
    "CustomField",
    "Customer",
    "DefaultView",
    "Download",
    "DuplicatePair",
    "Estimate",
    "Finding",
    "GradingRule",
    "ImportBatch",
    "ImportMapping",
    "ImportRow",
    "Influence",
    "Instalment",
    "Job",
    "Lead",
    "MapStep",
    "Merge",
    "NumberSeries",
    "Opportunity",
    "OwnerChange",
    "Pipeline",
    "Plan",
    "PlanItem",
    "Pool",
    "PoolMember",
    "PoolRule",
    "Product",
    "Profile",
    "ProfileQuestion",
    "ProfileVersion",
    "Quota",
    "Receipt",
    "ReminderState",
    "SavedView",
    "Setting",
    "Stage",
    "StageEvent",
    "Team",
    "User",
    "UserSession",
    "WeightSet",
]
