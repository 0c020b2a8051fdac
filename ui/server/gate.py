"""The gate before the framework's own routes, and the headers on every answer.

Streamlit serves uploads, the media store and metrics to anybody (measured: six anonymous uploads took the
server to 1 GB; a download's bytes were handed out without a cookie). Here they need a live session, looked up
in the database for every request, so that a session that has ended is refused at once.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

import streamlit
from anyio.to_thread import run_sync
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services import auth
from services.auth import SignedIn
from services.kit.actor import SYSTEM
from ui import cookie, session
from ui.server.addresses import FILES

GATED: Final = (
    "/media",
    "/component",
    "/_stcore/upload_file",
    "/_stcore/metrics",
    "/_stcore/bidi-components",
    "/_stcore/script-health-check",
    "/_stcore/agent",
    FILES,
)
"""Refused without a live session: the address itself and everything below it."""


WHO: Final = "sandtable.who"
"""Where the gate leaves whose session it is for what stands behind it, in the scope of the request."""


def is_gated(path: str) -> bool:
    """Say whether an address needs a live session."""
    return any(is_below(gated, path) for gated in GATED)


def is_below(address: str, path: str) -> bool:
    """Say whether a path is an address or below it, however it is written."""
    plain = re.sub(r"/+", "/", path).rstrip("/").lower()
    return plain == address or plain.startswith(address + "/")


def signed_in(connection: HTTPConnection) -> SignedIn | None:
    """Return the live session of a request, or None. Blocks; call it from a thread."""
    database = session.database()
    return database.ask(SYSTEM, auth.resolve, connection.cookies.get(cookie.name(database.settings)))


class Gate:
    """Refuses gated addresses without a live session."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer 403."""
        if scope["type"] == "http" and is_gated(scope["path"]):
            found = await run_sync(signed_in, HTTPConnection(scope))
            if found is None:
                await PlainTextResponse("Sign in first.", status_code=403)(scope, receive, send)
                return
            scope[WHO] = found
        await self.app(scope, receive, send)


def _inline_scripts() -> str:
    """Return the digests of the inline scripts of Streamlit's page: those alone may run."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    bodies = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def content_security_policy() -> str:
    """Return what the page may load: only from here. Vega compiles its expressions, hence 'unsafe-eval'."""
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' 'unsafe-eval' {_inline_scripts()}",
        "style-src": "'self' 'unsafe-inline'",  # the framework's styles are made at run time
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "frame-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}".strip() for name, value in rules.items())


class Headers:
    """Sets the headers of caution on every answer, refusals and errors too."""

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        """Stand before an app; `is_secure` says that it is served over TLS."""
        self.app = app
        self.headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if is_secure:
            self.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message, self.headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _add(message: MutableMapping[str, Any], headers: dict[str, str]) -> None:
    found = MutableHeaders(scope=message)
    for name, value in headers.items():
        found[name] = value
