"""Pools: who is in them, when something goes back, what may be claimed; quotas; what runs at night."""

from ui import page, pool_settings

page.require("pool.read")
pool_settings.show()
