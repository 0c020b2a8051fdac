"""Instalments: money due on a date under a contract (回款计划)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from db.models import Allocation, Contract, Instalment
from db.types import N_
from services import contracts
from services.collections import ledger
from services.collections.schedule import preview
from services.kit import money, permissions, records
from services.kit.entity import Entity, Section
from services.kit.errors import Invalid, Message, NotFound, Refusal
from services.kit.unit_of_work import UnitOfWork


def _check(_uow: UnitOfWork, instalment: Instalment) -> dict[str, Message]:
    if instalment.amount <= 0:
        return {"amount": Message(N_("The amount must be more than zero."))}
    if instalment.amount < (instalment.paid or 0):
        return {"amount": Message(N_("More than this is paid already."))}
    return {}


INSTALMENT = Entity(
    model=Instalment,
    module=__name__,
    one=N_("Instalment"),
    many=N_("Instalments"),
    grid=("due_on", "sequence", "contract_id", "label", "amount", "paid"),
    form=(Section(N_("Instalment"), ("contract_id", "sequence", "label", "due_on", "amount")),),
    filters=("contract_id", "due_on", "amount"),
    title="label",
    sort="due_on",
    descending=False,
    scope=permissions.through(Contract, contracts.SCOPE, Instalment.contract_id),
    check=_check,
)
_OPEN_TO_PLANS = ("draft", "in_approval", "approved", "in_force")


def add_instalments(
    uow: UnitOfWork,
    contract_id: int,
    parts: Sequence[tuple[date, int]],
    *,
    labels: Sequence[str | None] = (),
    confirmed: bool = False,
) -> list[Instalment]:
    """Add instalments of (due on, minor units) to a contract.

    Together they stay within the contract's amount unless `confirmed`. Raises Forbidden, NotFound, Invalid,
    Refusal.
    """
    contract = ledger.hold(uow, contract_id, "instalment.create")
    if contract.stage not in _OPEN_TO_PLANS:
        raise Refusal(N_("A contract that is completed or void takes no more instalments."))
    planned = _planned(uow, contract)
    _refuse_too_much(contract, planned + sum(amount for _, amount in parts), confirmed=confirmed)
    number = _last_sequence(uow, contract) + 1
    made = []
    for place, (due_on, amount) in enumerate(parts):
        values = {
            "contract_id": contract.id,
            "sequence": number + place,
            "label": labels[place] if place < len(labels) else None,
            "due_on": due_on,
            "amount": amount,
        }
        made.append(_make(uow, values))
    return made


def generate(  # noqa: PLR0913 - the terms of a plan
    uow: UnitOfWork,
    contract_id: int,
    *,
    count: int,
    first_on: date,
    every: str = "month",
    step: int = 1,
    total: int | None = None,
    confirmed: bool = False,
) -> list[Instalment]:
    """Divide `total` minor units (by default what is not yet planned) into equal instalments.

    They fall due every `step` weeks, months, quarters or years; month steps clamp to the month's end, the last
    instalment takes the rounding. Raises Forbidden, NotFound, Invalid, Refusal.
    """
    contract = ledger.hold(uow, contract_id, "instalment.create")
    if total is None:
        total = contract.amount - _planned(uow, contract)
    parts = preview(first_on, count, every, step, total)
    return add_instalments(uow, contract_id, parts, confirmed=confirmed)


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Instalment:
    """Make one instalment from a form or a file; a blank number becomes the next. Refuses as `add_instalments`."""
    contract = ledger.hold(uow, values.get("contract_id"), "instalment.create")
    if contract.stage not in _OPEN_TO_PLANS:
        raise Refusal(N_("A contract that is completed or void takes no more instalments."))
    _refuse_too_much(contract, _planned(uow, contract) + (values.get("amount") or 0), confirmed=False)
    return _make(uow, {**values, "sequence": values.get("sequence") or _last_sequence(uow, contract) + 1})


def update(uow: UnitOfWork, instalment_id: int, values: Mapping[str, Any], *, version: int | None = None) -> Instalment:
    """Change an instalment; not below what is paid, nor to another contract.

    Raises Forbidden, NotFound, Invalid, Refusal, Conflict.
    """
    found = records.get(uow, INSTALMENT, instalment_id, action="update")
    contract = ledger.hold(uow, found.contract_id, "instalment.update")
    instalment = _again(uow, instalment_id, "update")
    if values.get("contract_id", contract.id) != contract.id:
        raise Invalid({"contract_id": Message(N_("An instalment stays with its contract."))})
    if "sequence" in values and not values["sequence"]:
        raise Invalid({"sequence": Message(N_("Please fill this in."))})
    amount = values.get("amount", instalment.amount)
    if amount is not None and amount > instalment.amount:
        _refuse_too_much(contract, _planned(uow, contract) + amount - instalment.amount, confirmed=False)
    changed: Instalment = records.update(uow, INSTALMENT, instalment_id, values, version=version)
    return changed


def delete(uow: UnitOfWork, instalment_id: int, *, version: int | None = None) -> None:
    """Put an instalment into the recycle bin; one with money on it stays."""
    found = records.get(uow, INSTALMENT, instalment_id, action="delete")
    ledger.hold(uow, found.contract_id, "instalment.delete")
    instalment = _again(uow, instalment_id, "delete")
    allocated = uow.session.execute(
        select(Allocation.id).where(Allocation.instalment_id == instalment.id, Allocation.deleted_at.is_(None)).limit(1)
    ).first()
    if allocated:
        raise Refusal(N_("Money is allocated to this instalment. Take the allocation back first."))
    records.delete(uow, INSTALMENT, instalment_id, version=version)


def restore(uow: UnitOfWork, instalment_id: int) -> Instalment:
    """Bring an instalment back from the recycle bin, if the contract still takes it.

    Raises Forbidden, NotFound, Refusal.
    """
    permissions.require(uow, "instalment.restore")
    contract_id = uow.session.execute(
        select(Instalment.contract_id).where(Instalment.id == instalment_id, Instalment.deleted_at.is_not(None))
    ).scalar_one_or_none()
    if contract_id is None:
        raise NotFound
    is_live = select(Contract.id).where(Contract.id == contract_id, Contract.deleted_at.is_(None))
    if uow.session.execute(is_live).first():
        contract = ledger.hold(uow, contract_id, "instalment.restore")
        gone = uow.session.get_one(Instalment, instalment_id, populate_existing=True)
        if contract.stage not in _OPEN_TO_PLANS:
            raise Refusal(N_("A contract that is completed or void takes no more instalments."))
        if not gone.is_void:
            _refuse_too_much(contract, _planned(uow, contract) + gone.amount, confirmed=False)
    restored: Instalment = records.restore(uow, INSTALMENT, instalment_id)
    return restored


def void_instalment(uow: UnitOfWork, instalment_id: int) -> Instalment:
    """End an instalment: nothing more is due on it; what was paid stays paid."""
    found = records.get(uow, INSTALMENT, instalment_id, action="update")
    ledger.hold(uow, found.contract_id, "instalment.update")
    instalment = _again(uow, instalment_id, "update")
    if instalment.is_void:
        raise Refusal(N_("This instalment is void already."))
    instalment.is_void = True
    return records.store(uow, INSTALMENT, instalment)  # type: ignore[no-any-return]


def _again(uow: UnitOfWork, instalment_id: int, action: str) -> Instalment:
    """Return the instalment as it is now that the contract is held."""
    uow.session.expire(uow.session.get_one(Instalment, instalment_id))
    instalment: Instalment = records.get(uow, INSTALMENT, instalment_id, action=action, lock=True)
    return instalment


def _make(uow: UnitOfWork, values: Mapping[str, Any]) -> Instalment:
    made: Instalment = records.create(uow, INSTALMENT, values)
    return made


def _planned(uow: UnitOfWork, contract: Contract) -> int:
    total = select(func.coalesce(func.sum(Instalment.amount), 0)).where(
        Instalment.contract_id == contract.id, Instalment.deleted_at.is_(None), Instalment.is_void.is_(False)
    )
    return int(uow.session.execute(total).scalar_one())


def _last_sequence(uow: UnitOfWork, contract: Contract) -> int:
    last = select(func.coalesce(func.max(Instalment.sequence), 0)).where(
        Instalment.contract_id == contract.id, Instalment.deleted_at.is_(None)
    )
    return int(uow.session.execute(last).scalar_one())


def _refuse_too_much(contract: Contract, planned: int, *, confirmed: bool) -> None:
    if planned > contract.amount and not confirmed:
        raise Refusal(
            N_("Together the instalments would exceed the contract's amount by {excess} {currency}."),
            excess=money.to_major(planned - contract.amount, contract.currency),
            currency=contract.currency,
        )
