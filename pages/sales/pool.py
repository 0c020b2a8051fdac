"""Public pool: customers and leads that nobody owns, for whoever claims them first."""

from ui import page, pool_view

page.require("customer.claim")
pool_view.show()
