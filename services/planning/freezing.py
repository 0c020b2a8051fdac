"""Freezing: a hashed snapshot from which the result can be reckoned again to the digit; reopening goes on from it."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from importlib.metadata import version as version_of
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import insert, select

from db.models import Estimate, Opportunity, Plan, PlanItem, WeightSet
from db.types import N_
from services.kit import audit, permissions, records
from services.kit.actor import SYSTEM, Reach
from services.kit.errors import Refusal
from services.kit.unit_of_work import UnitOfWork
from services.opportunities import OPPORTUNITY
from services.planning.board import Board, Evidence, Floats, Round, table
from services.planning.criteria import Criteria
from services.planning.ranking import rank, totals
from services.planning.rounds import PLAN, open_round
from services.planning.weights import Weights, fitted

FORMAT: Final = 1
_FACTS: Final = (
    *("name", "customer", "customer_id", "team", "team_id", "owner", "owner_id", "horizon", "currency"),
    *("other_currency", "claimed_at", "cost", "heads", "win_probability", "reachable_share"),
    *("decision", "reason", "note", "revisit_on", "decided_by", "decided_at", "version"),
)
_WHOLE: Final = ("cost", "heads", "win_probability", "reachable_share", "customer_id", "team_id", "owner_id")
_DAYS: Final = ("start_on", "end_on")


def freeze(uow: UnitOfWork, plan_id: int) -> Plan:
    """End a round: keep its data, scales, weights, limits, seed, versions and result, and their SHA-256.

    Refused while an opportunity we fight for lacks the number of a gate. Raises Forbidden, NotFound, Refusal.
    """
    plan = open_round(uow, plan_id, "freeze")
    # Everything on the table is kept, whatever the person who freezes may see of it.
    whole = table(replace(uow, actor=SYSTEM), plan_id)
    _refuse_unjudged(whole)
    written = canonical(snapshot(whole))
    plan.snapshot = written
    plan.snapshot_hash = digest(written)
    plan.stage, plan.frozen_at, plan.frozen_by_id = "frozen", uow.now, uow.actor.user_id
    return records.store(uow, PLAN, plan)  # type: ignore[no-any-return]


def reopen(uow: UnitOfWork, plan_id: int) -> Plan:
    """Go on with a frozen round as its next edition; the frozen one stays as it is.

    Raises Forbidden, NotFound, Refusal for a round that is open or was reopened already.
    """
    plan: Plan = records.get(uow, PLAN, plan_id, action="freeze", lock=True)
    if plan.stage != "frozen":
        raise Refusal(N_("This round is open; there is nothing to reopen."))
    following = uow.session.execute(
        select(Plan.edition, Plan.deleted_at).where(Plan.previous_id == plan_id)
    ).one_or_none()
    if following is not None and following.deleted_at is not None:
        raise Refusal(
            N_("This round was reopened already, and edition {edition} lies in the recycle bin: bring it back."),
            edition=following.edition,
        )
    if following is not None:
        raise Refusal(N_("This round was reopened already: go on with edition {edition}."), edition=following.edition)
    kept = ("name", "criteria_set_id", "start_on", "end_on", "currency", "money_limit", "heads_limit", "seed", "notes")
    made = Plan(**{name: getattr(plan, name) for name in kept})
    made.stage, made.edition, made.previous_id = "deciding", plan.edition + 1, plan.id
    records.store(uow, PLAN, made)
    for model in (PlanItem, Estimate, WeightSet):
        _copy(uow, model, plan_id, made.id)
    return made


def snapshot(board: Board) -> dict[str, Any]:
    """Return everything a round was decided by, in plain types, with its result."""
    kept = {name: getattr(board.round, name) for name in ("id", "name", "edition", "currency", "seed")}
    kept |= {name: getattr(board.round, name) for name in ("money_limit", "heads_limit", "start_on", "end_on", "notes")}
    frame = board.items
    whole: dict[str, Any] = _plain(
        {
            "format": FORMAT,
            "round": kept,
            "criteria": {
                "id": board.round.criteria_set_id,
                "name": board.round.criteria_name,
                "edition": board.round.criteria_edition,
                "body": board.criteria.to_body(),
            },
            "weights": asdict(board.weights),
            "base": asdict(board.base),
            "opportunities": list(board.ids),
            "facts": {name: frame[name].astype(object).tolist() for name in _FACTS},
            "cells": {"low": board.low.tolist(), "likely": board.likely.tolist(), "high": board.high.tolist()},
            "evidence": [[one, key, *asdict(found).values()] for (one, key), found in sorted(board.evidence.items())],
            "versions": {name: version_of(name) for name in ("numpy", "scipy", "pandas")}
            | {"python": platform.python_version()},
            "result": _result(board),
        }
    )
    return whole


def recompute(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Reckon the result of a snapshot again; equal to what it holds, to the digit."""
    found: dict[str, Any] = _plain(_result(_read(kept, _round_of(kept))))
    return found


def canonical(kept: Mapping[str, Any]) -> str:
    """Return the one way a snapshot is written: sorted keys, no spaces, numbers to the last digit."""
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(written: str) -> str:
    """Return the SHA-256 of a canonical snapshot."""
    return hashlib.sha256(written.encode()).hexdigest()


def load(uow: UnitOfWork, plan_id: int) -> dict[str, Any]:
    """Return the snapshot of a frozen round. Raises Forbidden, NotFound, and Refusal if its hash does not fit.

    It holds the whole round, in or out of the reader's sight: for the engine and the operator, not for a page.
    """
    permissions.require(uow, "plan.freeze")
    records.get(uow, PLAN, plan_id)
    return _load(uow, plan_id)


def board(uow: UnitOfWork, known: Round) -> Board:
    """Return the board of a frozen round from its snapshot, within the reader's sight."""
    whole = _read(_load(uow, known.id), known)
    if uow.actor.reach("opportunity.read") is Reach.ALL:
        return whole
    seen = set(
        uow.session.execute(
            select(Opportunity.id)
            .join(PlanItem, PlanItem.opportunity_id == Opportunity.id)
            .where(
                PlanItem.plan_id == known.id,
                Opportunity.deleted_at.is_(None),
                permissions.scope(uow, OPPORTUNITY),
            )
        ).scalars()
    )
    rows = [place for place, one in enumerate(whole.ids) if one in seen]
    return replace(
        whole,
        items=whole.items.iloc[rows],
        low=whole.low[rows],
        likely=whole.likely[rows],
        high=whole.high[rows],
        evidence={cell: found for cell, found in whole.evidence.items() if cell[0] in seen},
    )


def _load(uow: UnitOfWork, plan_id: int) -> dict[str, Any]:
    written, kept_hash = uow.session.execute(select(Plan.snapshot, Plan.snapshot_hash).where(Plan.id == plan_id)).one()
    if written is None or digest(written) != kept_hash:
        raise Refusal(N_("The snapshot of this round does not fit its hash. Tell your administrator."))
    return json.loads(written)  # type: ignore[no-any-return]


def _refuse_unjudged(whole: Board) -> None:
    if not len(whole):
        raise Refusal(N_("There is nothing on the table of this round yet."))
    fights = (whole.items["decision"] == "fight").to_numpy()
    unjudged = whole.gates.unknown & fights[:, None]
    if not unjudged.any():
        return
    row, column = (int(place) for place in np.argwhere(unjudged)[0])
    raise Refusal(
        N_("{count} opportunities we fight for lack a number that a gate needs; the first is {name}: {criterion}."),
        count=int(unjudged.any(axis=1).sum()),
        name=whole.items["name"].iloc[row],
        criterion=whole.criteria.attractiveness[column].label,
    )


def _result(whole: Board) -> dict[str, Any]:
    standing = rank(whole)
    return {
        "score": standing.frame["score"].tolist(),
        "rank": standing.frame["rank"].tolist(),
        "position": standing.frame["position"].tolist(),
        "gate": standing.frame["gate"].tolist(),
        "value": standing.frame["value"].tolist(),
        "contributions": standing.contributions.to_numpy().tolist(),
        "totals": asdict(totals(whole, standing)),
    }


def _round_of(kept: Mapping[str, Any]) -> Round:
    given = dict(kept["round"])
    given |= {name: date.fromisoformat(given[name]) for name in _DAYS if given[name]}
    set_ = kept["criteria"]
    return Round(
        **given,
        stage="frozen",
        version=0,
        criteria_set_id=set_["id"],
        criteria_name=set_["name"],
        criteria_edition=set_["edition"],
    )


def _read(kept: Mapping[str, Any], known: Round) -> Board:
    facts = dict(kept["facts"])
    for name in ("claimed_at", "decided_at"):
        facts[name] = [datetime.fromisoformat(one) if one else None for one in facts[name]]
    facts["revisit_on"] = [date.fromisoformat(one) if one else None for one in facts["revisit_on"]]
    index = pd.Index(kept["opportunities"], name="id")
    frame = pd.DataFrame({name: pd.Series(facts[name], dtype=object, index=index) for name in _FACTS}, index=index)
    frame = frame.astype({**dict.fromkeys(_WHOLE, "Int64"), "other_currency": bool, "version": int})
    known = replace(known, **_round_facts(kept), newest_criteria_id=None, newest_criteria_edition=None)
    low, likely, high = (_array(kept["cells"][name], len(index)) for name in ("low", "likely", "high"))
    evidence = {
        (one, key): Evidence(
            source,
            date.fromisoformat(as_of) if as_of else None,
            by,
            datetime.fromisoformat(at) if at else None,
            version,
        )
        for one, key, source, as_of, by, at, version in kept["evidence"]
    }
    criteria = Criteria.from_body(kept["criteria"]["body"])
    return Board(
        round=known,
        criteria=criteria,
        items=frame,
        low=low,
        likely=likely,
        high=high,
        weights=fitted(criteria, Weights(**kept["weights"])),
        base=fitted(criteria, Weights(**kept["base"])),
        evidence=evidence,
    )


def _round_facts(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that the snapshot fixes, whatever the row says by now."""
    found = _round_of(kept)
    return {name: getattr(found, name) for name in ("currency", "seed", "money_limit", "heads_limit")}


def _array(rows: list[list[float | None]], n: int) -> Floats:
    if not n:
        return np.empty((0, 0))
    return np.array([[math.nan if cell is None else cell for cell in row] for row in rows], dtype=np.float64)


def _plain(value: Any) -> Any:
    """Return the same in types that JSON keeps; NaN and NA become null, dates ISO text."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, np.generic):
        return _plain(value.item())
    return value


def _copy(uow: UnitOfWork, model: Any, source: int, target: int) -> None:
    """Copy the live rows of one round to another."""
    names = [column.name for column in model.__table__.columns if column.name not in ("id", "deleted_at", "deleted_in")]
    fixed = {"plan_id": target, "version": 1, "created_at": uow.now, "updated_at": uow.now}
    rows = uow.session.execute(
        select(*(getattr(model, name) for name in names))
        .where(model.plan_id == source, model.deleted_at.is_(None))
        .order_by(model.id)
    ).mappings()
    made = [{**row, **fixed} for row in rows]
    if made:
        uow.session.execute(insert(model), made)
        audit.note(uow, model.__tablename__, "bulk_create", None, count=len(made), because="reopen", plan_id=target)
