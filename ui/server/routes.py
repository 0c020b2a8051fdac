"""Our own routes: the cookie, its script, the mark, and whether we are well; downloads add theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from services import auth
from services.auth import SignedOut
from services.kit.actor import SYSTEM
from ui import brand, cookie, session
from ui.server import files
from ui.server.addresses import DRAFTS_SCRIPT, FOCUS_SCRIPT, HEALTH, SESSION, SESSION_SCRIPT

_LARGEST_BODY: Final = 1000


async def open_session(request: Request) -> Response:
    """Exchange a ticket for the cookie. Only a page of ours may ask."""
    if not _is_ours(request):
        return JSONResponse({"refused": "another site"}, status_code=403)
    try:
        found = json.loads(await _short_body(request))
        ticket = found["ticket"]
        token = await run_sync(session.database().run, SYSTEM, auth.redeem, str(ticket))
    except (ValueError, KeyError, TypeError, SignedOut):
        return JSONResponse({"refused": "ticket"}, status_code=403)
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    answer.set_cookie(value=token, **cookie.attributes(session.database().settings))
    return answer


async def _short_body(request: Request) -> bytes:
    """Return the body, as far as it is short: nobody has signed in yet, and a length may be left unsaid."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_BODY:
            return b""
    return body


def _is_ours(request: Request) -> bool:
    """Say whether the request comes from a page of this very site: the browser says so, no script can.

    Else another site could sign a visitor in as somebody else.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] == request.headers.get("host")


async def session_script(_request: Request) -> Response:
    """Answer with the script that posts the ticket."""
    return _script("session.js")


async def focus_script(_request: Request) -> Response:
    """Answer with the script that puts the keyboard into the first box of a dialog."""
    return _script("focus.js")


async def drafts_script(_request: Request) -> Response:
    """Answer with the script that keeps what is typed into a box over a reload."""
    return _script("drafts.js")


def _script(name: str) -> Response:
    return FileResponse(
        Path(__file__).with_name(name), media_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )


async def icon(_request: Request) -> Response:
    """Answer with the mark."""
    return FileResponse(brand.ICON_FILE, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


async def health(_request: Request) -> Response:
    """Say whether the database answers."""
    try:
        await run_sync(session.database().ask, SYSTEM, auth.needs_setup)
    except Exception:  # noqa: BLE001 - whatever it is, we are not well; the log has it from the page that failed
        return JSONResponse({"ok": False}, status_code=503)
    return JSONResponse({"ok": True})


ROUTES: Final = [
    Route(SESSION, open_session, methods=["POST"]),
    Route(SESSION_SCRIPT, session_script),
    Route(FOCUS_SCRIPT, focus_script),
    Route(DRAFTS_SCRIPT, drafts_script),
    Route(HEALTH, health),
    Route("/favicon.png", icon),
    *files.ROUTES,
]
