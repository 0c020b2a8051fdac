"""Leads: first contacts nobody has qualified yet."""

from services.leads.assignment import Person, assign, people
from services.leads.conversion import TwinExists, convert
from services.leads.lead import LEAD, NEXT_STATUSES, OPEN_STATUSES, prepare, set_grade, set_status, speak
from services.leads.plan import Candidate, Line, Plan, preview_conversion
from services.leads.reminders import CAP, VIEWS, counts, untouched_since, views
from services.leads.reverting import Reversal, conversion_of, preview_revert, revert_conversion

__all__ = [
    "CAP",
    "LEAD",
    "NEXT_STATUSES",
    "OPEN_STATUSES",
    "VIEWS",
    "Candidate",
    "Line",
    "Person",
    "Plan",
    "Reversal",
    "TwinExists",
    "assign",
    "conversion_of",
    "convert",
    "counts",
    "people",
    "prepare",
    "preview_conversion",
    "preview_revert",
    "revert_conversion",
    "set_grade",
    "set_status",
    "speak",
    "untouched_since",
    "views",
]
