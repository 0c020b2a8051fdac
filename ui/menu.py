"""The pages: where they lie, what they are called, who may open them."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from services.kit.actor import Actor
from services.settings import ROOT
from ui.i18n import N_, language, translate


@dataclass(frozen=True)
class Entry:
    """A line of the menu."""

    section: str
    """Heading it stands under, a message id; "" above all headings."""
    file: str
    """Below pages/."""
    title: str
    icon: str
    permission: str | None
    """What the role must include; None: everybody who is signed in."""
    url_path: str
    is_home: bool = False


SALES: Final = N_("Sales")
PLANNING: Final = N_("Planning")
MONEY: Final = N_("Money")
ANALYSIS: Final = N_("Analysis")
ADMINISTRATION: Final = N_("Administration")

MENU: Final = (
    Entry("", "home/today.py", N_("Today"), "today", None, "today", is_home=True),
    Entry(PLANNING, "planning/sandbox.py", N_("Sandbox"), "target", "plan.read", "sandbox"),
    Entry(SALES, "sales/leads.py", N_("Leads"), "person_search", "lead.read", "leads"),
    Entry(SALES, "sales/customers.py", N_("Customers"), "domain", "customer.read", "customers"),
    Entry(SALES, "sales/pool.py", N_("Public pool"), "pool", "customer.claim", "pool"),
    Entry(SALES, "sales/contacts.py", N_("Contacts"), "contacts", "contact.read", "contacts"),
    Entry(SALES, "sales/profiles.py", N_("Profiles"), "fact_check", "profile.read", "profiles"),
    Entry(SALES, "sales/opportunities.py", N_("Opportunities"), "flag", "opportunity.read", "opportunities"),
    Entry(SALES, "sales/duplicates.py", N_("Duplicates"), "join_inner", "customer.merge", "duplicates"),
    Entry(MONEY, "money/contracts.py", N_("Contracts"), "contract", "contract.read", "contracts"),
    Entry(MONEY, "money/collections.py", N_("Collections"), "payments", "instalment.read", "collections"),
    Entry(ANALYSIS, "analysis/funnel.py", N_("Funnel"), "filter_alt", "opportunity.read", "funnel"),
    Entry(ANALYSIS, "analysis/sources.py", N_("Lead sources"), "ads_click", "lead.read", "sources"),
    Entry(ADMINISTRATION, "admin/users.py", N_("Users"), "group", "user.read", "users"),
    Entry(
        ADMINISTRATION,
        "admin/custom_fields.py",
        N_("Custom fields"),
        "edit_note",
        "custom_field.read",
        "custom-fields",
    ),
    Entry(ADMINISTRATION, "admin/criteria.py", N_("Criteria"), "straighten", "criteria_set.read", "criteria"),
    Entry(ADMINISTRATION, "admin/pipelines.py", N_("Pipelines"), "linear_scale", "pipeline.update", "pipelines"),
    Entry(ADMINISTRATION, "admin/competitors.py", N_("Competitors"), "swords", "competitor.update", "competitors"),
    Entry(
        ADMINISTRATION,
        "admin/profile_questions.py",
        N_("Profile questions"),
        "quiz",
        "profile_question.update",
        "profile-questions",
    ),
    Entry(ADMINISTRATION, "admin/grading.py", N_("Lead grading"), "star_half", "grading_rule.read", "grading"),
    Entry(ADMINISTRATION, "admin/pools.py", N_("Pool rules"), "water", "pool.read", "pools"),
    Entry(ADMINISTRATION, "admin/thresholds.py", N_("Thresholds"), "tune", "setting.update", "thresholds"),
    Entry(ADMINISTRATION, "admin/imports.py", N_("Import history"), "history", "*.import", "imports"),
    Entry(ADMINISTRATION, "admin/recycle_bin.py", N_("Recycle bin"), "delete", "recycle_bin.read", "recycle-bin"),
    Entry(ADMINISTRATION, "account/account.py", N_("Your account"), "account_circle", None, "account"),
)


def pages(actor: Actor | None) -> dict[str, list[StreamlitPage]]:
    """Return all pages by section, those shown that the actor may open.

    Every page is registered on every run: taking one away while somebody stands on it makes that page inert,
    and a link into the portal would be lost on the way through the sign-in.
    """
    code = language()
    found: dict[str, list[StreamlitPage]] = {}
    for entry in MENU:
        section = translate(entry.section, code) if entry.section else ""
        found.setdefault(section, []).append(page(entry, code, is_shown=_is_shown(entry, actor)))
    return found


def page(entry: Entry, code: str, *, is_shown: bool = True) -> StreamlitPage:
    """Return the page of a line in a language; a copy, since the framework marks the one it is about to run."""
    if get_script_run_ctx(suppress_warning=True) is None:  # outside a run a page stays empty: not one to keep
        return _made.__wrapped__(entry, code, is_shown=is_shown)
    return copy(_made(entry, code, is_shown=is_shown))


@lru_cache(maxsize=256)
def _made(entry: Entry, code: str, *, is_shown: bool) -> StreamlitPage:
    """Make a page once in a process: each one asks the file system a dozen times where its file is."""
    return st.Page(
        ROOT / "pages" / entry.file,
        title=translate(entry.title, code),
        icon=f":material/{entry.icon}:",
        url_path=entry.url_path,
        default=entry.is_home,
        visibility="visible" if is_shown else "hidden",
    )


def _is_shown(entry: Entry, actor: Actor | None) -> bool:
    if actor is None or entry.url_path == "account":  # reached by the person's own menu at the foot
        return False
    return entry.permission is None or actor.may(entry.permission)
