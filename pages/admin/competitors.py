"""Competitors: who else wants the orders; contacts lean to them, profiles say how they stand."""

from services.competitors import COMPETITOR
from ui import form, grid, page
from ui.i18n import _

page.require("competitor.update")
page.header(COMPETITOR)
with page.toolbar():
    if page.button(_("New competitor"), permission="competitor.create", primary=True, icon=":material/add:"):
        form.create(COMPETITOR)
grid.show(COMPETITOR)
