"""Files in and out on pages: upload, map, check, import; and a link to a file that is fetched once."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath
from typing import Any, Final

import streamlit as st

from services import downloads
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Refusal
from services.kit.query import Query
from services.kit.transfer import exporting, importing, mapping
from services.kit.transfer.cells import Limits
from services.kit.transfer.drafts import look_like_fractions
from services.kit.transfer.mapping import Mapped
from services.kit.transfer.outcome import Options, Outcome
from services.kit.transfer.reading import Table, read_table
from ui import action, dialog, import_parts, import_steps, session
from ui import format as fmt
from ui.i18n import _, language, say
from ui.import_parts import link, session_id
from ui.upload import Brought, box

_ERRORS: Final = 200

After = Callable[..., Any]


# --- in -----------------------------------------------------------------------------------------------------


def upload_dialog(entity: Entity, *, after: After | None = None) -> None:
    """Open the import of a file. `after(uow, ids)` is done with the records in the same transaction."""
    upload(entity.key, after)


def _import_title(key: str, _after: After | None = None, _batch_id: int | None = None) -> str:
    return _("Import: {many}").format(many=_(ENTITIES[key].many))


@dialog.dialog(_import_title, width="large")
def upload(key: str, after: After | None = None, batch_id: int | None = None) -> None:
    """Take a file, show how it is understood, say what would happen, and import it; or go on with one begun before.

    What something is done `after`, in the same transaction, is imported at once and whole; all else by stages, in
    the background, to be stopped, resumed and taken back.
    """
    if after is None:
        import_steps.draw(ENTITIES[key], batch_id)
    else:
        _at_once(ENTITIES[key], after)


def _at_once(entity: Entity, after: After) -> None:
    st.caption(_("A table as .xlsx or .csv, with one row of headings. Nothing is written before you say so."))
    uploaded = box(dialog.key("import.file"), limits=Limits())
    if uploaded is None:
        return
    try:
        table = _table(uploaded)
        mapped = _mapping(entity, table)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)), icon=":material/error:")
        return
    options = _options(entity, table, mapped, after)
    signature = (table, mapped.plain(), options)
    checked = dialog.state().get("checked")
    if st.button(_("Check the file"), key=dialog.key("import.check"), type="secondary" if checked else "primary"):
        done = action.attempt(importing.plan_import, entity, table, mapped, options)
        checked = dialog.state()["checked"] = (signature, done)
    if checked is None or checked[0] != signature:
        return
    if not checked[1].is_done:
        action.tell(checked[1])
        return
    _result(entity, table, mapped, options, checked[1].result)


def _table(uploaded: Brought) -> Table:
    """Return the table of an uploaded file, read once; a refusal is kept like a result."""
    kept = dialog.state()
    if kept.get("file") != uploaded.file_id:
        kept.clear()
        kept["file"] = uploaded.file_id
        try:
            kept["table"] = read_table(session.ask(uploaded.source), uploaded.name)
        except Refusal as refusal:
            kept["table"] = refusal
        uploaded.let_go()
    table = kept["table"]
    if isinstance(table, Refusal):
        raise table
    return table


def _mapping(entity: Entity, table: Table) -> Mapped:
    """Show the first rows and let every column be sent to a field; what is recognised is chosen already."""
    import_parts.rows(table)
    known = session.ask(mapping.remembered, entity, table)
    try:
        found = mapping.match_columns(entity, table, remembered=known).plain()
    except Refusal:
        found = {}
    chosen = import_parts.columns(entity, table, len(table.rows), found)
    return mapping.match_columns(entity, table, overrides=chosen)


def _options(entity: Entity, table: Table, mapped: Mapped, after: After) -> Options:
    mode, match = import_parts.mode(entity, mapped.names, {})
    create_missing = import_parts.missing_customers(entity, mapped.names, {})
    asked = look_like_fractions(table, mapped)
    fractions = frozenset(
        column.field.name
        for column in mapped.columns
        if column.field.name in asked and import_parts.fraction(column.field.name, column.heading, {})
    )
    return Options(mode=mode, match=match, create_missing=create_missing, fractions=fractions, after=after)


def _result(entity: Entity, table: Table, mapped: Mapped, options: Options, outcome: Outcome) -> None:
    """Say what would happen, and offer to do it."""
    st.markdown("**" + fmt.plain(summary(outcome)) + "**")
    for note in outcome.notes:
        st.caption(fmt.plain(say(note)))
    if outcome.errors:
        _errors(table, outcome)
    taken = outcome.created + outcome.updated
    with st.container(horizontal=True, horizontal_alignment="right"):
        if outcome.errors:
            st.caption(import_parts.mending(taken), width="stretch")
        words = _("Import the good rows") if outcome.errors else _("Import")
        if st.button(words, type="primary", disabled=not taken, key=dialog.key("import.run")):
            _import(entity, table, mapped, options, skip_bad=bool(outcome.errors))


def summary(outcome: Outcome) -> str:
    """Return the counts of an outcome as a sentence."""
    return import_parts.counts(outcome.created, outcome.updated, outcome.unchanged, outcome.bad_rows)


def _errors(table: Table, outcome: Outcome) -> None:
    shown = outcome.errors[:_ERRORS]
    import_parts.errors(shown, are_all=len(outcome.errors) <= len(shown))
    if st.button(_("Rows with errors as a file"), icon=":material/download:", key=dialog.key("import.errors")):
        headings, rows = exporting.error_table(table, outcome, say, title=_("What is wrong"))
        target = io.BytesIO()
        exporting.write(target, headings, rows, file_format="xlsx", sheet=_("Rows with errors"))
        name = f"{PurePath(table.name).stem} - {_('Rows with errors')}.xlsx"
        link(name, action.attempt(downloads.offer_file, session_id(), target.getvalue(), file_name=name, what="import"))


def _import(entity: Entity, table: Table, mapped: Mapped, options: Options, *, skip_bad: bool) -> None:
    done = action.attempt(importing.run_import, entity, table, mapped, replace(options, skip_bad=skip_bad))
    if not done.is_done:
        action.tell(done)
        return
    outcome: Outcome = done.result
    if not outcome.written and outcome.errors:
        dialog.state().pop("checked", None)
        st.error(_("The records have changed since the file was checked. Nothing was imported; check it again."))
        return
    action.announce(summary(outcome))
    dialog.finish()


# --- out ----------------------------------------------------------------------------------------------------


def download(entity: Entity, query: Query | None = None) -> None:
    """Open the export of a list as the reader sees it."""
    export(entity.key, query or Query())


@dialog.dialog(lambda key, _query: _("Export: {many}").format(many=_(ENTITIES[key].many)))
def export(key: str, query: Query) -> None:
    """Let the format be chosen and offer the file."""
    entity = ENTITIES[key]
    st.caption(_("What you see in the list, with its filters; the file can be imported again."))
    file_format = st.segmented_control(
        _("Format"),
        ["xlsx", "csv"],
        default="xlsx",
        required=True,
        format_func=lambda one: f".{one}",
        key=dialog.key("export.format"),
    )
    name = f"{_(entity.many)} {fmt.today().isoformat()}.{file_format}"
    if st.button(_("Prepare the file"), type="primary", key=dialog.key("export.make")):
        link(
            name,
            action.attempt(downloads.offer_list, session_id(), entity, query, file_name=name, language=language()),
        )


def offer(file_name: str, content: bytes, *, what: str) -> None:
    """Offer a file that the caller has made (of data the reader may see) in a dialog; audited as `what`."""
    done = action.attempt(downloads.offer_file, session_id(), content, file_name=file_name, what=what)
    ready(file_name, done)


@dialog.dialog(lambda _name, _done: _("Your file is ready"))
def ready(file_name: str, done: action.Outcome) -> None:
    """Show the link to a file that was made."""
    link(file_name, done)
