"""Custom fields: what the company wants to know besides, defined without code."""

from ui import custom_fields_view, page

page.require("custom_field.read")
custom_fields_view.show()
