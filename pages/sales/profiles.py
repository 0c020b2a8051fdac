"""Profiles: which customers we have thought through, how far, and of which nothing has come on the sandbox."""

from ui import page, profile_list
from ui.i18n import _

page.require("profile.read")
page.header(_("Profiles"))
profile_list.show()
