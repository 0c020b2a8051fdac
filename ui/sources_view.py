"""How good the sources of leads are, on the screen: rates with what they rest on, speed, money won, months."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from services.analytics import sources
from services.analytics.sources import Quality, Which
from services.leads import LEAD
from ui import format as fmt
from ui import page, session, theme
from ui.charts import bars
from ui.i18n import _, named, option

_WINDOWS: Final = {"90": 90, "180": 180, "365": 365, "730": 730}
_FEWEST: Final = 5
"""Leads a month needs for its rate to be written."""


def show() -> None:
    """Draw the report over the leads the reader may see."""
    with session.one_state():
        _show()


def _show() -> None:
    which = _which()
    found = session.ask(sources.quality, which)
    if not found.totals["leads"]:
        with page.empty(_("No leads came in in this time"), caption=_("Choose a longer time, or fewer filters.")):
            if page.button(_("Look at the leads"), key="sources_leads"):
                page.go("leads")
        return
    _totals(found)
    picked = _rates(found)
    if picked is not None:
        page.go("leads", **_address(found, picked, which))
    _table(found)
    _months(found)


def _which() -> Which:
    """Let the reader choose the time, and whose leads."""
    words = {
        "90": _("Last 90 days"),
        "180": _("Last 180 days"),
        "365": _("Last 12 months"),
        "730": _("Last 24 months"),
        "own": _("Between"),
    }
    owners, teams = (dict(one) for one in session.ask(sources.choices))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("Came in"), list(words), index=2, format_func=lambda one: words[one], key="sources_window", width=220,
            placeholder=_("Choose"),
        )  # fmt: skip
        end = fmt.today()
        start = end - timedelta(days=_WINDOWS.get(str(chosen), 365))
        if chosen == "own":
            given = st.date_input(_("Between"), (start, end), key="sources_days", format="YYYY-MM-DD", width=260)
            if len(given) == 2:  # noqa: PLR2004 - while the second day is being chosen there is one
                start, end = given
        of_teams = _some(_("Team"), teams, "sources_teams")
        of_owners = _some(_("Owner"), owners, "sources_owners")
    return Which(start, end, of_owners, of_teams)


def _some(words: str, offered: dict[int, str], key: str) -> tuple[int, ...]:
    if len(offered) < 2:  # noqa: PLR2004 - nothing to choose between
        return ()
    ids = list(offered)
    return tuple(
        st.multiselect(
            words, ids, format_func=lambda one: offered[one], key=key, placeholder=_("All"), width=220, select_all=False
        )
    )


def _totals(found: Quality) -> None:
    totals = found.totals
    page.numbers(
        [
            (_("Leads"), fmt.number(totals["leads"]), None),
            (_("Contacted"), _of(totals, "contacted"), _count(totals, "contacted")),
            (_("Qualified"), _of(totals, "qualified"), _count(totals, "qualified")),
            (_("Converted"), _of(totals, "converted"), _count(totals, "converted")),
        ]
    )


def _of(totals: dict[str, int], name: str) -> str:
    return _share(totals[name] / totals["leads"])


def _count(totals: dict[str, int], name: str) -> str:
    return _("{n} of {all}").format(n=fmt.number(totals[name]), all=fmt.number(totals["leads"]))


def _share(rate: float) -> str:
    return fmt.percent(round(rate * 100) * 100)


def _name(code: str | None) -> str:
    return _("No source") if code is None else option(LEAD.fields["source"], code)


# --- rates --------------------------------------------------------------------------------------------------


def _rates(found: Quality) -> int | None:
    """Draw the conversion rate of each source; returns the place of the one that was pressed."""
    palette = theme.palette()
    marks = []
    for at, row in sorted(enumerate(found.sources), key=lambda one: (one[1].is_small, -one[1].rate)):
        base = _("{n} of {all}").format(n=fmt.number(row.converted), all=fmt.number(row.leads))
        written = f"{_share(row.rate)}{' *' if row.is_small else ''} · {base}"
        marks.append(
            {
                "id": at,
                "label": _name(row.source),
                "value": row.rate,
                "text": written,
                "tip": named(_name(row.source), written),
                "color": palette.let_go if row.is_small else palette.accent,
            }
        )
    title = _title(found)
    st.markdown(f"**{fmt.plain(title)}**")  # above the picture, where it goes on in the next line on a telephone
    spec = bars.rows(marks, palette, title="", step=34, pick=True)
    said = named(title, "; ".join(str(mark["tip"]) for mark in marks))
    event: Any = st.vega_lite_chart(
        spec=spec, theme=None, alt=said, key="source_rates", on_select="rerun", selection_mode="pick"
    )
    st.caption(
        _(
            "Converted of all that came in. Grey and *: fewer than {n} leads say little. Press a bar to see them."
        ).format(n=sources.SMALL)
    )
    picked = event.selection.get("pick") if event and event.get("selection") else None
    return int(picked[0]["id"]) if picked else None


def _title(found: Quality) -> str:
    """Say which source is best, if enough leads say so."""
    told = [row for row in found.sources if not row.is_small]
    best = max(told, key=lambda row: row.rate, default=None)
    if best is None or not best.converted:
        return _("How many became customers, by source")
    rate = _share(best.rate)
    if len(told) < len(found.sources):
        words = _("Of sources with {n} leads or more, this converts best: {source}, {rate}")
        return words.format(n=sources.SMALL, source=_name(best.source), rate=rate)
    return _("{source} converts best: {rate}").format(source=_name(best.source), rate=rate)


def _address(found: Quality, place: int, which: Which) -> dict[str, Any]:
    """Return the address of the list behind a bar: the same leads."""
    code = found.sources[place].source
    zone = session.database().settings.zone

    def midnight(day: date, *, minus: int = 0) -> str:
        return (datetime.combine(day, time.min, tzinfo=zone) - timedelta(microseconds=minus)).isoformat()

    asked: dict[str, Any] = {
        "f.source": "empty:" if code is None else f"in:{code}",
        "f.created_at": [f"from:{midnight(which.start)}", f"to:{midnight(which.end + timedelta(days=1), minus=1)}"],
    }
    if which.owner_ids:
        asked["f.owner_id"] = "in:" + ",".join(str(one) for one in which.owner_ids)
    if which.team_ids:
        asked["f.team_id"] = "in:" + ",".join(str(one) for one in which.team_ids)
    return asked


# --- table and months ---------------------------------------------------------------------------------------


def _table(found: Quality) -> None:
    rows = []
    for row in found.sources:
        money = [fmt.money(one.amount, one.currency, short=True) for one in found.won if one.source == row.source]
        rows.append(
            {
                "source": _name(row.source),
                "leads": row.leads,
                "contacted": row.contacted,
                "qualified": row.qualified,
                "converted": row.converted,
                "rate": f"{_share(row.rate)}{' *' if row.is_small else ''}",
                "days": fmt.NOTHING if row.median_days is None else fmt.number(round(row.median_days)),
                "won": " + ".join(money) or fmt.NOTHING,
            }
        )
    kind = st.column_config
    right = {"alignment": "right"}
    st.dataframe(
        pa.Table.from_pylist(rows),
        hide_index=True,
        key="source_table",
        alt=_("Sources of leads"),
        column_config={
            "source": kind.TextColumn(_("Source")),
            "leads": kind.NumberColumn(_("Leads"), **right),
            "contacted": kind.NumberColumn(_("Contacted"), **right),
            "qualified": kind.NumberColumn(_("Qualified"), **right),
            "converted": kind.NumberColumn(_("Converted"), **right),
            "rate": kind.TextColumn(_("Rate"), **right),
            "days": kind.TextColumn(_("Days to convert"), help=_("Half were converted within so many days"), **right),
            "won": kind.TextColumn(
                _("Won"), help=_("Won opportunities at customers that these leads brought"), **right
            ),
        },
    )


def _months(found: Quality) -> None:
    months = found.months
    if len(months) < 2:  # noqa: PLR2004 - one month is no course
        return
    palette = theme.palette()
    marks = []
    for row in months:
        rate = _share(row.rate) if row.leads >= _FEWEST and row.rate is not None else ""
        said = _("{n} leads, {converted} converted").format(
            n=fmt.number(row.leads), converted=fmt.number(row.converted)
        )
        month = f"{row.month:%Y-%m}"
        marks.append(
            {
                "label": month,
                "value": row.leads,
                "text": f"{row.leads}" + (f" · {rate}" if rate and len(months) <= 13 else ""),  # noqa: PLR2004 - room
                "tip": named(month, f"{said} {rate}".strip()),
                "color": palette.accent,
            }
        )
    title = _("Leads by the month they came in, with the share converted so far")
    st.markdown(f"**{fmt.plain(title)}**")
    st.vega_lite_chart(
        spec=bars.columns(marks, palette, title=""),
        theme=None,
        alt=named(title, "; ".join(str(mark["tip"]) for mark in marks)),
        key="source_months",
    )
