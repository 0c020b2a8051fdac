"""Pipelines and their stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from sqlalchemy import Row, case, func, inspect, select

from db.models import Opportunity, Pipeline, Stage
from db.types import N_
from services.kit import permissions, records
from services.kit.entity import Child, Entity, Section
from services.kit.errors import Invalid, Message, Refusal
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork

_ORDER: Final = case({"open": 0, "won": 1, "lost": 2, "void": 3}, value=Stage.kind)
_FIRST: Final = ((N_("Open"), "open"), (N_("Won"), "won"), (N_("Lost"), "lost"))
"""Stages of a pipeline that is made like no other."""


def _used(uow: UnitOfWork, column: Any, ids: Sequence[int]) -> int:
    """Return how many live opportunities stand in stages or pipelines."""
    found = select(func.count()).where(column.in_(ids), Opportunity.deleted_at.is_(None))
    return int(uow.session.execute(found).scalar_one())


def _pipelines_kept(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Refuse to delete a pipeline as long as opportunities go through it."""
    if n := _used(uow, Opportunity.pipeline_id, ids):
        raise Refusal(N_("{n} opportunities go through this pipeline. Move or delete them first."), n=n)


def _stages_kept(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Refuse to delete a stage as long as opportunities stand in it."""
    if n := _used(uow, Opportunity.stage_id, ids):
        raise Refusal(N_("{n} opportunities stand in this stage. Move them on first."), n=n)


def _check_stage(uow: UnitOfWork, stage: Stage) -> dict[str, Message]:
    """Refuse to turn a stage in which opportunities stand into another kind: they would be won without having been."""
    history = inspect(stage).attrs.kind.history
    if stage.id is None or not history.deleted or not _used(uow, Opportunity.stage_id, [stage.id]):
        return {}
    return {"kind": Message(N_("Opportunities stand in this stage. Move them on first."))}


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
    kept=_pipelines_kept,
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
    check=_check_stage,
    kept=_stages_kept,
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
    return (
        select(Stage.id, Stage.name, Stage.kind, Stage.win_rate, Stage.days_allowed)
        .where(Stage.pipeline_id == pipeline_id, Stage.deleted_at.is_(None))
        .order_by(_ORDER, Stage.position, Stage.id)
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


# --- setting them up ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A stage as an administrator sees it."""

    stage: Stage
    opportunities: int
    """Live ones that stand in it now."""


def lines(uow: UnitOfWork, pipeline_id: int) -> list[Line]:
    """Return the stages of a pipeline in their order, with how many opportunities stand in each. Two queries.

    Raises Forbidden.
    """
    permissions.require(uow, "stage.update")
    standing = (
        select(Opportunity.stage_id, func.count())
        .where(Opportunity.pipeline_id == pipeline_id, Opportunity.deleted_at.is_(None))
        .group_by(Opportunity.stage_id)
    )
    counts = {row[0]: row[1] for row in uow.session.execute(standing)}
    return [Line(one, counts.get(one.id, 0)) for one in _in_order(uow, pipeline_id)]


def add_pipeline(uow: UnitOfWork, name: str, *, like: int | None = None) -> Pipeline:
    """Make a pipeline with the stages of another (`like`, its id), else with three to begin with.

    The first one there is becomes the default. Raises Forbidden, NotFound, Invalid.
    """
    permissions.require(uow, "pipeline.create")
    others = choices(uow)
    _refuse_name(name, [other for _id, other in others])
    values = {"name": name, "is_default": not others, "position": len(others) + 1}
    made: Pipeline = records.create(uow, PIPELINE, values)
    given = ("name", "kind", "win_rate", "days_allowed", "requires_map")
    if like is None:
        stages = [_settled({"name": name, "kind": kind, "win_rate": 5_000}) for name, kind in _FIRST]
    else:
        records.get(uow, PIPELINE, like)
        stages = [{field: getattr(one, field) for field in given} for one in _in_order(uow, like)]
    for position, one in enumerate(stages, 1):
        records.create(uow, STAGE, {**one, "pipeline_id": made.id, "position": position})
    return made


def rename(uow: UnitOfWork, pipeline_id: int, name: str) -> Pipeline:
    """Give a pipeline another name. Raises Forbidden, NotFound, Invalid."""
    permissions.require(uow, "pipeline.update")
    _refuse_name(name, [other for one, other in choices(uow) if one != pipeline_id])
    renamed: Pipeline = records.update(uow, PIPELINE, pipeline_id, {"name": name})
    return renamed


def make_default(uow: UnitOfWork, pipeline_id: int) -> None:
    """Let opportunities enter this pipeline unless another is named. Raises Forbidden, NotFound."""
    permissions.require(uow, "pipeline.update")
    chosen = records.get(uow, PIPELINE, pipeline_id, action="update", lock=True)
    marked = select(Pipeline).where(Pipeline.is_default, Pipeline.id != chosen.id).with_for_update()
    for other in uow.session.execute(marked).scalars():
        other.is_default = False
    chosen.is_default = True
    uow.session.flush()


def add_stage(uow: UnitOfWork, pipeline_id: int, values: Mapping[str, Any]) -> Stage:
    """Add a stage behind those of its kind: name, kind, win_rate, days_allowed, requires_map.

    Raises Forbidden, NotFound, Invalid.
    """
    permissions.require(uow, "stage.create")
    records.get(uow, PIPELINE, pipeline_id, lock=True)
    there = _in_order(uow, pipeline_id)
    _refuse_name(values.get("name"), [one.name for one in there])
    position = max((one.position for one in there), default=0) + 1
    made: Stage = records.create(uow, STAGE, {**_settled(values), "pipeline_id": pipeline_id, "position": position})
    return made


def change_stage(uow: UnitOfWork, stage_id: int, values: Mapping[str, Any], *, version: int | None = None) -> Stage:
    """Change a stage. Its kind only while nothing stands in it. Raises Forbidden, NotFound, Invalid, Conflict."""
    permissions.require(uow, "stage.update")
    stage: Stage = records.get(uow, STAGE, stage_id, action="update", lock=True)
    there = _in_order(uow, stage.pipeline_id)
    _refuse_name(values.get("name", stage.name), [one.name for one in there if one.id != stage_id])
    is_last = stage.kind == "open" and not any(one.kind == "open" and one.id != stage_id for one in there)
    if is_last and values.get("kind", "open") != "open":
        raise Invalid({"kind": Message(N_("A pipeline needs an open stage to begin with."))})
    changed: Stage = records.update(uow, STAGE, stage_id, _settled({"kind": stage.kind, **values}), version=version)
    return changed


def move_stage(uow: UnitOfWork, stage_id: int, *, down: bool) -> None:
    """Let a stage change places with the next one of its kind; at the end nothing happens.

    Raises Forbidden, NotFound.
    """
    permissions.require(uow, "stage.update")
    stage: Stage = records.get(uow, STAGE, stage_id, action="update")
    records.get(uow, PIPELINE, stage.pipeline_id, lock=True)
    there = _in_order(uow, stage.pipeline_id)
    at = next(place for place, one in enumerate(there) if one.id == stage_id)
    to = at + 1 if down else at - 1
    if not 0 <= to < len(there) or there[to].kind != stage.kind:
        return
    there[at], there[to] = there[to], there[at]
    for position, one in enumerate(there, 1):
        one.position = position
    uow.session.flush()


def remove_stage(uow: UnitOfWork, stage_id: int) -> None:
    """Put a stage into the recycle bin; not the last open one, nor one in which opportunities stand.

    Raises Forbidden, NotFound, Refusal.
    """
    permissions.require(uow, "stage.delete")
    stage: Stage = records.get(uow, STAGE, stage_id, action="delete", lock=True)
    there = _in_order(uow, stage.pipeline_id)
    if stage.kind == "open" and not any(one.kind == "open" and one.id != stage_id for one in there):
        raise Refusal(N_("A pipeline needs an open stage to begin with."))
    records.delete(uow, STAGE, stage_id)


def _in_order(uow: UnitOfWork, pipeline_id: int) -> list[Stage]:
    found = (
        select(Stage)
        .where(Stage.pipeline_id == pipeline_id, Stage.deleted_at.is_(None))
        .order_by(_ORDER, Stage.position, Stage.id)
    )
    return list(uow.session.execute(found).scalars())


def _settled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with what follows from the kind: what is won is certain, and nothing waits in what is closed."""
    if values.get("kind", "open") == "open":
        return dict(values)
    rate = 10_000 if values["kind"] == "won" else 0
    return {**values, "win_rate": rate, "days_allowed": None}


def _refuse_name(name: Any, others: Sequence[str]) -> None:
    """Refuse a name that another has: files and people name stages by it."""
    if str(name or "").strip().casefold() in {one.casefold() for one in others}:
        raise Invalid({"name": Message(N_("Another one has this name already."))})
