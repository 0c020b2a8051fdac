"""The public pool: what nobody owns and I may claim; and in other lists, in how many days something goes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from services import pools
from services.customers import CUSTOMER
from services.kit import query
from services.kit.entity import ENTITIES, Entity
from services.kit.query import Filter, Query
from services.leads import LEAD
from services.pools import PoolChoice
from ui import format as fmt
from ui import grid, ownership_dialogs, page, session
from ui.i18n import _, tr
from ui.place import Place

_OF, _POOL = "of", "pool"
_COLUMNS: Final = {
    "customer": ("name", "pooled_at", "previous_owner_id", "level", "industry", "region"),
    "lead": ("name", "company", "pooled_at", "previous_owner_id", "grade", "source", "region"),
}
_URL: Final = {"customer": "customers", "lead": "leads"}


def show() -> None:
    """Draw the page: customers or leads, the pools of the reader, what they may still claim today, the list."""
    page.header(_("Public pool"), caption=_("Nobody owns these. Whoever claims one first has it."))
    entity = _chosen()
    offered = session.ask(pools.chosen, entity.key)
    if not offered:
        with page.empty(_("You are in no pool"), caption=_("An administrator names the members of each pool.")):
            if page.button(_("Pool rules"), permission="pool.update", key="to_pool_rules"):
                page.go("pools")
        return
    narrowed = _narrowed(entity, offered)
    _allowances(entity.key, narrowed)
    lying = (Filter("pool_id", "in", tuple(narrowed)),)
    if not session.ask(query.page, entity, Query(lying, columns=(entity.grid[0],), limit=1)).ids:
        page.empty(
            _("Nothing lies here"),
            caption=_("What an owner releases comes here, and what the rules bring back at night."),
        )
        return
    key = f"pool_{entity.key}"
    selected = grid.show(
        entity,
        key=key,
        where=lying,
        columns=_columns(entity, offered),
        opens=lambda one: page.go_later(_URL[entity.key], id=one),
        acts=False,
    )
    if selected:
        with grid.actions(entity, key=key):
            _actions(entity.key, selected, offered)


def _chosen() -> Entity:
    """Return what the pool is of, kept in the address."""
    offered = {one.key: _(one.many) for one in (CUSTOMER, LEAD) if page.may(f"{one.key}.claim")}
    written = st.query_params.get(_OF, "")
    name = page.keep("pool_of", written if written in offered else next(iter(offered)))
    st.segmented_control(
        _("What"),
        list(offered),
        required=True,
        format_func=lambda one: offered[one],
        label_visibility="collapsed",
        key=name,
        on_change=lambda: _turn(str(st.session_state[name])),
    )
    return ENTITIES[str(st.session_state[name])]


def _turn(key: str) -> None:
    st.query_params[_OF] = key
    st.query_params.pop(_POOL, None)


def _narrowed(entity: Entity, offered: Sequence[PoolChoice]) -> list[int]:
    """Return the pools to show: all of the reader's, or the one chosen."""
    ids = [one.pool_id for one in offered]
    if len(offered) == 1:
        return ids
    names = {one.pool_id: tr(one.name) for one in offered}
    written = st.query_params.get(_POOL, "")
    now = int(written) if written.isdigit() and int(written) in names else None
    name = page.keep(f"pool_one_{entity.key}", now)
    place = Place(entity, f"pool_{entity.key}")

    def choose() -> None:
        chosen = st.session_state[name]
        place.to_first()
        if chosen is None:
            st.query_params.pop(_POOL, None)
        else:
            st.query_params[_POOL] = str(chosen)

    st.pills(
        _("Pool"),
        ids,
        format_func=lambda one: names[one],
        label_visibility="collapsed",
        key=name,
        on_change=choose,
    )
    return ids if now is None else [now]


def _allowances(key: str, shown: Sequence[int]) -> None:
    """Say how many one may still claim today, pool by pool where there is a limit."""
    lines = [
        _("{pool}: {left} of {most} claims left today").format(pool=tr(one.pool), left=one.left, most=one.most)
        for one in session.ask(pools.allowances, key)
        if one.pool_id in shown
    ]
    if lines:
        st.caption(fmt.plain(" · ".join(lines)))


def _columns(entity: Entity, offered: Sequence[PoolChoice]) -> tuple[str, ...]:
    names = _COLUMNS[entity.key]
    return (*names, "pool_id") if len(offered) > 1 else names


def _actions(key: str, selected: Sequence[int], offered: Sequence[PoolChoice]) -> None:
    ids = tuple(selected)
    words = _("Claim") if len(ids) == 1 else _("Claim {n}").format(n=len(ids))
    st.button(
        words,
        type="primary",
        icon=":material/pan_tool:",
        key=f"pool_{key}.claim",
        on_click=ownership_dialogs.claim,
        args=(key, ids),
    )
    if page.may(f"{key}.assign") or any(one.is_admin for one in offered):
        st.button(_("Assign"), key=f"pool_{key}.assign", on_click=ownership_dialogs.assign.later, args=(key, ids))


# --- beside other lists -------------------------------------------------------------------------------------


def days_left_of(entity: Entity) -> Callable[[list[int]], dict[str, tuple[Any, Any]]]:
    """Return what makes the column “Days to pool” of a list; it makes none where no row goes back."""
    return partial(_days_left, entity.key)


def _days_left(key: str, ids: list[int]) -> dict[str, tuple[Any, Any]]:
    found = session.ask(pools.returns, key, ids)
    if not found:
        return {}
    values = pa.array([max(found[one].left, 0) if one in found else None for one in ids], pa.int64())
    column = st.column_config.NumberColumn(
        _("Days to pool"), format="%d", width=100, help=_("0: it goes back to the public pool tonight")
    )
    return {"days_to_pool": (values, column)}


def rule_in_words(kind: str, key: str, days: int) -> str:
    """Return a rule as a sentence."""
    words = {
        "activity": _("no activity for {n} days"),
        "opportunity": _("no opportunity for {n} days"),
        "won": _("not won for {n} days") if key == "customer" else _("not converted for {n} days"),
    }
    return words[kind].format(n=fmt.number(days))


def rule_without_days(kind: str, key: str) -> str:
    """Return the name of a rule."""
    words = {
        "activity": _("no activity"),
        "opportunity": _("no opportunity"),
        "won": _("not won") if key == "customer" else _("not converted"),
    }
    return words[kind]
