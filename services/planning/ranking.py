"""Ranking: pure functions of a board and weights, so that a slider asks no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.kit import money
from services.kit.once import once
from services.planning import weights as weights_
from services.planning.board import Board
from services.planning.criteria import refusing
from services.sandbox import normalise, rank_shift, score, worth

Gate = Literal["open", "failed", "unknown"]
SIZE: Final = "market_size"
"""The criterion that says how much there is to win; it is in the value once, as size, not as quality."""


@dataclass(frozen=True, eq=False)
class Standing:
    """How a board stands under some weights; rows as on the board.

    `columns`: score (0 to 100), rank (from 1, equals share the better one), shift (places
    climbed since the base weights), position (0 to 100, NaN without a position axis), completeness (0 to 1,
    of the criteria that carry weight), missing and outside (numbers of such criteria), gate ("open",
    "failed", "unknown"), value (minor units; NaN where it cannot be known). `parts`: what each criterion, in the
    order of `shares`, gives to each score; they sum to it exactly.
    """

    index: pd.Index
    """Opportunity ids."""
    columns: Mapping[str, NDArray[Any]]
    parts: NDArray[np.float64]
    shares: Mapping[str, float]
    """Weights of the score, summing to 1."""
    points: Mapping[str, float]

    @once
    def frame(self) -> pd.DataFrame:
        """Return the columns as a frame; made when somebody wants one, since a slider does not."""
        return pd.DataFrame(dict(self.columns), index=self.index)

    @once
    def contributions(self) -> pd.DataFrame:
        """Return the parts as a frame, a column a criterion."""
        return pd.DataFrame(self.parts, index=self.index, columns=list(self.shares))

    @once
    def order(self) -> tuple[int, ...]:
        """Return opportunities from first to last; equals by id."""
        places = np.argsort(self.columns["rank"], kind="stable")
        return tuple(self.index.to_numpy()[places].tolist())


@dataclass(frozen=True)
class Totals:
    """The three numbers on top, and what they leave out. Money in minor units."""

    fights: int
    let_go: int
    undecided: int
    value: float
    """Value of all opportunities of which it can be known."""
    captured: float
    """Value of those we fight for."""
    unknown_value: int
    """Opportunities without market size, reachable share or win probability: in neither sum."""
    money_used: int
    heads_used: int
    unknown_cost: int
    """Fights whose money or people needed are not known."""

    @property
    def share(self) -> float | None:
        """Return the share of the value captured, 0 to 1; None while no value is known."""
        return self.captured / self.value if self.value else None


def rank(board: Board, points: Mapping[str, float] | None = None) -> Standing:
    """Return how the board stands under weights in points, those in force if none are given.

    Raises Refusal for weights that are negative or sum to zero.
    """
    points = weights_.complete(board.criteria, points if points is not None else board.weights.points)
    shares = weights_.shares(board.criteria, points)
    keys = list(shares)
    if not len(board):
        return Standing(board.items.index, _empty(), np.empty((0, len(keys))), shares, points)
    weights = np.array([shares[key] for key in keys])
    with refusing():
        ranking = score(board.values, weights)
    counted = weights > 0
    missing = board.cells.missing & counted
    columns = {
        "score": ranking.score,
        "rank": ranking.rank,
        "shift": rank_shift(ranking.rank, _base_ranks(board)),
        "position": _position(board, points),
        "completeness": 1 - missing.sum(axis=1) / counted.sum(),
        "missing": missing.sum(axis=1),
        "outside": (board.outside & counted).sum(axis=1),
        "gate": board.gate,
        "value": _value(board, shares),
    }
    return Standing(board.items.index, columns, ranking.contributions, shares, points)


def totals(board: Board, standing: Standing) -> Totals:
    """Return what the decisions so far capture and use."""
    decided, value = board.decided, standing.columns["value"]
    return Totals(
        fights=decided.count["fight"],
        let_go=decided.count["let_go"],
        undecided=decided.count["undecided"],
        value=float(np.nansum(value)),
        captured=float(np.nansum(value[decided.fights])),
        unknown_value=int(np.isnan(value).sum()),
        money_used=decided.money_used,
        heads_used=decided.heads_used,
        unknown_cost=decided.unknown_cost,
    )


def _base_ranks(board: Board) -> NDArray[np.int64]:
    """Return the ranks under the base weights, reckoned once a board."""
    kept: NDArray[np.int64] | None = board.__dict__.get("_base_ranks")
    if kept is None:
        base = weights_.shares(board.criteria, weights_.complete(board.criteria, board.base.points))
        kept = score(board.values, [base[m.key] for m in board.criteria.attractiveness]).rank
        board.__dict__["_base_ranks"] = kept
    return kept


def _position(board: Board, points: Mapping[str, float]) -> NDArray[np.float64]:
    values = board.position_values
    given = [points.get(measure.key, 0.0) for measure in board.criteria.position]
    if values is None or sum(given) <= 0:
        return np.full(len(board), np.nan)
    with refusing():
        return np.asarray(100 * (values @ normalise(given)), dtype=np.float64)


def _value(board: Board, shares: Mapping[str, float]) -> NDArray[np.float64]:
    """Return market size x reachable share x win probability x quality, minor units; NaN where one is missing."""
    keys = list(shares)
    if SIZE not in keys:
        return np.full(len(board), np.nan)
    at = keys.index(SIZE)
    rest = np.array([share if key != SIZE else 0.0 for key, share in shares.items()])
    quality = board.values @ (rest / rest.sum()) if rest.sum() > 0 else np.ones(len(board))
    facts = board.chances
    size = np.where(board.cells.missing[:, at], np.nan, board.cells.likely[:, at])
    known = ~np.isnan([size, *facts]).any(axis=0)
    found = np.full(len(board), np.nan)
    if known.any():
        with refusing():
            found[known] = worth(size[known], facts[0][known], facts[1][known], np.clip(quality[known], 0, 1))
    return np.asarray(found * 10 ** money.digits(board.round.currency), dtype=np.float64)


def _empty() -> dict[str, NDArray[Any]]:
    columns = ("score", "rank", "shift", "position", "completeness", "missing", "outside", "gate", "value")
    return {name: np.empty(0) for name in columns}
