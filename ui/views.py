"""Saved views in the head of a list: picked, saved, changed, shared, and the one that opens by itself.

Choosing a view puts what it asks for into the address, with the view's number beside it: from there on it is a list
like any other, and the address can be sent to a colleague.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from services import views
from services.kit import custom
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Refusal
from services.kit.fields import ParseError
from services.kit.query import parse_filter
from services.views import View
from ui import action, columns, dialog, session
from ui import format as fmt
from ui.entry import lower
from ui.i18n import N_, _, label, say
from ui.place import Place

_NONE: Final = "all"
_AUDIENCES: Final = {"me": N_("Only me"), "team": N_("My team"), "all": N_("Everybody")}


def open_first(entity: Entity, place: Place) -> None:
    """Open the reader's own first view when the address is bare, and a view that the address names by number alone."""
    written = place.get("saved")
    if place.asked() or written == _NONE:
        return
    known = _known(entity, place)
    if written:
        found = next((one for one in known if str(one.id) == written), None) or _look_up(entity, place, written)
        if found is None:
            st.warning(_("This view is no longer there, or nobody has shared it with you."))
            place.ask_for({}, _NONE)
            return
    else:
        found = next((one for one in known if one.is_default), None)
    if found is not None and (found.address or not written):
        _open(entity, place, found)


def _known(entity: Entity, place: Place) -> list[View]:
    """Return the views of this list, asked once a session and after every change: a rerun pays nothing for them."""
    name = place.name("views")
    if name not in st.session_state:
        try:
            st.session_state[name] = session.ask(views.views, entity, place.key)
        except Refusal:  # the list itself says so
            return []
        st.session_state[place.name("has_default")] = any(one.is_default for one in st.session_state[name])
    found: list[View] = st.session_state[name]
    return found


def _look_up(entity: Entity, place: Place, written: str) -> View | None:
    """Return a view that was shared since this session began."""
    _forget(place)
    return next((one for one in _known(entity, place) if str(one.id) == written), None)


def _forget(place: Place) -> None:
    st.session_state.pop(place.name("views"), None)


def _open(entity: Entity, place: Place, view: View) -> None:
    """Put what a view asks for into the address; what is no longer there is left out, and told."""
    address, left_out = _readable(entity, view)
    place.ask_for(address, str(view.id))
    st.session_state[place.name("left_out")] = (view.id, view.name, left_out) if left_out else None


def _readable(entity: Entity, view: View) -> tuple[dict[str, list[str]], list[str]]:
    """Return what can still be asked for, and the names of what cannot."""
    currency = session.database().settings.currency
    kept: dict[str, list[str]] = {}
    gone: list[str] = []
    for name, values in view.address.items():
        if name.startswith("f."):
            field = name.removeprefix("f.")
            good = []
            for written in values:
                try:
                    parse_filter(entity, field, written, currency=currency)
                    good.append(written)
                except ParseError:
                    gone.append(_called(entity, field))
            kept |= {name: good} if good else {}
        elif name == "cols":
            offered = columns.offer(entity)
            wanted = values[0].split(",")
            gone += [_called(entity, one) for one in wanted if one not in offered]
            kept[name] = [",".join(one for one in wanted if one in offered)]
        elif name == "sort" and values[0].removeprefix("-") not in entity.fields:
            gone.append(_called(entity, values[0].removeprefix("-")))
        else:
            kept[name] = list(values)
    return {name: values for name, values in kept.items() if values[0]}, list(dict.fromkeys(gone))


def _called(entity: Entity, name: str) -> str:
    field = entity.fields.get(name) or custom.added(entity.key).retired.get(name)
    return label(field) if field else name


def tell_left_out(place: Place) -> None:
    """Say what of the open view is no longer there."""
    told = st.session_state.get(place.name("left_out"))
    if told and place.get("saved") == str(told[0]):
        words = _("“{view}” asks for something that is no longer there, which is left out: {names}.")
        st.warning(fmt.plain(words.format(view=told[1], names=", ".join(told[2]))), icon=":material/filter_alt_off:")


# --- the head of the list -----------------------------------------------------------------------------------


def picker(entity: Entity, place: Place) -> None:
    """Draw the choice of views; what stands in it is drawn only when it is open."""
    known = _known(entity, place)
    now = next((one for one in known if str(one.id) == place.get("saved")), None)
    title = _("Views") if now is None else now.name + (" *" if _is_changed(entity, place, now) else "")
    popover = st.popover(fmt.plain(title), icon=":material/bookmark:", key=place.name("saved_views"), on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=320, gap="small"):
        _line(
            place,
            "none",
            _("All {what}").format(what=lower(_(entity.many))),
            ":material/list:",
            _open_none,
            entity,
            place,
        )
        for view in known:
            _line(place, str(view.id), _name_of(view), _icon(view), _open, entity, place, view)
        if known:
            st.space("small")
        if now is not None and now.may_change and _is_changed(entity, place, now):
            words = _("Save changes to “{name}”").format(name=now.name)
            _line(place, "save", fmt.plain(words), ":material/save:", _save_changes, entity, place, now)
        if now is not None:
            words = _("Rename, share or delete") if now.may_change else _("Open my list with it")
            _line(place, "edit", words, ":material/tune:", edit.later, entity.key, place.key, now.id)
        if place.asked():
            _line(place, "new", _("Save as a new view"), ":material/bookmark_add:", new.later, entity.key, place.key)
        elif not known:
            st.caption(_("Filter, sort or search the list, then save it here as a view."))


def _line(place: Place, what: str, words: str, icon: str, chosen: Any, *args: Any) -> None:
    """Draw a line of the choice, which closes when it is pressed."""

    def press() -> None:
        st.session_state[place.name("saved_views")] = False
        chosen(*args)

    st.button(words, icon=icon, type="tertiary", key=place.name(f"saved.{what}"), on_click=press)


def _is_changed(entity: Entity, place: Place, view: View) -> bool:
    return place.asked() != _readable(entity, view)[0]


def _name_of(view: View) -> str:
    more = [] if view.is_own or not view.owner else [view.owner]
    more += [_("opens by itself")] if view.is_default else []
    return fmt.plain(view.name) + (f" :gray[{fmt.plain(' · '.join(more))}]" if more else "")


def _icon(view: View) -> str:
    return {"me": ":material/bookmark:", "team": ":material/group:", "all": ":material/public:"}[view.audience]


def _open_none(entity: Entity, place: Place) -> None:  # noqa: ARG001 - called as the others are
    place.ask_for({}, _NONE)


def _save_changes(entity: Entity, place: Place, view: View) -> None:
    outcome = action.attempt(views.change, entity, view.id, address=place.asked(), version=view.version)
    _forget(place)
    action.announce(_("View saved") if outcome.is_done else outcome.sentence)


# --- dialogs ------------------------------------------------------------------------------------------------


def _place(key: str, list_key: str) -> tuple[Entity, Place]:
    entity = ENTITIES[key]
    return entity, Place(entity, None if list_key == key else list_key)


def _audience(first: str) -> str:
    return str(
        st.segmented_control(
            _("Who sees it"),
            list(_AUDIENCES),
            default=first,
            required=True,
            format_func=lambda one: _(_AUDIENCES[one]),
            key=dialog.key("view.audience"),
        )
    )


@dialog.dialog(lambda _key, _list_key: _("Save as a new view"))
def new(key: str, list_key: str) -> None:
    """Keep the list as it stands under a name."""
    entity, place = _place(key, list_key)
    name = st.text_input(_("Name"), key=dialog.key("view.name"), max_chars=60)
    audience = _audience("me")
    is_default = st.checkbox(_("My list opens with it"), key=dialog.key("view.default"))
    if st.button(_("Save view"), type="primary", key=dialog.key("view.save")):
        action.act(
            _("View saved"),
            views.save,
            entity,
            list_key,
            name,
            place.asked(),
            audience=audience,
            is_default=is_default,
            then=lambda view: _done(entity, place, view),
        )


def _done(entity: Entity, place: Place, view: View | None) -> None:
    """Close the dialog and stand on the view."""
    _forget(place)
    dialog.close()
    if view is None:
        place.ask_for({}, _NONE)
    elif str(view.id) != place.get("saved"):
        _open(entity, place, view)


@dialog.dialog(lambda _key, _list_key, _view_id: _("View"))
def edit(key: str, list_key: str, view_id: int) -> None:
    """Rename a view, share it, let the list open with it, or delete it."""
    entity, place = _place(key, list_key)
    try:
        view = session.ask(views.get, entity, view_id)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)), icon=":material/error:")
        return
    name, audience = view.name, view.audience
    if view.may_change:
        name = st.text_input(_("Name"), view.name, key=dialog.key("view.name"), max_chars=60)
        audience = _audience(view.audience)
    is_default = st.checkbox(_("My list opens with it"), view.is_default, key=dialog.key("view.default"))
    with st.container(horizontal=True, horizontal_alignment="right"):
        if view.may_change and st.button(_("Delete view"), key=dialog.key("view.delete")):
            action.act(_("View deleted"), views.remove, entity, view.id, then=lambda _none: _done(entity, place, None))
        if st.button(_("Save"), type="primary", key=dialog.key("view.save")):
            action.act(
                _("View saved"),
                _change,
                entity,
                list_key,
                view,
                name,
                audience,
                is_default,
                then=lambda changed: _done(entity, place, changed),
            )


def _change(
    uow: Any,
    entity: Entity,
    list_key: str,
    view: View,
    name: str,
    audience: str,
    is_default: bool,  # noqa: FBT001
) -> View:
    if view.may_change and (name, audience) != (view.name, view.audience):
        views.change(uow, entity, view.id, name=name, audience=audience, version=view.version)
    if is_default != view.is_default:
        views.set_default(uow, entity, list_key, view.id if is_default else None)
    return views.get(uow, entity, view.id)
