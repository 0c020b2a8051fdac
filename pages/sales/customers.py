"""Customers: the list, and with `?id=` everything about one."""

from services.customers import CUSTOMER
from ui import customer_detail, form, grid, ownership_dialogs, page, pool_view, quick_log
from ui.i18n import _

page.require("customer.read")

if (customer_id := page.record_id()) is not None:
    customer_detail.show(customer_id)
else:
    page.header(CUSTOMER)
    with page.toolbar():
        if page.button(_("New customer"), permission="customer.create", primary=True, icon=":material/add:"):
            form.create(CUSTOMER)
    selected = grid.show(CUSTOMER, opens=page.open_record, beside=pool_view.days_left_of(CUSTOMER))
    if selected:
        with grid.actions(CUSTOMER):
            ownership_dialogs.selected_actions("customer", selected)
    if len(selected) == 1:
        with grid.actions(CUSTOMER):
            if page.button(_("Log activity"), permission="activity.create"):
                quick_log.log("customer", selected[0])
