"""Whatever the services offer asks for a permission before it touches the database, or is listed with the reason."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

import services
from services.kit.actor import Actor
from services.kit.errors import Forbidden
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from tests.conftest import NOW, settings_for

NOBODY: Final = Actor(user_id=None, name="nobody", role="none")

# What asks for none itself, or not at once, and why. A module stands for all that it holds.
OPEN: Final = {
    "services.auth.sessions": "before sign-in, and one's own sessions; other people's: test_auth",
    "services.auth.setup": "before there is anybody; the secret guards it",
    "services.collections.figures.due": "a criterion, the scope included",
    "services.collections.ledger.add_received": "part of verbs that hold the contract, which asks",
    "services.company.demo": "shown on the sign-in page",
    "services.company.get": "asked before sign-in; of secrets it holds the digest",
    "services.custom_fields.indexing.keep": "part of verbs that ask",
    "services.custom_fields.naming": "part of adding a field, which asks",
    "services.downloads.offer_file": "the bytes are there already; whoever made them has asked",
    "services.downloads.redeem": "a token of this very session; a list asks again when it is made",
    "services.duplicates.pairs.settle": "part of the merge, which asks",
    "services.grading.rules.in_force": "part of every save of a lead, which asks",
    "services.imports.lookups": "part of the import, which asks; scope included",
    "services.jobs.next_at": "asks for the hour of the night alone; the clock's",
    "services.kit.audit": "part of every write",
    "services.kit.custom": "which fields there are, no record of anybody",
    "services.kit.giving.refuse": "part of verbs that ask, for the right to hand the record on",
    "services.kit.groups": "a criterion, and a part of every save of a customer, which asks",
    "services.kit.masking": "takes away from what was asked for: the reader sees less, never more",
    "services.kit.owners": "part of every write of what has an owner, which asks",
    "services.kit.permissions.above": "a part of queries that ask; nothing for nobody",
    "services.kit.permissions.extending": "a criterion, which is false for nobody",
    "services.kit.permissions.keys": "a part of queries that ask; nothing for nobody",
    "services.kit.permissions.own_keys": "a part of queries that ask; nothing for nobody",
    "services.kit.permissions.scope": "a criterion, which is false for nobody",
    "services.kit.prepared": "keeps statements, asks nothing of the database",
    "services.kit.query.known_titles": "scope included",
    "services.kit.query.options": "scope included",
    "services.kit.query.titles": "a name beside a link one may see anyhow",
    "services.kit.query.visible": "a criterion, which is false for nobody",
    "services.kit.quotas": "part of claiming and of every save, which ask",
    "services.kit.records.bring_back": "part of verbs that ask",
    "services.kit.records.completed": "what a statement adds to rows; part of verbs that ask",
    "services.kit.records.store": "part of verbs that ask",
    "services.kit.records.store_all": "part of verbs that ask",
    "services.kit.recurring": "how a list is put, which asks for the right; scope is added there",
    "services.kit.recycle_bin.put": "part of verbs that ask",
    "services.kit.recycle_bin.refuse_merged": "part of verbs that ask",
    "services.kit.recycle_bin.refuse_orphan": "part of verbs that ask",
    "services.kit.recycle_bin.restore_children": "part of verbs that ask",
    "services.kit.reversal": "part of an undo, which asks; of each record, too",
    "services.kit.reversal.moves": "part of an undo and of a merge, which ask",
    "services.kit.reversal.reach": "part of an undo, which asks",
    "services.kit.reversal.values": "part of an undo, which asks; of each record, too",
    "services.kit.reversal.whole": "part of an undo, which asks; of each record, too",
    "services.kit.rules": "part of verbs that ask",
    "services.kit.seeing": "how much the actor sees, for queries that ask; scope included",
    "services.kit.selects": "makes statements, scope included; asks nothing of the database",
    "services.kit.counts": "counts for lists that query.py has let in; what it decides is told to nobody",
    "services.kit.shared.visible_pools": "the actor's own pools: part of scope",
    "services.kit.transfer.bulk": "part of the import, which asks",
    "services.kit.transfer.checks": "part of the import, which asks",
    "services.kit.transfer.mapping": "how columns were read before: no record's data",
    "services.kit.transfer.references": "part of the import, which asks; scope included",
    "services.kit.transfer.storing": "part of the import, which asks",
    "services.leads.plan.draw": "part of converting, which asks; scope included",
    "services.maven.companies": "part of the import, which asks",
    "services.maven.pipeline": "part of the import, which asks",
    "services.merging.hanging": "part of a merge and its preview, which ask",
    "services.numbers": "part of making a contract, which asks",
    "services.opportunities.entry_stage": "part of making an opportunity, which asks",
    "services.opportunities.in_stage": "asks nothing of the database",
    "services.ownership.hand": "part of claiming, assigning, handing over and the nightly rules, which ask",
    "services.ownership.hold": "part of claiming, assigning, handing over and the nightly rules, which ask",
    "services.ownership.names_of": "colleagues are known to everybody by name",
    "services.planning.criteria.keep": "part of verbs that ask",
    "services.planning.criteria.newest": "part of the board, which asks",
    "services.planning.criteria.standard": "part of beginning a round, which asks",
    "services.planning.criteria.stored": "part of verbs that ask",
    "services.planning.freezing.board": "part of the board, which asks; scope included",
    "services.planning.rounds.item_of": "part of verbs that ask; scope included",
    "services.planning.weights.begin": "part of beginning a round, which asks",
    "services.planning.weights.both": "part of the board, which asks",
    "services.pools.rules": "part of the night, the settings and their dry run, which ask; the rest are criteria",
    "services.reminders.is_shown": "a criterion on the reader's own reminders",
    "services.sight": "criteria, which are false for nobody",
    "services.teams.parents": "part of saying who an actor is",
    "services.timeline.parts": "parts of a statement, scope included; asks nothing of the database",
    "services.today.today": "one's own; a list the role does not include is empty",
    "services.users.actor_by_login": "for the command line, whose user may open the database",
    "services.users.actor_of": "part of saying who an actor is",
    "services.users.raise_version": "part of verbs that ask",
    "services.users.set_language": "one's own language",
}
VALUES: Final = {
    "services.activities.create": {"kind": "call", "summary": "Talked"},
    "services.planning.rounds.create": {"name": "Round"},
}


class Untouched:
    """A session that nobody may use."""

    def __getattr__(self, name: str) -> Any:
        """Fail at whatever is asked of it."""
        raise AssertionError(name)


def offered() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public functions that take a unit of work first, by their full names."""
    for found in pkgutil.walk_packages(services.__path__, "services."):
        module = import_module(found.name)
        for name, function in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != found.name:
                continue
            if next(iter(inspect.signature(function).parameters), None) == "uow":
                yield f"{found.name}.{name}", function


ASKING: Final = {name: function for name, function in offered() if not {name, name.rpartition(".")[0]} & set(OPEN)}


def given(name: str, parameter: inspect.Parameter) -> Any:
    """Return something of the kind a parameter wants."""
    by_name = {
        "entity": LEAD,
        "folder": Path(),
        "values": VALUES.get(name, {"name": "Name", "contract_id": 1}),
    }
    if parameter.name in by_name:
        return by_name[parameter.name]
    wanted = str(parameter.annotation)
    if wanted.startswith("Sequence"):
        return [1]
    return 1 if "int" in wanted else "text"


@pytest.mark.parametrize("name", sorted(ASKING))
def test_nobody_is_refused_before_the_database_is_asked(name: str) -> None:
    uow = UnitOfWork(Untouched(), NOBODY, NOW, settings_for("sqlite://"))  # type: ignore[arg-type]
    _uow, *wanted = inspect.signature(ASKING[name]).parameters.values()
    needed = [one for one in wanted if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
    placed = [given(name, one) for one in needed if one.kind is not one.KEYWORD_ONLY]
    named = {one.name: given(name, one) for one in needed if one.kind is one.KEYWORD_ONLY}
    with pytest.raises(Forbidden):
        ASKING[name](uow, *placed, **named)


def test_every_exception_is_there_and_needed() -> None:
    names = {name for name, _ in offered()}
    assert set() == set(OPEN) - names - {name.rpartition(".")[0] for name in names}


def test_there_is_something_to_ask() -> None:
    assert 80 <= len(ASKING)
