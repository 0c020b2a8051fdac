"""Colours with their meanings, light and dark, and the few lines of style the theming options do not reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from ui.i18n import _, language

FONT: Final = "Inter, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', system-ui, sans-serif"


@dataclass(frozen=True)
class Palette:
    """One scheme's colours; the same names in both schemes."""

    ink: str
    soft_ink: str
    paper: str
    faint: str
    """Grid lines and empty outlines."""
    accent: str
    """What can be acted on."""
    fight: str
    let_go: str
    money_in: str
    overdue: tuple[str, str, str]
    """Amber to red by age: up to 30 days, up to 90, beyond."""
    horizon: tuple[str, str, str]
    """Short, mid, long: one hue, three lightnesses."""
    category: tuple[str, ...]
    """Where colour is the category: told apart by colour-blind readers (after Okabe and Ito)."""
    ramp: tuple[str, str]
    """Low to high of a single quantity."""
    stance: tuple[str, str, str, str, str]
    """Against us to for us: orange to blue, which no colour-blind reader takes for each other."""


LIGHT: Final = Palette(
    ink="#1F2328",
    soft_ink="#646B73",
    paper="#FBFAF7",
    faint="#E4E1DA",
    accent="#2B5C8A",
    fight="#C8402A",
    let_go="#75808C",
    money_in="#1F7F78",
    overdue=("#C98A1B", "#CC5F1E", "#A92B2B"),
    horizon=("#1F4E79", "#5B8DB8", "#A9C6DE"),
    category=("#2B5C8A", "#C98A1B", "#1F7F78", "#A0527F", "#6B7A33", "#8A5A3C", "#5B8DB8", "#75808C"),
    ramp=("#E8EEF3", "#1F4E79"),
    stance=("#B8480F", "#EDB27C", "#C9C5BC", "#8FBDE3", "#1F5F99"),
)
DARK: Final = Palette(
    ink="#E8E6E1",
    soft_ink="#A3A9B0",
    paper="#16191D",
    faint="#343A41",
    accent="#7FB2DE",
    fight="#F0705A",
    let_go="#8D98A4",
    money_in="#4DB8AE",
    overdue=("#E3AC4A", "#EA8A4C", "#EE6B6B"),
    horizon=("#A9CDEB", "#6399C6", "#3B668C"),
    category=("#7FB2DE", "#E3AC4A", "#4DB8AE", "#D58BB5", "#A9B96A", "#C69878", "#A9CDEB", "#8D98A4"),
    ramp=("#262C33", "#A9CDEB"),
    stance=("#F2935A", "#8F5A30", "#5A6068", "#3C6C99", "#86BFF0"),
)


def is_dark() -> bool:
    """Say which scheme the reader's browser shows now."""
    return st.context.theme.type == "dark"


def palette() -> Palette:
    """Return the colours of the scheme on the reader's screen."""
    return DARK if is_dark() else LIGHT


# The main button of a dialog stands at its right, alone or after "Cancel".
# What is chosen of several is ink on a tint: the accent on it would be too faint to read in dark.
# The framework's "Press Enter to apply" stays English in every language, and covers what is typed in a narrow box.
_STYLE: Final = """<style>
.stMainBlockContainer { padding-top: 2.5rem; padding-bottom: 3rem; }
[data-testid="stMetricValue"], .stDataFrame, [data-testid="stCaptionContainer"] { font-variant-numeric: tabular-nums; }
[data-testid="stMetricValue"] { font-size: 1.65rem; }
.st-key-page_header { row-gap: 0.6rem; margin-bottom: 0.8rem; }
.st-key-page_header h1 { padding: 0; font-size: 1.75rem; line-height: 1.3; }
.st-key-page_header [data-testid="stMarkdownContainer"], .st-key-page_header [data-testid="stCaptionContainer"],
.st-key-page_header p { margin-bottom: 0; }
.stDataFrame [data-testid="stElementToolbar"] { display: none; }
[data-testid="InputInstructions"] { display: none; }
[class*="_sentence"] { min-height: 2.5rem; }
[class*="st-key-card_open_"] button { text-align: left; justify-content: flex-start; }
[data-testid="stBaseButton-tertiary"] { text-align: left; }
.st-key-power_map_picture { overflow-x: auto; }
[data-testid="stButtonGroup"] button[data-variant][data-selected="true"] { color: inherit; }
[role="dialog"] [data-testid="stVerticalBlock"] > :has(> .stButton > [kind="primary"]) { align-self: flex-end; }
.st-key-merge_choices [role="radiogroup"] > div { width: 20rem; }
@media (min-width: 1000px) { .stMainBlockContainer { padding-left: 3rem; padding-right: 3rem; } }
@media (min-width: 641px) { [class*="st-key-when_narrow_"] { display: none; } }
@media (max-width: 640px) {
  [class*="st-key-when_wide_"] { display: none; }
  [class*="st-key-numbers_"] [data-testid="stColumn"] { min-width: 40%; width: 40%; flex: 1 1 40%; }
  [data-testid="stMetricValue"] { font-size: 1.2rem; }
  [data-testid="stMetricValue"] * { white-space: normal; overflow: visible; }
  [class*="_bar"].stHorizontalBlock { gap: 0.5rem; }
  [class*="_bar"] [class*="-q "] { flex: 1 1 12rem !important; min-width: 0; }
  [class*="_bar"] [class*="-sort "] { flex: 1 1 7rem !important; min-width: 0; }
  [class*="_bar"] [class*="-sort "] input { font-size: 0.875rem; padding-right: 0; }
  [class*="_bar"] [class*="-more "] button p { position: absolute; width: 1px; overflow: hidden; opacity: 0; }
  [class*="_bar"] [class*="-more "] button > div > [aria-hidden="true"] { display: none; }
  .st-key-power_map_picture > * { min-width: 46rem; }
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; padding-top: 4.5rem; }
  .st-key-customer_page > * > [data-testid="stHorizontalBlock"] { flex-direction: column-reverse; }
  .st-key-customer_page [data-testid="stColumn"] { width: 100%; min-width: 100%; }
}
</style>"""


# The framework's one link that stays English.
_TOLD: Final = """<style>
[data-testid="stSkipToContent"] {{ font-size: 0 !important; }}
[data-testid="stSkipToContent"]::after {{ content: "{skip}"; font-size: 1rem; }}
</style>"""


# Quotation marks and dots stand a whole character wide in the Chinese fonts: in English they come from a Latin one.
_MARKS: Final = """<style>
@font-face { font-family: "Latin marks"; unicode-range: U+B7, U+2018-201D, U+2026;
  src: local("Segoe UI"), local("Helvetica Neue"), local("Arial"), local("Liberation Sans"), local("DejaVu Sans"); }
</style>"""


def style() -> None:
    """Set the style of all pages; it carries no data."""
    marks = _MARKS if language() == "en" else ""
    st.html(_STYLE + _TOLD.format(skip=_("Skip to the content")) + marks)
