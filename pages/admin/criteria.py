"""Criteria: what opportunities are measured by on the sandbox, on which scales, with which gates."""

from ui import criteria_view, page

page.require("criteria_set.read")
criteria_view.show()
