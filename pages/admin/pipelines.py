"""Pipelines: the stages of a sale, their order, how likely each is won, and what it asks for."""

from ui import page, pipelines_view

page.require("pipeline.update")
pipelines_view.show()
