"""Profile questions: what customer profiles and competitor standings ask, in both languages."""

from services.profiles import PROFILE_QUESTION
from ui import form, grid, page
from ui.i18n import _

page.require("profile_question.update")
page.header(PROFILE_QUESTION)
with page.toolbar():
    if page.button(_("New question"), permission="profile_question.create", primary=True, icon=":material/add:"):
        form.create(PROFILE_QUESTION)
grid.show(PROFILE_QUESTION)
