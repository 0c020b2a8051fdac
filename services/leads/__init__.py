"""Leads: first contacts nobody has qualified yet."""

from services.leads.conversion import Conversion, TwinExists, convert, preview_conversion
from services.leads.lead import LEAD, NEXT_STATUSES, OPEN_STATUSES, set_grade, set_status

__all__ = [
    "LEAD",
    "NEXT_STATUSES",
    "OPEN_STATUSES",
    "Conversion",
    "TwinExists",
    "convert",
    "preview_conversion",
    "set_grade",
    "set_status",
]
