"""Downloads by our own route: the framework's media ids collide, and need no sign-in (measured).

A link is a single-use ticket bound to one session. When it is fetched, session, permission and scope are looked
up again, and the file is made then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Final
from urllib.parse import quote

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from services import downloads
from services.auth import SignedIn
from services.downloads import Offered
from services.kit.errors import Refusal
from services.kit.transfer import exporting
from ui import i18n, session
from ui.server.addresses import FILES
from ui.server.gate import signed_in

_PORTION: Final = 256 * 1024
_IN_MEMORY: Final = 4 * 1024 * 1024


async def download(request: Request) -> Response:
    """Hand over the file of a token to the session it was offered to, once."""
    who = await run_sync(signed_in, request)
    if who is None:
        return PlainTextResponse("Sign in first.", status_code=403)
    try:
        offered, file = await run_sync(_make, request.path_params["token"], who)
    except Refusal as refusal:
        with i18n.using(who.actor.language):
            return PlainTextResponse(i18n.say(refusal), status_code=410, headers={"Cache-Control": "no-store"})
    return StreamingResponse(
        _portions(file),
        media_type=exporting.MEDIA_TYPES[offered.file_format],
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(offered.file_name)}",
            "Cache-Control": "no-store",
        },
    )


def _make(token: str, who: SignedIn) -> tuple[Offered, IO[bytes]]:
    """Redeem the token and write its file; beyond some megabytes it lies on disk, not in memory."""
    database = session.database()
    offered = database.run(who.actor, downloads.redeem, token, who)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    if offered.content is not None:
        file.write(offered.content)
    elif offered.entity is not None:
        with i18n.using(offered.language):
            language = offered.language
            exporting.export_list(
                database,
                who.actor,
                offered.entity,
                file,
                file_format=offered.file_format,
                wanted=offered.query,
                words=lambda text: i18n.translate(text, language),
            )
    file.seek(0)
    return offered, file


def _portions(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while portion := file.read(_PORTION):
            yield portion


ROUTES: Final = [Route(f"{FILES}/{{token}}", download)]
