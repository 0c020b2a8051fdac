"""Duplicates: what a scan has found, side by side, merged or put aside, and the way back."""

from ui import duplicates_view, page

page.require("customer.merge")
duplicates_view.show()
