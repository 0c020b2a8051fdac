"""Thresholds: from when on a customer is at risk, a lead untouched, a contact late."""

from ui import page, thresholds_view

page.require("setting.update")
thresholds_view.show()
