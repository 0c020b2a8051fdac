"""Errors of an import by row and column, as a table and as a file to mend; and what a revert left as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

from sqlalchemy import select

from db.models import ImportRow
from services.imports.batches import get, staged_of
from services.kit import permissions
from services.kit.entity import ENTITIES, model_of, title_column
from services.kit.errors import Message
from services.kit.fields import is_blank
from services.kit.transfer import exporting
from services.kit.transfer.cells import shown
from services.kit.transfer.exporting import FileFormat, Heading
from services.kit.transfer.outcome import CellError
from services.kit.transfer.staging import Staged, message_of, read_arrow
from services.kit.unit_of_work import UnitOfWork

_SHOWN: Final = 100


@dataclass(frozen=True)
class Kept:
    """A row that was refused late, or that a revert left as it is."""

    row: int
    record_id: int | None
    title: str | None
    reason: Message


def errors(uow: UnitOfWork, batch_id: int, *, limit: int | None = 200, after: int = 0) -> list[CellError]:
    """Return what is wrong by row and column, in the order of the file, after a row number. Raises NotFound."""
    found: list[CellError] = []
    batch = get(uow, batch_id)
    table = staged_of(uow, batch_id)
    columns = _columns(table, batch.mapping)
    for rows, wrong in _wrong_blocks(uow, batch_id, table):
        for number, cells in rows:
            if number <= after:
                continue
            for position, heading, message in _placed(columns, cells, wrong[number]):
                value = "" if position < 0 else shown(cells[position])
                value = value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
                found.append(CellError(number, heading, value, message))
        if limit is not None and len(found) >= limit:
            return found[:limit]
    return found


_Columns = Mapping[str, Sequence[tuple[int, str]]]
"""The columns of the file by field: position and heading, the first one first."""


def _columns(table: Staged, mapped: Mapping[str, str]) -> _Columns:
    found: dict[str, list[tuple[int, str]]] = {}
    for position, heading in enumerate(table.header):
        if heading in mapped:
            found.setdefault(mapped[heading], []).append((position, heading))
    return found


def _placed(columns: _Columns, cells: Sequence[Any], wrong: Mapping[str, Message]) -> list[tuple[int, str, Message]]:
    """Return what is wrong by position and heading; of several columns, at the first one that is filled."""
    found = []
    for name, message in wrong.items():
        places = columns.get(name) or [(-1, "")]
        filled = [place for place in places if place[0] >= 0 and not is_blank(cells[place[0]])]
        found.append((*(filled or places)[0], message))
    return sorted(found, key=lambda one: one[0])


def _wrong_blocks(
    uow: UnitOfWork, batch_id: int, table: Staged
) -> Iterator[tuple[list[tuple[int, Sequence[Any]]], dict[int, dict[str, Message]]]]:
    """Yield the bad rows of each block with their cells, and what is wrong by row number."""
    late = _late(uow, batch_id)
    for number in range(table.blocks):
        path = table.folder / "checked" / f"{number:06}.arrow"
        if not path.exists():
            return
        checked = read_arrow(path)
        numbers = checked.column("number").to_pylist()
        wrong = {
            numbers[at]: {name: message_of(one) for name, one in json.loads(told).items()}
            for at, told in enumerate(checked.column("wrong").to_pylist())
            if told
        }
        wrong |= {one: late[one] for one in numbers if one in late}
        if wrong:
            yield [(row.number, row.cells) for row in table.rows(number) if row.number in wrong], wrong


def _late(uow: UnitOfWork, batch_id: int) -> dict[int, dict[str, Message]]:
    rows = uow.session.execute(
        select(ImportRow.row, ImportRow.refusal).where(
            ImportRow.batch_id == batch_id, ImportRow.record_id.is_(None), ImportRow.refusal.is_not(None)
        )
    )
    return {number: {one["field"]: message_of(one) for one in told or ()} for number, told in rows}


def errors_file(
    uow: UnitOfWork, batch_id: int, target: IO[bytes], *, file_format: FileFormat, say: Callable[[Any], str], title: str
) -> int:
    """Write the rows with errors as they came, with what is wrong in a last column: to mend and bring again.

    Returns how many rows. Raises NotFound.
    """
    batch = get(uow, batch_id)
    table = staged_of(uow, batch_id)
    columns = _columns(table, batch.mapping)
    headings = [*(Heading(heading) for heading in table.header), Heading(title)]
    return exporting.write(target, headings, _bad_rows(uow, batch_id, table, columns, say), file_format=file_format)


def _bad_rows(
    uow: UnitOfWork, batch_id: int, table: Staged, columns: _Columns, say: Callable[[Any], str]
) -> Iterable[list[Any]]:
    for rows, wrong in _wrong_blocks(uow, batch_id, table):
        for number, cells in rows:
            told = [
                (f"{heading}: " if heading else "") + say(message)
                for _, heading, message in _placed(columns, cells, wrong[number])
            ]
            yield [*map(exporting.as_it_came, cells), "; ".join(told)]


def kept_rows(uow: UnitOfWork, batch_id: int, *, limit: int = 200) -> list[Kept]:
    """Return the records that a revert left as they are, with the reason. Raises NotFound."""
    batch = get(uow, batch_id)
    rows = uow.session.execute(
        select(ImportRow.row, ImportRow.entity, ImportRow.record_id, ImportRow.refusal)
        .where(ImportRow.batch_id == batch_id, ImportRow.record_id.is_not(None), ImportRow.refusal.is_not(None))
        .order_by(ImportRow.row)
        .limit(limit)
    ).all()
    titles: dict[tuple[str, int], str] = {}
    for key in {row.entity or batch.entity.key for row in rows}:
        model: Any = model_of(key)
        ids = [row.record_id for row in rows if (row.entity or batch.entity.key) == key]
        scope = permissions.scope(uow, ENTITIES[key])
        found = uow.session.execute(select(model.id, title_column(key)).where(model.id.in_(ids), scope))
        titles |= {(key, one[0]): str(one[1]) for one in found}
    return [
        Kept(row.row, row.record_id, titles.get((row.entity or batch.entity.key, row.record_id or 0)),
             message_of((row.refusal or [{}])[0]))
        for row in rows
    ]  # fmt: skip
