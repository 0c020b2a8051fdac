"""Users: who may sign in, in which role; passwords and devices."""

from services.users import USER
from ui import grid, ownership_dialogs, page, people
from ui.i18n import _

page.require("user.read")
page.header(USER)
selected = grid.show(USER)

with page.toolbar():
    one = selected[0] if len(selected) == 1 else None
    if one and page.button(_("Devices"), permission="user.end_sessions"):
        people.devices(one)
    if one and page.button(_("Reset password"), permission="user.reset_password"):
        people.reset_password(one)
    if one and page.button(_("Disable or enable"), permission="user.update"):
        people.disable_or_enable(one)
    if one and page.button(_("Hand over all work"), permission="customer.assign"):
        ownership_dialogs.hand_over(one)
    if page.button(_("New user"), permission="user.create", primary=True, icon=":material/add:"):
        people.create()
