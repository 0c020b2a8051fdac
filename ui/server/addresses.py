"""Addresses of our own routes."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "/portal"
SESSION: Final = f"{PREFIX}/session"
SESSION_SCRIPT: Final = f"{PREFIX}/session.js"
FOCUS_SCRIPT: Final = f"{PREFIX}/focus.js"
DRAFTS_SCRIPT: Final = f"{PREFIX}/drafts.js"
HEALTH: Final = f"{PREFIX}/health"
FILES: Final = f"{PREFIX}/files"
"""Downloads; everything below it needs a live session."""
