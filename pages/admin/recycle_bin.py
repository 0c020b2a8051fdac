"""Recycle bin: what was deleted, by whom and when, and the way back for it and all that went along."""

from ui import page, recycle_view

page.require("recycle_bin.read")
recycle_view.show()
