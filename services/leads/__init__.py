"""Leads: first contacts nobody has qualified yet."""

from services.leads.conversion import Conversion, TwinExists, convert, preview_conversion
from services.leads.lead import LEAD, OPEN_STATUSES

__all__ = ["LEAD", "OPEN_STATUSES", "Conversion", "TwinExists", "convert", "preview_conversion"]
