"""The box that takes a file, in our words; what was brought lies on the server's disk (ui/server/uploads.py)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from services import imports
from services.imports import uploads
from services.kit.errors import Refusal
from services.kit.transfer.cells import IN_A_CHILD, Limits
from services.kit.unit_of_work import UnitOfWork
from ui import session
from ui.i18n import N_, _
from ui.server.uploads import STAND_IN, refusal_in

_WORDS: Final = """<style>
[data-testid="stFileUploaderDropzone"] button p, [data-testid="stFileUploaderDropzoneInstructions"] span {
  font-size: 0;
}
[data-testid="stFileUploaderDropzone"] button p::after { content: "%s"; font-size: 0.95rem; }
[data-testid="stFileUploaderDropzoneInstructions"] span::after { content: "%s"; font-size: 0.875rem; }
</style>"""


@dataclass(frozen=True)
class Brought:
    """A file that was chosen."""

    file_id: str
    """Another one for each time that a file is chosen."""
    name: str
    content: bytes
    """What the framework holds of it."""

    def source(self, uow: UnitOfWork) -> bytes | Path:
        """Return its content, or where that lies. Raises Forbidden, and Refusal if it is not there, or no longer."""
        if refusal := refusal_in(self.content):
            raise refusal
        if self.content != STAND_IN:
            return self.content
        place = uploads.find(uow, self.file_id)
        if place is None:
            raise Refusal(N_("“{name}” is not on the server any more. Choose it again."), name=self.name)
        return place

    def let_go(self) -> None:
        """Remove it from the disk: whoever needed it has it."""
        session.ask(uploads.drop, self.file_id)


def box(key: str, *, limits: Limits = IN_A_CHILD) -> Brought | None:
    """Draw the box; return what was chosen. The framework's own words are English everywhere."""
    limit = _("{n} MB at most, or drop it here").format(n=limits.bytes // 1024 // 1024)
    st.html(_WORDS % (_("Choose a file"), limit))  # our own words, no data
    found = st.file_uploader(_("File"), key=key)
    return Brought(found.file_id, imports.name_of(found.name), found.getvalue()) if found is not None else None
