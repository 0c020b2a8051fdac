"""What an import did with one row of its file."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.types import Id, Json


class ImportRow(Base):
    """Narrow, since a million come at once; written in the transaction of the record itself."""

    __tablename__ = "import_row"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - read by SQLAlchemy

    batch_id: Mapped[int] = mapped_column(Id, ForeignKey("import_batch.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """Its number in the file; below zero: a record made along with it, as a customer that a row names."""
    entity: Mapped[str | None] = mapped_column(String(40))
    """Kind of the record, if it is not that of the file."""
    record_id: Mapped[int | None] = mapped_column(Id)
    version: Mapped[int | None] = mapped_column(Integer)
    """The record's version after the import; another one means that somebody has changed it since."""
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Values that were overwritten, as stored; empty for a new record."""
    refusal: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    """Why the row was not taken after all, by field, or why a revert left it."""
