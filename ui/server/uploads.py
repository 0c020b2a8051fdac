"""What a browser uploads lies on the disk from its first megabyte on; the framework is given a stand-in for it.

The framework keeps uploads in memory until the session is over: a file of 110 MB took 224 MB while it came and 117 from
then on, and takes 10 this way (measured). So its address is answered in two steps: the file is kept by
services/imports/uploads.py under the name it has on the page, then the framework is told of a file of that name in
which nothing stands but `STAND_IN`, or why it was not kept: of an answer in numbers the page says only the number.
"""

from __future__ import annotations

import json
import re
from secrets import token_hex
from typing import IO, Any, Final

from anyio.to_thread import run_sync
from starlette.datastructures import MutableHeaders, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.auth import SignedIn, SignedOut
from services.imports import uploads
from services.kit.errors import Forbidden, Refusal
from services.kit.transfer.cells import IN_A_CHILD
from services.kit.transfer.room import no_room
from services.kit.transfer.staging import message_of, plain
from ui import i18n, session
from ui.server.gate import WHO, is_below, signed_in

ADDRESS: Final = "/_stcore/upload_file"
STAND_IN: Final = b"\0on the disk of this server\0"
_REFUSED: Final = b"\0not on the disk of this server\0"
"""Stands before the reason."""
_NO_NAME: Final = ("", "application/octet-stream")
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
        elif await self._is_done(scope, receive, send) and scope["method"] == "DELETE":
            await run_sync(_drop, scope[WHO], one["name"])

    async def _is_done(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Let the framework answer; return whether it has done what it was asked for."""
        status = 0

        async def send_and_see(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self.app(scope, receive, send_and_see)
        return 200 <= status < 300  # noqa: PLR2004

    async def _keep(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        who: SignedIn = scope[WHO]
        coming = _Coming(receive, self.most + _FRAME)
        try:
            await run_sync(_ask, who, name)  # before the first byte of it is read
            told, content = await self._taken(name, scope, coming)
        except ClientDisconnect:
            return
        except (_TooLargeError, Refusal, MultiPartException, HTTPException, ValueError) as error:
            await _refusal(error, who)(scope, receive, send)
            return
        body, boundary = _stand_in(*told, content)
        # Another site's page, a session that is gone: then the framework does not take it.
        if not await self._is_done(_with_headers(scope, len(body), boundary), _replay(body, receive), send):
            await run_sync(_drop, who, name)

    async def _taken(self, name: str, scope: Scope, coming: _Coming) -> tuple[tuple[str, str], bytes]:
        """Return name and type of the file that has come, and what the framework is to hold of it."""
        told = _NO_NAME
        try:
            # Fields beside the file would be held in memory: 300 MB of them were.
            async with Request(scope, coming.receive).form(max_files=1, max_fields=0) as form:
                (brought,) = (one for one in form.values() if isinstance(one, UploadFile))
                told = (brought.filename or "", brought.content_type or _NO_NAME[1])
                await run_sync(_put, HTTPConnection(scope), name, brought.file)
        except OSError as error:  # the folder in which it lies while it comes
            refusal = no_room(error.strerror)
        except Refusal as found:  # by the disk, or since nobody is signed in any more
            refusal = found
        else:
            return told, STAND_IN
        await coming.to_its_end()
        return told, refused(refusal)


def refused(refusal: Refusal) -> bytes:
    """Return what the framework is to hold of a file that was not kept."""
    return _REFUSED + json.dumps(plain(refusal.message)).encode()


def refusal_in(content: bytes) -> Refusal | None:
    """Return why a file was not kept, from what the framework holds of it; None if it was."""
    if not content.startswith(_REFUSED):
        return None
    message = message_of(json.loads(content.removeprefix(_REFUSED)))
    return Refusal(message.text, **message.params)


def _ask(who: SignedIn, name: str) -> None:
    session.database().ask(who.actor, uploads.find, name)


def _put(connection: HTTPConnection, name: str, file: IO[bytes]) -> None:
    who = signed_in(connection)  # once more: a large file takes its time
    if who is None:
        raise SignedOut
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


class _Coming:
    """The body of a request; it fails once more than so many bytes have come: a length may be left unsaid, or wrong."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._come = 0
        self._is_over = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._come += len(message.get("body", b""))
        self._is_over = not message.get("more_body", False)
        if self._come > self._most:
            raise _TooLargeError
        return message

    async def to_its_end(self) -> None:
        """Let the rest of it pass: a browser that is answered before it has sent all tells of a broken line."""
        while not self._is_over:
            if (await self.receive())["type"] == "http.disconnect":
                raise ClientDisconnect


def _stand_in(name: str, media_type: str, content: bytes) -> tuple[bytes, str]:
    """Return the body of an upload of a file of that content, and its boundary."""
    boundary = token_hex(16)
    # As browsers do it.
    said = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    media_type = media_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", media_type) else "application/octet-stream"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{said}"\r\n'
    head += f"Content-Type: {media_type}\r\n\r\n"
    # What is half a character is none, whatever encoding a request says its names have.
    return head.encode(errors="replace") + content + f"\r\n--{boundary}--\r\n".encode(), boundary


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
