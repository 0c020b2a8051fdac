"""Planning rounds: the sandbox's only door to the database.

Verbs and reads take a unit of work; `rank` and the questions about a ranking are pure functions of a board, so
that moving a weight asks no database.
"""

from services.planning.board import Board, Evidence, Round, fingerprint, table
from services.planning.criteria import (
    CRITERIA_SET,
    Criteria,
    Measure,
    create_criteria_set,
    default_criteria,
    revise_criteria,
)
from services.planning.decisions import decide, decide_many, decision_history, reasons
from services.planning.editions import (
    MOST_POINTS,
    Change,
    Edition,
    Preview,
    change_criterion,
    editions,
    preview_newest,
    take_newest,
)
from services.planning.estimates import clear_estimate, set_estimate
from services.planning.exporting import ranking_workbook
from services.planning.freezing import canonical, digest, freeze, load, recompute, reopen, snapshot
from services.planning.questions import (
    DEPENDS_ON_THE_SET,
    Comparison,
    Opinions,
    compare,
    opinions,
    robustness,
    strong_and_weak,
    where_data_differ,
)
from services.planning.ranking import Standing, Totals, rank, totals
from services.planning.rounds import (
    PLAN,
    Line,
    add_items,
    candidates,
    create,
    create_plan,
    delete,
    remove_item,
    rounds,
    update,
)
from services.planning.weights import Judged, Weights, judge, points_of_order, save_weights

__all__ = [
    "CRITERIA_SET",
    "DEPENDS_ON_THE_SET",
    "MOST_POINTS",
    "PLAN",
    "Board",
    "Change",
    "Comparison",
    "Criteria",
    "Edition",
    "Evidence",
    "Judged",
    "Line",
    "Measure",
    "Opinions",
    "Preview",
    "Round",
    "Standing",
    "Totals",
    "Weights",
    "add_items",
    "candidates",
    "canonical",
    "change_criterion",
    "clear_estimate",
    "compare",
    "create",
    "create_criteria_set",
    "create_plan",
    "decide",
    "decide_many",
    "decision_history",
    "default_criteria",
    "delete",
    "digest",
    "editions",
    "fingerprint",
    "freeze",
    "judge",
    "load",
    "opinions",
    "points_of_order",
    "preview_newest",
    "rank",
    "ranking_workbook",
    "reasons",
    "recompute",
    "remove_item",
    "reopen",
    "revise_criteria",
    "robustness",
    "rounds",
    "save_weights",
    "set_estimate",
    "snapshot",
    "strong_and_weak",
    "table",
    "take_newest",
    "totals",
    "update",
    "where_data_differ",
]
