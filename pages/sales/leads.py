"""Leads: the list with what one is reminded of, and with `?id=` everything about one."""

from services.leads import LEAD
from ui import form, grid, lead_detail, lead_list, page, pool_view
from ui.i18n import _

page.require("lead.read")

if (lead_id := page.record_id()) is not None:
    lead_detail.show(lead_id)
else:
    page.header(LEAD)
    with page.toolbar():
        if page.button(_("New lead"), permission="lead.create", primary=True, icon=":material/add:"):
            form.create(LEAD)
    beside = pool_view.days_left_of(LEAD)
    lead_list.actions(grid.show(LEAD, where=lead_list.chosen(), opens=page.open_record, beside=beside))
