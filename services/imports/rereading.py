"""Reading the file of an import once more: another sheet, another encoding, another sign between the cells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from db.types import N_
from services.imports import asking
from services.imports.batches import begin, folder_of, idle
from services.kit.entity import ENTITIES
from services.kit.errors import Refusal
from services.kit.transfer.reading import NO_TEXT
from services.kit.transfer.staging import SOURCE, sheets_beside
from services.kit.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class SourceFile:
    """The file of an import as it was brought."""

    size: int
    """Bytes."""
    is_text: bool
    refused_sheets: tuple[str, ...] = ()
    """The sheets of a workbook of which one was refused: another may be meant."""


def source(uow: UnitOfWork, batch_id: int) -> SourceFile | None:
    """Return what is known of the file; None if it does not lie here, or no longer. Raises NotFound."""
    path = folder_of(uow, batch_id) / SOURCE
    try:
        with path.open("rb") as file:
            is_text = not file.read(16).startswith(NO_TEXT)
        return SourceFile(path.stat().st_size, is_text, sheets_beside(path.parent))
    except OSError:
        return None


def read_again(
    uow: UnitOfWork, batch_id: int, *, sheet: str | None = None, encoding: str | None = None,
    delimiter: str | None = None,
) -> None:  # fmt: skip
    """Ask that the file be read once more, so; `launch` does it. What was chosen for its columns is forgotten.

    Raises NotFound, and Refusal when something of it is in already.
    """
    batch = idle(uow, batch_id)
    if batch.stage not in ("", "read", "check") or batch.place:
        raise Refusal(N_("This import has begun to store; stop it and take it back first."))
    if not (Path(batch.folder) / SOURCE).is_file():
        raise Refusal(N_("The file of this import is no longer here. Take back what came in, and bring it again."))
    batch.asked = asking.checked(ENTITIES[batch.entity], sheet=sheet, encoding=encoding, delimiter=delimiter)
    batch.stage, batch.goal, batch.wrong, batch.total, batch.done = "", "read", 0, 0, 0
    begin(batch)
