"""The import of a file by stages: brought, checked, stored in the background, stopped, resumed, taken back.

What has been reached stands in the database: one may leave the page and come back by the import history.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final

import streamlit as st

from services import downloads, imports
from services.imports import Batch
from services.kit.entity import Entity
from services.kit.errors import Refusal
from services.kit.transfer.mapping import IGNORE, NOTES
from services.kit.unit_of_work import UnitOfWork
from ui import action, dialog, import_parts, import_work, page, session, upload
from ui import format as fmt
from ui.i18n import _, say
from ui.upload import Brought

_ERRORS: Final = 200
_SMALL: Final = 200_000
"""Bytes up to which a file is read while one waits; a process of its own would take longer to start."""
_FORESEEN: Final = 5_000
"""Records up to which it is looked up without being asked what a way back would leave."""


def draw(entity: Entity, batch_id: int | None) -> None:
    """Draw the import at the stage it has reached."""
    kept = dialog.state()
    if batch_id is not None:
        kept.setdefault("batch", batch_id)
    batch = import_work.batch_of(kept.get("batch"))
    if batch is None and "batch" in kept:
        st.info(_("This import is not there, or not yours to see."))
        return
    if batch is not None and (import_work.is_busy(batch) or _has_begun(batch)):
        _named(batch)
        _went(batch)
        return
    is_chosen = _take(entity)
    if is_chosen and (told := kept.get("told")):
        action.tell(told)  # and nothing of the file before it: its button would import another than is seen
    elif batch is not None:
        _mapped(entity, batch, is_chosen=is_chosen)


def _mapped(entity: Entity, batch: Batch, *, is_chosen: bool) -> None:
    """Draw an import of which nothing is in the database yet."""
    if not is_chosen:
        _named(batch)
    if batch.state == "refused":
        _refused(batch)
    if batch.may_resume:
        _stopped(batch)
        return
    source = session.ask(imports.source, batch.id)
    if source is not None:
        _other_reading(batch, source)
    if batch.stage in ("read", "check"):
        _prepare(entity, batch)


def _has_begun(batch: Batch) -> bool:
    """Say whether something of it is in the database."""
    return batch.stage in ("store", "revert") or (batch.goal in ("store", "revert") and batch.state != "ready")


def _named(batch: Batch) -> None:
    who = " · ".join(fmt.plain(one) for one in (batch.file_name, batch.by, fmt.instant(batch.created_at)) if one)
    st.caption(who)


# --- bring --------------------------------------------------------------------------------------------------


def _take(entity: Entity) -> bool:
    """Take a file; another one begins another import. Return whether one stands in the box."""
    st.caption(_("A table as .xlsx or .csv, with one row of headings. Nothing is written before you say so."))
    uploaded = upload.box(dialog.key("import.file"))
    kept = dialog.state()
    if uploaded is not None and kept.get("file") != uploaded.file_id:
        kept.clear()
        kept["file"] = uploaded.file_id
        _bring(entity, uploaded)
    return uploaded is not None


def _bring(entity: Entity, uploaded: Brought) -> None:
    done = action.attempt(_begun, entity, uploaded)
    if not done.is_done:
        dialog.state()["told"] = done
        return
    uploaded.let_go()  # the import has its own
    dialog.state()["batch"] = done.result
    _read(done.result)


def _begun(uow: UnitOfWork, entity: Entity, uploaded: Brought) -> int:
    return imports.bring(uow, entity, uploaded.source(uow), uploaded.name)


def _read(batch_id: int) -> None:
    source = session.ask(imports.source, batch_id)
    import_work.begin(batch_id, is_small=source is not None and source.size <= _SMALL)


def _other_reading(batch: Batch, source: imports.SourceFile) -> None:
    """Let another sheet of a workbook be read instead, or a text in another encoding, or with another delimiter."""
    said = {name: batch.asked.get(name) for name in ("sheet", "encoding", "delimiter")}
    chosen = dict(said)
    if source.is_text:
        chosen["encoding"], chosen["delimiter"] = import_parts.text_form(batch)
    elif len(sheets := batch.sheets or source.refused_sheets) > 1:
        chosen["sheet"] = import_parts.sheet(batch, sheets)
    if chosen != said:
        for name in ("dates", "unknown"):
            dialog.state().pop(name, None)
        done = action.attempt(imports.read_again, batch.id, **chosen)
        if done.is_done:
            _read(batch.id)
        action.tell(done)


# --- the work -----------------------------------------------------------------------------------------------


def _went(batch: Batch) -> None:
    """Show an import that writes or has written."""
    if import_work.is_busy(batch):
        import_work.progress(batch.id)
        return
    if batch.may_resume:
        _stopped(batch)
    elif batch.state == "refused":
        _refused(batch)
        _ways_out(batch)
    else:
        _done(batch)


def _stopped(batch: Batch) -> None:
    """Say where it stopped, and offer to go on or back."""
    if batch.refusal is not None:
        st.error(fmt.plain(say(batch.refusal)), icon=":material/error:")
    stood = _("Stopped before anything was written.")
    if batch.goal in ("store", "revert"):
        stood = _("Stopped at {done} of {total} rows. What is in stays in until you go on or take it back.").format(
            done=fmt.number(batch.done), total=fmt.number(batch.total)
        )
    st.warning(stood, icon=":material/pause_circle:")
    with st.container(horizontal=True, horizontal_alignment="right"):
        _take_back(batch)
        if st.button(_("Go on"), type="primary", key=dialog.key("import.resume"), icon=":material/play_arrow:"):
            import_work.go(imports.resume, batch)


def _refused(batch: Batch) -> None:
    if batch.refusal is not None:
        st.error(fmt.plain(say(batch.refusal)), icon=":material/error:")


# --- check --------------------------------------------------------------------------------------------------


def _prepare(entity: Entity, batch: Batch) -> None:
    """Let columns and options be chosen, check the file, and offer to store what was checked."""
    try:
        head, known = session.ask(imports.preview, batch.id)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)), icon=":material/error:")
        return
    import_parts.rows(head)
    said = batch.asked
    found = import_parts.recognised(entity, head, known.plain() if known else {}, said)
    maps = import_parts.columns(entity, head, batch.total, found)
    headings = {name: heading for heading, name in maps.items()}
    rest = "leave"
    if import_parts.rest(entity, head.header, maps, said):
        maps, rest = {heading: NOTES if name == IGNORE else name for heading, name in maps.items()}, "notes"
    names = frozenset(name for name in maps.values() if name != IGNORE)
    mode, match = import_parts.mode(entity, names, said)
    for_pool = mode != "update" and import_parts.for_pool(entity, names, said)
    create_missing = import_parts.missing_customers(entity, names, said)
    asked = {*batch.fractions_asked, *said.get("fractions", ())}
    fractions = sorted(
        name for name in asked if name in names and import_parts.fraction(name, headings[name], said)
    )  # what is unlike the check is checked again
    is_dated = said.get("dates") or names & {*batch.dates_asked, *dialog.state().get("dates", ())}
    dates = import_parts.dates(said) if is_dated else ""
    values, unknown = import_parts.unknown(entity, _unknown(batch, maps), headings, said)
    chosen = {
        "maps": maps, "mode": mode, "match": match, "create_missing": create_missing, "for_pool": for_pool,
        "fractions": fractions, "rest": rest, "dates": dates, "values": values, "unknown": unknown,
    }  # fmt: skip
    is_checked = batch.stage == "check" and batch.state == "ready" and _is_as_asked(batch, chosen)
    if st.button(
        _("Check the file"),
        key=dialog.key("import.check"),
        type="secondary" if is_checked else "primary",
        disabled=not names,
    ):
        _keep_asked(batch, maps)
        import_work.go(imports.check, batch, **{"fractions": [], **chosen})
    if is_checked:
        _verdict(batch)


def _unknown(batch: Batch, maps: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return what is not known of choices, now or at a check before: what was chosen for it stays to be seen."""
    answered: dict[str, dict[str, int]] = {}
    for heading, cells in (batch.asked.get("values") or {}).items():
        answered.setdefault(maps.get(heading, IGNORE), {}).update(dict.fromkeys(cells, 0))
    kept = dialog.state().get("unknown", {})
    parts = (answered, kept, batch.unknown)
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: {cell: n for part in parts for cell, n in part.get(name, {}).items()} for name in names}


def _keep_asked(batch: Batch, maps: Mapping[str, str]) -> None:
    """Keep what a check has asked about, since the next one may find it answered."""
    kept = dialog.state()
    kept["dates"] = sorted({*kept.get("dates", ()), *batch.dates_asked})
    kept["unknown"] = _unknown(batch, maps)


def _is_as_asked(batch: Batch, chosen: dict[str, Any]) -> bool:
    return all((batch.asked.get(name) or None) == (value or None) for name, value in chosen.items())


def _verdict(batch: Batch) -> None:
    """Say what would happen, and offer to do it."""
    st.markdown("**" + fmt.plain(counts(batch)) + "**")
    for note in batch.notes:
        st.caption(fmt.plain(say(note)))
    if batch.wrong:
        _errors(batch)
    with st.container(horizontal=True, horizontal_alignment="right"):
        if batch.wrong:
            st.caption(import_parts.mending(batch.created + batch.updated), width="stretch")
        words = _("Import the good rows") if batch.wrong else _("Import")
        if st.button(words, type="primary", disabled=not batch.created + batch.updated, key=dialog.key("import.run")):
            import_work.go(imports.store, batch, skip_bad=bool(batch.wrong))


def counts(batch: Batch) -> str:
    """Return what an import does or has done as a sentence."""
    return import_parts.counts(batch.created, batch.updated, batch.unchanged, batch.wrong)


def _errors(batch: Batch) -> None:
    """Show what is wrong, and offer the rows as a file to mend."""
    try:
        found = session.ask(imports.errors, batch.id, limit=_ERRORS)
    except Refusal as refusal:
        st.caption(fmt.plain(say(refusal)))
        return
    import_parts.errors(found, are_all=batch.wrong <= len({error.row for error in found}))
    if st.button(_("Rows with errors as a file"), icon=":material/download:", key=dialog.key("import.errors")):
        name = f"{PurePath(batch.file_name).stem} - {_('Rows with errors')}.xlsx"
        target = io.BytesIO()
        session.ask(imports.errors_file, batch.id, target, file_format="xlsx", say=say, title=_("What is wrong"))
        content = target.getvalue()
        import_parts.link(
            name,
            action.attempt(downloads.offer_file, import_parts.session_id(), content, file_name=name, what="import"),
        )


# --- result -------------------------------------------------------------------------------------------------


def _done(batch: Batch) -> None:
    """Say what came of it, and offer the way back."""
    if batch.stage == "revert":
        words = _("Taken back: {n} records. Left as they are: {kept}.")
        st.success(words.format(n=fmt.number(batch.reverted), kept=fmt.number(batch.kept)), icon=":material/undo:")
    else:
        st.success(fmt.plain(counts(batch)), icon=":material/check:")
        for note in batch.notes:
            st.caption(fmt.plain(say(note)))
    if batch.kept:
        _kept(batch)
    if batch.wrong and batch.stage != "revert":
        _errors(batch)
        st.caption(_("The good rows are in. Mend the others in the file and import it: nothing comes in twice."))
    _ways_out(batch)


def _ways_out(batch: Batch) -> None:
    """Offer the history, the way back, and the end."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        if page.button(_("Import history"), key=dialog.key("import.history"), icon=":material/history:"):
            dialog.close()
            page.go("imports")
        _take_back(batch)
        if st.button(_("Close"), type="primary", key=dialog.key("import.close")):
            dialog.finish()


def _kept(batch: Batch) -> None:
    """Show what a way back leaves as it is."""
    _left_alone(session.ask(imports.kept_rows, batch.id, limit=_ERRORS))


def _left_alone(found: Sequence[imports.Kept]) -> None:
    st.dataframe(
        {
            _("Row"): [one.row for one in found],
            _("Record"): [one.title or "" for one in found],
            _("Why it stays"): [say(one.reason) for one in found],
        },
        hide_index=True,
    )


def _take_back(batch: Batch) -> None:
    """Offer to take everything back, after a second look."""
    if not batch.may_revert:
        return
    with st.popover(_("Take back"), icon=":material/undo:"):
        st.write(
            _(
                "New records go to the recycle bin, changed ones get their old values. "
                "What somebody has changed since stays as it is and is listed."
            )
        )
        is_small = batch.created + batch.updated <= _FORESEEN
        if is_small or st.button(_("What would stay?"), key=dialog.key("import.foresee")):
            _foreseen(batch)
        if st.button(_("Take this import back"), key=dialog.key("import.revert"), type="primary"):
            import_work.go(imports.revert, batch)


def _foreseen(batch: Batch) -> None:
    """Show what a way back would leave as it is."""
    found = session.ask(imports.would_stay, batch.id)
    if not found.count:
        st.caption(_("All of it would be taken back: nobody has changed any of it since."))
        return
    st.caption(_("Would stay as they are: {n}").format(n=fmt.number(found.count)))
    _left_alone(found.rows)
