"""A customer on one page: who they are, what is next, what happened, and everything that hangs on them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from services import activities, customers
from services.activities import ACTIVITY
from services.contacts import CONTACT
from services.contracts import CONTRACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.entity import Entity
from services.kit.errors import NotFound
from services.kit.query import Query
from services.opportunities import OPPORTUNITY
from ui import action, form, grid, history, page, power_map_view, profile_view, session
from ui import format as fmt
from ui.i18n import _, label

_FACTS = ("level", "industry", "region", "employees", "revenue", "phone", "website")
_SECTION = "section"


def show(customer_id: int) -> None:
    """Draw the page of one customer, or say that there is none."""
    try:
        customer = session.ask(records.get, CUSTOMER, customer_id)
        counts = session.ask(customers.summary, customer_id)
    except NotFound:
        page.not_found(_("Back to the customers"))
    row = _row(customer)
    st.button(
        _("Customers"), icon=":material/arrow_back:", type="tertiary", on_click=page.back_to_list, key="back_to_list"
    )
    page.header(customer.name, caption=_standing(customer, row))
    with page.toolbar():
        if page.button(_("Edit"), permission="customer.update", icon=":material/edit:", key="customer_edit"):
            form.edit(CUSTOMER, customer.id)
    left, right = st.container(key="customer_page").columns([5, 3], gap="large")
    with right:
        _next_step(customer)
        if page.may("activity.create"):
            _log_box(customer.id)
        _facts(row)
    with left:
        _sections(customer, counts)


def _row(customer: Any) -> dict[str, Any]:
    """Return the customer's values with the names of what they refer to."""
    row = {name: getattr(customer, name) for name in CUSTOMER.fields}
    for name, target in (("owner_id", "user"), ("parent_id", "customer")):
        if row[name] is not None:
            row[f"{name}_title"] = session.ask(query.titles, target, [row[name]]).get(row[name])
    return row


def _standing(customer: Any, row: dict[str, Any]) -> str:
    """Return owner, membership and last contact in one line."""
    parts = [row.get("owner_id_title") or _("In the public pool")]
    if row.get("parent_id_title"):
        parts.append(_("part of {name}").format(name=row["parent_id_title"]))
    if customer.last_activity_at:
        parts.append(_("last contact {when}").format(when=fmt.ago(customer.last_activity_at)))
    else:
        parts.append(_("no contact yet"))
    return " · ".join(parts)


def _next_step(customer: Any) -> None:
    """Say what is next and when; nothing planned is said as well, since it should not stay so."""
    if customer.next_step_on is None:
        st.markdown(f":gray[:material/event: {_('No next step is planned.')}]")
        return
    is_late = customer.next_step_on < fmt.today()
    when = f"{fmt.day(customer.next_step_on)} · {fmt.days_from_today(customer.next_step_on)}"
    mark = f":red[:material/event_busy: {fmt.plain(when)}]" if is_late else f":material/event: {fmt.plain(when)}"
    st.markdown(f"**{mark}**  \n{fmt.plain(customer.next_step or _('Next step'))}")


def _facts(row: dict[str, Any]) -> None:
    names = [name for name in _FACTS if not fmt.is_nothing(row[name])]
    if not names:
        return
    fields = CUSTOMER.fields
    lines = [
        f":gray[{fmt.plain(label(fields[name]))}] &ensp;{fmt.plain(fmt.value(fields[name], row[name], row))}"
        for name in names
    ]
    st.markdown("  \n".join(lines))


# --- the one box to write -----------------------------------------------------------------------------------


def _log_box(customer_id: int) -> None:
    """Log what happened and what is next, in one go; what was typed stays when it is refused."""
    number = st.session_state.setdefault("customer_log", 0)

    def key(name: str) -> str:
        return f"customer_log.{customer_id}.{number}.{name}"

    fields = ACTIVITY.fields
    kinds = [code for code in fields["kind"].options or {} if code != "system"]
    with st.form(key("form"), border=True):
        kind = st.segmented_control(
            label(fields["kind"]),
            kinds,
            default="call",
            required=True,
            format_func=lambda code: fmt.value(fields["kind"], code),
            label_visibility="collapsed",
            key=key("kind"),
        )
        summary = st.text_area(
            label(fields["summary"]), key=key("summary"), placeholder=_("What happened?"), label_visibility="collapsed"
        )
        day, what = st.columns(2)
        next_on = day.date_input(label(fields["next_step_on"]), None, key=key("day"), format="YYYY-MM-DD")
        next_step = what.text_input(
            label(fields["next_step"]), key=key("step"), max_chars=fields["next_step"].max_length
        )
        if st.form_submit_button(_("Log activity"), type="primary"):
            action.act(
                _("Activity logged"),
                activities.log,
                customer_id=customer_id,
                kind=kind,
                summary=summary.strip(),
                next_step_on=next_on,
                next_step=next_step.strip() or None,
                labels=fields,
                then=_empty_the_box,
            )


def _empty_the_box(_activity: Any) -> None:
    st.session_state["customer_log"] += 1


# --- sections -----------------------------------------------------------------------------------------------


def _sections(customer: Any, counts: dict[str, int]) -> None:
    """Draw the chosen section alone: hidden tabs would compute everything."""
    offered = {
        key: f"{_(entity.many)} {fmt.number(counts.get(key, 0))}"
        for key, entity in (
            ("activity", ACTIVITY),
            ("contact", CONTACT),
            ("opportunity", OPPORTUNITY),
            ("contract", CONTRACT),
        )
        if page.may(f"{key}.read")
    }
    if page.may("contact.read"):
        offered["map"] = _("Power map")
    if page.may("profile.read"):
        offered["profile"] = _("Profiles")
    offered["history"] = _("History")
    written = st.query_params.get(_SECTION, "")
    chosen = page.keep("customer_section", written if written in offered else next(iter(offered)))
    section = st.segmented_control(
        _("Section"),
        list(offered),
        required=True,
        format_func=lambda one: offered[one],
        label_visibility="collapsed",
        key=chosen,
        on_change=lambda: st.query_params.update({_SECTION: st.session_state[chosen]}),
    )
    match section:
        case "activity":
            _timeline(customer.id)
        case "contact":
            _children(CONTACT, customer.id, ("name", "title", "role", "phone", "email", "is_primary"))
        case "map":
            power_map_view.show(customer.id)
        case "profile":
            profile_view.show(customer.id)
        case "opportunity":
            _children(
                OPPORTUNITY,
                customer.id,
                ("name", "stage_id", "horizon", "amount", "currency", "close_on"),
                "opportunities",
            )
        case "contract":
            _children(
                CONTRACT,
                customer.id,
                ("number", "name", "stage", "amount", "received", "currency", "end_on"),
                "contracts",
            )
        case _:
            history.show(CUSTOMER, customer.id)


def _timeline(customer_id: int) -> None:
    found = session.ask(activities.timeline, customer_id=customer_id)
    if found.empty:
        page.empty(_("Nothing has happened yet"), caption=_("Log the first call, visit or mail in the box beside."))
        return
    kind = ACTIVITY.fields["kind"]
    entries = []
    for row in found.itertuples():
        who = " · ".join(
            fmt.plain(part)
            for part in (row.by, row.contact, row.opportunity, fmt.ago(row.happened_at.to_pydatetime()))
            if not fmt.is_nothing(part)
        )
        said = "  \n".join(fmt.plain(line) for line in str(row.summary).splitlines())
        entries.append(f"**{fmt.plain(fmt.value(kind, row.kind))}** :gray[{who}]  \n{said}")
    st.markdown("\n\n".join(entries))
    if len(found) == query.PAGE:
        st.caption(_("The newest {n} are shown.").format(n=query.PAGE))


def _children(entity: Entity, customer_id: int, columns: tuple[str, ...], goes_to: str | None = None) -> None:
    asked = Query(columns=columns, limit=200).where("customer_id", "in", customer_id)
    found = session.ask(query.page, entity, asked)
    new = _("New {what}").format(what=_(entity.one)[:1].lower() + _(entity.one)[1:])
    if not found.ids:
        place = page.empty(_("None yet"))
    else:
        opens = None if goes_to is None else (lambda one: page.go_later(goes_to, id=one))
        grid.table(entity, found, key=f"customer_{entity.key}", opens=opens)
        place = st.container()
    with place:
        if page.button(new, permission=f"{entity.key}.create", icon=":material/add:", key=f"new_{entity.key}"):
            form.create(entity, fixed={"customer_id": customer_id})
