"""Competitors: who else wants the order. Everybody sees the list; it is what pickers offer."""

from __future__ import annotations

from db.models import Competitor
from db.types import N_
from services.kit.entity import Entity, Section

COMPETITOR = Entity(
    model=Competitor,
    module=__name__,
    one=N_("Competitor"),
    many=N_("Competitors"),
    grid=("name", "website", "updated_at"),
    form=(Section(N_("Competitor"), ("name", "website", "notes")),),
    match=("name",),
    sort="name",
    descending=False,
    page="competitors",
)
