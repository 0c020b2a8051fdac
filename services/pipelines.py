"""Pipelines and their stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Row, case, select

from db.models import Pipeline, Stage
from db.types import N_
from services.kit import permissions
from services.kit.entity import Child, Entity, Section
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork

PIPELINE = Entity(
    model=Pipeline,
    module=__name__,
    one=N_("Pipeline"),
    many=N_("Pipelines"),
    grid=("name", "is_default"),
    form=(Section(N_("Pipeline"), ("name", "is_default", "position")),),
    match=("name",),
    sort="name",
    descending=False,
    children=(Child("stage", "pipeline_id"),),
)
STAGE = Entity(
    model=Stage,
    module=__name__,
    one=N_("Stage"),
    many=N_("Stages"),
    grid=("name", "pipeline_id", "kind", "win_rate", "days_allowed", "requires_map"),
    form=(
        Section(N_("Stage"), ("pipeline_id", "name", "kind", "win_rate", "position", "days_allowed", "requires_map")),
    ),
    filters=("pipeline_id", "kind"),
    match=("name",),
    sort="updated_at",
)


def default(uow: UnitOfWork) -> Pipeline | None:
    """Return the pipeline that an opportunity enters unless another is named; None if there is none yet."""
    permissions.require(uow, "pipeline.read")
    return uow.session.execute(
        select(Pipeline)
        .where(Pipeline.deleted_at.is_(None))
        .order_by(Pipeline.is_default.desc(), Pipeline.position, Pipeline.id)
        .limit(1)
    ).scalar_one_or_none()


def choices(uow: UnitOfWork) -> list[tuple[int, str]]:
    """Return (id, name) of the pipelines, the default first; names are to be translated."""
    permissions.require(uow, "pipeline.read")
    rows = uow.session.execute(
        select(Pipeline.id, Pipeline.name)
        .where(Pipeline.deleted_at.is_(None))
        .order_by(Pipeline.is_default.desc(), Pipeline.position, Pipeline.id)
    )
    return [(row[0], row[1]) for row in rows]


def stages(uow: UnitOfWork, pipeline_id: int) -> pd.DataFrame:
    """Return the stages of a pipeline on their way: open ones by position, then won, lost and void.

    Index: id. Columns: name (to be translated), kind, win_rate (basis points), days_allowed.
    """
    names = ["id", "name", "kind", "win_rate", "days_allowed"]
    found = pd.DataFrame.from_records(stage_rows(uow, pipeline_id), columns=names, index="id")
    return found.astype({"days_allowed": "Int64"})


def stage_rows(uow: UnitOfWork, pipeline_id: int) -> Sequence[Row[Any]]:
    """Return what `stages` says as rows with `id`: a handful, for which a frame costs more than the query."""
    permissions.require(uow, "stage.read")
    return uow.session.execute(prepared(uow, _select_stages, pipeline_id)).all()


def _select_stages(_uow: UnitOfWork, pipeline_id: int) -> Any:
    order = case({"open": 0, "won": 1, "lost": 2, "void": 3}, value=Stage.kind)
    return (
        select(Stage.id, Stage.name, Stage.kind, Stage.win_rate, Stage.days_allowed)
        .where(Stage.pipeline_id == pipeline_id, Stage.deleted_at.is_(None))
        .order_by(order, Stage.position, Stage.id)
    )


def first_stage(uow: UnitOfWork, pipeline_id: int) -> Stage | None:
    """Return the stage in which an opportunity enters a pipeline."""
    permissions.require(uow, "stage.read")
    return uow.session.execute(
        select(Stage)
        .where(Stage.pipeline_id == pipeline_id, Stage.kind == "open", Stage.deleted_at.is_(None))
        .order_by(Stage.position, Stage.id)
        .limit(1)
    ).scalar_one_or_none()


def neighbours(stages: pd.DataFrame, stage_id: int) -> tuple[int | None, int | None]:
    """Return the open stage before and the open or won stage after a stage, from a frame of `stages`."""
    way = [int(one) for one in stages.index[stages["kind"].isin(["open", "won"])]]
    if stage_id not in way:
        return None, None
    place = way.index(stage_id)
    return way[place - 1] if place else None, way[place + 1] if place + 1 < len(way) else None
