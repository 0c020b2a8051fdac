"""What a browser uploads lies on the disk from its first megabyte on; the framework is given a stand-in for it.

The framework keeps uploads in memory until the session is over: a file of 110 MB took 224 MB while it came and 117 from
then on, and takes 10 this way (measured). So its address is answered in two steps: the file is kept by
services/imports/uploads.py under the name it has on the page, then the framework is told of a file of that name in
which nothing stands but `STAND_IN`.
"""

from __future__ import annotations

import re
from secrets import token_hex
from typing import IO, Any, Final

from anyio.to_thread import run_sync
from starlette.datastructures import MutableHeaders, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.auth import SignedIn
from services.imports import uploads
from services.kit.errors import Forbidden, Refusal
from services.kit.transfer.cells import IN_A_CHILD
from ui import i18n, session
from ui.server.gate import WHO, is_below

ADDRESS: Final = "/_stcore/upload_file"
STAND_IN: Final = b"\0on the disk of this server\0"
_ONE: Final = re.compile(ADDRESS + r"/[^/]+/(?P<name>[^/]+)")
_FRAME: Final = 64 * 1024
"""Bytes that a body may have beside the file."""


class _TooLargeError(Exception):
    pass


class Uploads:
    """Puts what is uploaded on the disk."""

    def __init__(self, app: ASGIApp, *, most: int = IN_A_CHILD.bytes) -> None:
        """Stand before an app, behind the gate; `most`: bytes of a file."""
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep a file, forget one, or let the request through."""
        if scope["type"] != "http" or not is_below(ADDRESS, scope["path"]) or scope["method"] in ("GET", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        one = _ONE.fullmatch(scope["path"])
        if one is None:
            await PlainTextResponse("Not found.", status_code=404)(scope, receive, send)
        elif scope["method"] == "PUT":
            await self._keep(one["name"], scope, receive, send)
        else:
            await run_sync(_drop, scope[WHO], one["name"])
            await self.app(scope, receive, send)

    async def _keep(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        who: SignedIn = scope[WHO]
        request = Request(scope, _limited(receive, self.most + _FRAME))
        try:
            await run_sync(_ask, who, name)  # before the first byte of it is read
            async with request.form(max_files=1) as form:
                (brought,) = (one for one in form.values() if isinstance(one, UploadFile))
                await run_sync(_put, who, name, brought.file)
                told = (brought.filename or "", brought.content_type or "application/octet-stream")
        except ClientDisconnect:
            return
        except (_TooLargeError, Forbidden, Refusal, MultiPartException, HTTPException, ValueError) as error:
            await _refusal(error, who)(scope, receive, send)
            return
        body, boundary = _stand_in(*told)
        status = 0

        async def send_and_see(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self.app(_with_headers(scope, len(body), boundary), _replay(body, receive), send_and_see)
        if not 200 <= status < 300:  # noqa: PLR2004 - the framework did not take it: another site's page, a session gone
            await run_sync(_drop, who, name)


def _ask(who: SignedIn, name: str) -> None:
    session.database().ask(who.actor, uploads.find, name)


def _put(who: SignedIn, name: str, file: IO[bytes]) -> None:
    session.database().ask(who.actor, uploads.keep, name, file)


def _drop(who: SignedIn, name: str) -> None:
    try:
        session.database().ask(who.actor, uploads.drop, name)
    except Refusal:  # nothing of theirs can be there
        return


def _refusal(error: Exception, who: SignedIn) -> PlainTextResponse:
    if isinstance(error, _TooLargeError):
        return PlainTextResponse("File too large.", status_code=413)
    if isinstance(error, Refusal):
        status = 403 if isinstance(error, Forbidden) else 422
        with i18n.using(who.actor.language):
            return PlainTextResponse(i18n.say(error), status_code=status)
    return PlainTextResponse("One file is expected.", status_code=400)


def _limited(receive: Receive, most: int) -> Receive:
    """Return a `receive` that fails once more than so many bytes have come: a length may be left unsaid, or wrong."""
    come = 0

    async def limited() -> Message:
        nonlocal come
        message = await receive()
        come += len(message.get("body", b""))
        if come > most:
            raise _TooLargeError
        return message

    return limited


def _stand_in(name: str, media_type: str) -> tuple[bytes, str]:
    """Return the body of an upload of a file in which nothing stands, and its boundary."""
    boundary = token_hex(16)
    # As browsers do it.
    said = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    media_type = media_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", media_type) else "application/octet-stream"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{said}"\r\n'
    head += f"Content-Type: {media_type}\r\n\r\n"
    return head.encode() + STAND_IN + f"\r\n--{boundary}--\r\n".encode(), boundary


def _with_headers(scope: Scope, length: int, boundary: str) -> dict[str, Any]:
    changed = {**scope, "headers": list(scope["headers"])}
    headers = MutableHeaders(scope=changed)
    headers["content-length"] = str(length)
    headers["content-type"] = f"multipart/form-data; boundary={boundary}"
    del headers["transfer-encoding"]
    return changed


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay
