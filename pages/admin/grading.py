"""Lead grading: rules that give points, and from how many points on a lead is A, B or C."""

from ui import grading_view, page

page.require("grading_rule.read")
grading_view.show()
