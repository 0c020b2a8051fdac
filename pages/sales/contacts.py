"""Contacts: everybody we know at our customers; with `?map=` the power map of one customer, to show in a meeting."""

from services.contacts import CONTACT
from ui import contact_dialogs, form, grid, page, power_map_view
from ui.i18n import _

page.require("contact.read")

if (customer_id := page.record_id("map")) is not None:
    power_map_view.present(customer_id)
else:
    page.header(CONTACT)
    with page.toolbar():
        if page.button(_("New contact"), permission="contact.create", primary=True, icon=":material/add:"):
            form.create(CONTACT)
    grid.show(CONTACT, opens=contact_dialogs.open_contact)
