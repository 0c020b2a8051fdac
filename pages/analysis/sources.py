"""Lead sources: which bring customers, how fast, and what was won from them."""

from ui import page, sources_view
from ui.i18n import _

page.require("lead.read")
page.header(_("Lead sources"))
sources_view.show()
