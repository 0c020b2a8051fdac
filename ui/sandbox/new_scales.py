"""When the criteria have changed since a round began: what the newest edition would move, and taking it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import streamlit as st

from services import planning
from services.planning import Board, Preview
from ui import action, dialog, page, session
from ui import format as fmt
from ui.format import plain
from ui.i18n import _
from ui.widgets import table

_MOST: Final = 10


def tell(board: Board) -> None:
    """Say that the round goes by an older edition, and offer the newest to whoever may change the round."""
    known = board.round
    said = _("The scales have changed since: this round uses edition {old}, the newest is {new}.").format(
        old=known.criteria_edition, new=known.newest_criteria_edition
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(plain(said), icon=":material/straighten:")
        if page.may("plan.update") and not known.is_frozen:
            st.button(
                _("See what edition {n} changes").format(n=known.newest_criteria_edition),
                icon=":material/compare_arrows:",
                key="sandbox.scales.see",
                on_click=take.later,
                args=(known.id,),
            )


@dialog.dialog(lambda _plan_id: _("Newest criteria"), width="medium")
def take(plan_id: int) -> None:
    """Show who would stand elsewhere, and take the edition that was looked at."""
    found: Preview | None = session.ask(planning.preview_newest, plan_id)
    if found is None:
        dialog.finish()
        return
    count = len(found.board)
    st.write(
        plain(
            _(
                "By edition {edition}, with the weights in force, {moved} of {n} opportunities change their rank."
            ).format(edition=found.edition, moved=fmt.number(found.moved), n=fmt.number(count))
        )
    )
    closed = int(np.count_nonzero((found.then.columns["gate"] == "failed") & (found.now.columns["gate"] != "failed")))
    if closed:
        st.warning(
            plain(_("{n} opportunities would no longer pass a gate.").format(n=fmt.number(closed))),
            icon=":material/block:",
        )
    if found.moved:
        _movers(found)
    st.caption(_("Weights, estimates and decisions stay as they are. Other open rounds keep their edition."))
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Cancel"), key=dialog.key("scales.cancel")):
            dialog.finish()
        if st.button(_("Take edition {n}").format(n=found.edition), type="primary", key=dialog.key("scales.take")):
            action.act(
                _("The round goes by edition {n} now").format(n=found.edition),
                planning.take_newest,
                plan_id,
                found.edition,
                then=lambda _plan: dialog.close(),
            )


def _movers(found: Preview) -> None:
    """Draw those that move most, by the size of their step, then by name."""
    now, then = (one.columns["rank"].astype(int) for one in (found.now, found.then))
    steps = now - then
    places = [one for one in np.lexsort((found.board.names, -np.abs(steps))) if steps[one]][:_MOST]
    # The name last: on a phone it is the one that may run out of the picture.
    shown: dict[str, Any] = {
        "now": [int(now[one]) for one in places],
        "then": [int(then[one]) for one in places],
        "step": [f"↑ {steps[one]}" if steps[one] > 0 else f"↓ {-steps[one]}" for one in places],
        "name": [found.board.names[one] for one in places],
    }
    config = st.column_config
    table(
        shown,
        {
            "now": config.NumberColumn(_("Rank now"), width=80),
            "then": config.NumberColumn(_("Rank then"), width=80),
            "step": config.TextColumn(_("Step"), width=65),
            "name": config.TextColumn(_("Opportunity"), width="large"),
        },
        key="sandbox.scales.movers",
        alt=_("Opportunities that would change their rank most"),
    )
