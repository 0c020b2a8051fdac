"""What is asked about one opportunity: why it was lost."""

from __future__ import annotations

import streamlit as st

from services import opportunities
from services.opportunities import OPPORTUNITY
from ui import action, dialog, form
from ui.i18n import _


@dialog.dialog(lambda _opportunity_id, _stage_id, _version: _("Move to lost"))
def lose(opportunity_id: int, stage_id: int, version: int) -> None:
    """Ask why and to whom, then move."""
    filled = form.fill(OPPORTUNITY, "lost_reason", "lost_to", key="lose")
    if st.button(_("Move to lost"), type="primary", key=dialog.key("lose.save")):
        form.submit(
            _("Moved"), filled, "lose", opportunities.move, opportunity_id, stage_id, version=version, **filled.values
        )


def _closing(kind: str) -> str:
    return _("Move to won") if kind == "won" else _("Move to void")


@dialog.dialog(lambda _opportunity_id, _stage_id, kind, _version: _closing(kind))
def close(opportunity_id: int, stage_id: int, kind: str, version: int) -> None:
    """Ask once more before a sale leaves the funnel: on a phone the stages stand close together."""
    st.write(_("It leaves the funnel. You can move it back at any time."))
    if st.button(_closing(kind), type="primary", key=dialog.key("close.yes")):
        action.act(
            _("Moved"),
            opportunities.move,
            opportunity_id,
            stage_id,
            version=version,
            then=lambda _moved: dialog.close(),
        )


def move(opportunity_id: int, stage_id: int, kind: str, version: int) -> None:
    """Move at once to an open stage; one that ends the sale asks first."""
    if kind == "lost":
        lose(opportunity_id, stage_id, version)
        return
    if kind in ("won", "void"):
        close(opportunity_id, stage_id, kind, version)
        return
    action.act(_("Moved"), opportunities.move, opportunity_id, stage_id, version=version)
