"""A file on its way in: what it is, how far it has come, what it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key
from db.types import N_, Id, Json, Options, UtcDateTime

IMPORT_STATES: Options = {
    "working": N_("At work"),
    "ready": N_("Ready"),
    "stopped": N_("Stopped"),
    "refused": N_("Refused"),
}


class ImportBatch(Base, Key):
    """One import. Its stages are read, check, store and, perhaps, revert; each goes on where it was cut off."""

    __tablename__ = "import_batch"
    __table_args__ = (
        Index("ix_import_batch_entity_id", "entity", "id"),
        Index("ix_import_batch_by_id_id", "by_id", "id"),
    )

    entity: Mapped[str] = mapped_column(String(40), nullable=False)
    file_name: Mapped[str] = mapped_column(String(200), nullable=False)
    folder: Mapped[str] = mapped_column(String(500), nullable=False)
    """Where the file and what was made of it lie, on the machine that took it."""
    by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    """Who imports, with their rights at every chunk; nobody: the system."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, nullable=False)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reference: Mapped[str] = mapped_column(String(32), nullable=False)
    """The user action under which its audit entries stand."""

    goal: Mapped[str] = mapped_column(String(10), nullable=False, default="read")
    """Stage that it is to reach."""
    stage: Mapped[str] = mapped_column(String(10), nullable=False, default="")
    """Stage that it has reached."""
    state: Mapped[str] = mapped_column(String(10), nullable=False, default="working")
    is_stopping: Mapped[bool] = mapped_column(nullable=False, default=False)
    """Somebody asked it to stop at the next chunk."""
    worker: Mapped[str | None] = mapped_column(String(40))
    """The process that has it; each writes only while its name stands here."""
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When that process last said that it lives."""

    asked: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False, default=dict)
    """{sheet, maps, mode, match, skip_bad, create_missing, fractions}"""
    found: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False, default=dict)
    """What reading and checking found: header, mapping, notes, counts of the dry run, the refusal."""
    total: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    """Rows in the file."""
    done: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    """Rows that the stage under way has dealt with."""
    place: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    """Where storing or reverting goes on; moves in the transaction of the rows."""
    created: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    updated: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    unchanged: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    wrong: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    """Rows with errors."""
    reverted: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    kept: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    """Rows that a revert left as they are, since somebody has changed them in the meantime."""
