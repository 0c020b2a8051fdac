"""Collections at a glance: four numbers, how late what is owed is, what is overdue, what is not yet allocated."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from services import collections
from services.analytics import ageing
from ui import format as fmt
from ui import money_dialogs, page, session, theme
from ui.charts import money as charts
from ui.i18n import _, named, with_unit

_PER = ("customer", "owner", "team")


def chosen_currency() -> str:
    """Let the reader choose a currency where there are several; two are never added."""
    offered = session.ask(collections.currencies)
    if len(offered) == 1:
        return offered[0]
    written = st.query_params.get("currency", offered[0])
    key = page.keep("collections_currency", written if written in offered else offered[0])
    st.segmented_control(
        _("Currency"),
        offered,
        required=True,
        label_visibility="collapsed",
        key=key,
        on_change=lambda: st.query_params.update(currency=st.session_state[key]),
    )
    return str(st.session_state[key])


def show() -> None:
    """Draw the page below its title."""
    with session.one_state():
        _show()


def _show() -> None:
    currency = chosen_currency()
    seen = session.ask(collections.overview, currency=currency)
    figures = [
        (_("Still due this month"), seen.due_this_month, None),
        (_("Overdue"), seen.overdue, _("{n} instalments").format(n=fmt.number(seen.overdue_count))),
    ]
    if page.may("receipt.read"):
        figures += [
            (_("Received this month"), seen.received_this_month, None),
            (_("Not allocated"), seen.unallocated, _("Came in, but not yet allocated to an instalment")),
        ]
    page.numbers(
        [
            (
                name,
                fmt.money(value, currency, short=True),
                " · ".join(x for x in (fmt.money(value, currency), more) if x),
            )
            for name, value, more in figures
        ]
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        _ageing(currency)
    with right:
        _expected(currency)
    _overdue(currency, seen.overdue_count)
    if page.may("receipt.read"):
        _unallocated(currency)


def _ageing(currency: str) -> None:
    row = session.ask(ageing.whole, currency=currency)
    if row is None:
        page.empty(
            _("Nothing is owed"), caption=_("Instalments of approved contracts appear here until they are paid.")
        )
        return
    overdue, unpaid = int(row["overdue"]), int(row["unpaid"])
    bars = [
        {
            "id": code,
            "label": _(words),
            "value": int(row[code]),
            "text": f"{fmt.money(int(row[code]), currency, short=True)} · {_share(int(row[code]), unpaid)}",
            "tip": named(_(words), fmt.money(int(row[code]), currency)),
        }
        for code, words in ageing.BUCKETS.items()
    ]
    title = _("{share} of what is owed is overdue").format(share=_share(overdue, unpaid))
    said = "; ".join(str(bar["tip"]) for bar in bars)
    st.vega_lite_chart(
        spec=charts.ageing(bars, theme.palette(), title=title), theme=None, alt=f"{title}: {said}", key="ageing_bars"
    )


def _share(part: int, whole: int) -> str:
    return fmt.percent(round(part * 100 / whole) * 100) if whole else fmt.percent(0)


def _expected(currency: str) -> None:
    weekly = session.ask(ageing.weekly, currency=currency, weeks=8)
    found = {week: amount for week, code, amount in weekly if code == currency}
    weeks = [
        {
            "label": f"{week:%m-%d}",
            "value": amount,
            "text": fmt.money(amount, currency, short=True, sign=False) if amount else "",
            "tip": named(fmt.day(week), fmt.money(amount, currency)),
        }
        for week, amount in found.items()
    ]
    if not any(found.values()):
        return
    title = _("{amount} expected in eight weeks").format(amount=fmt.money(sum(found.values()), currency, short=True))
    st.vega_lite_chart(
        spec=charts.weeks(weeks, theme.palette(), title=title),
        theme=None,
        alt=named(title, "; ".join(str(week["tip"]) for week in weeks)),
        key="expected_weeks",
    )


# --- lists --------------------------------------------------------------------------------------------------


def _overdue(currency: str, count: int) -> None:
    rows = session.ask(collections.overdue_rows, currency=currency)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{_('Overdue, oldest first')}** :gray[{fmt.number(count)}]", width="content")
        words = {
            "instalment": _("Instalments"),
            "customer": _("By customer"),
            "owner": _("By owner"),
            "team": _("By team"),
        }
        way = st.segmented_control(
            _("By"),
            list(words),
            default="instalment",
            required=True,
            format_func=lambda one: words[one],
            label_visibility="collapsed",
            key="overdue_per",
        )
    if way in _PER:
        _grouped(str(way), currency)
        return
    if not rows:
        st.caption(_("Nothing is overdue."))
        return
    today = fmt.today()
    shown = pa.table(
        {
            "number": [row.number for row in rows],
            "customer": [row.customer for row in rows],
            "days": [_age((today - row.due_on).days) for row in rows],
            "unpaid": [fmt.money(row.unpaid, currency, sign=False) for row in rows],
            "due_on": [row.due_on for row in rows],
            "owner": pa.array([row.owner for row in rows], pa.string()),
        }
    )
    kind = st.column_config
    contract_ids = tuple(row.contract_id for row in rows)
    labels = [_age_words(1), _age_words(31), _age_words(91)]
    st.dataframe(
        shown,
        hide_index=True,
        height=_height(len(rows)),
        key=f"overdue_{currency}",
        alt=_("Overdue, oldest first"),
        column_config={
            "number": kind.ButtonColumn(
                _("Contract"),
                type="tertiary",
                alignment="left",
                key="overdue_open",
                on_click=_open,
                args=("overdue_open", contract_ids),
            ),
            "customer": kind.TextColumn(_("Customer")),
            "days": kind.MultiselectColumn(_("Late"), options=labels, color=["yellow", "orange", "red"], width=150),
            "unpaid": kind.TextColumn(with_unit(_("Unpaid"), currency), alignment="right"),
            "due_on": kind.DateColumn(_("Due on"), format="YYYY-MM-DD", width=110),
            "owner": kind.TextColumn(_("Owner")),
        },
    )
    if count > len(rows):
        st.caption(_("The oldest {n} are shown.").format(n=len(rows)))


def _age(days: int) -> list[str]:
    return [_age_words(days), _("{n} days").format(n=fmt.number(days)) if days > 1 else _("1 day")]


def _age_words(days: int) -> str:
    return _("Over 90 days") if days > 90 else _("Over 30 days") if days > 30 else _("Up to 30 days")  # noqa: PLR2004


def _open(click: str, ids: tuple[int, ...]) -> None:
    pressed = st.session_state.get(click)
    if pressed is not None and 0 <= pressed["row"] < len(ids):
        page.go_later("contracts", id=ids[pressed["row"]])


def _grouped(per: str, currency: str) -> None:
    frame = session.ask(ageing.ageing, per=per, currency=currency)
    words = {name: _(label) for name, label in ageing.BUCKETS.items()}
    shown = pd.DataFrame(
        {
            "name": [_("Nobody") if fmt.is_nothing(one) else one for one in frame["name"]],
            **{
                name: [fmt.money(int(one), currency, sign=False) if one else fmt.NOTHING for one in frame[name]]
                for name in (*words, "overdue")
            },
        }
    )
    kind = st.column_config
    heads = {**words, "overdue": with_unit(_("Overdue"), currency)}
    st.dataframe(
        shown,
        hide_index=True,
        height=_height(len(shown)),
        key=f"ageing_{per}_{currency}",
        alt=_("Ageing"),
        column_config={
            "name": kind.TextColumn({"customer": _("Customer"), "owner": _("Owner"), "team": _("Team")}[per]),
            **{name: kind.TextColumn(words_, alignment="right") for name, words_ in heads.items()},
        },
    )


def _unallocated(currency: str) -> None:
    rows = session.ask(collections.unallocated, currency=currency, limit=20)
    if not rows:
        return
    st.markdown(f"**{_('Not allocated')}**")
    for row in rows:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            facts: list[Any] = [row.number, row.customer, fmt.day(row.received_on)]
            st.markdown(
                f"**{fmt.plain(fmt.money(int(row.unallocated), currency))}** &ensp; "
                f":gray[{fmt.plain(' · '.join(str(one) for one in facts))}]",
                width="content",
            )
            if page.button(_("Allocate"), permission="receipt.allocate", key=f"allocate_{row.id}"):
                money_dialogs.allocate(int(row.id), currency, row.number)


def _height(rows: int) -> Any:
    return 18 * 33 + 3 if rows > 17 else "content"  # noqa: PLR2004 - as in the lists of the grid
