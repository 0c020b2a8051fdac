"""What is uploaded lies on the disk; the framework behind gets a stand-in of the same name, or nothing at all."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit.actor import Actor
from services.kit.errors import Refusal
from services.kit.transfer.cells import Limits
from tests.factories import World
from ui import session
from ui.server.gate import WHO
from ui.server.uploads import ADDRESS, STAND_IN, Uploads, refusal_in
from ui.upload import Brought

MOST = 2_000_000
ONE = f"{ADDRESS}/session/one"
FORM = "multipart/form-data; boundary=b"


def body(*files: tuple[str, str, bytes], boundary: str = "b") -> list[bytes]:
    """Return files (field, name, content) as a browser sends them, in pieces."""
    parts: list[bytes] = []
    for field_, name, content in files:
        said = name.replace('"', "%22")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field_}"; filename="{said}"\r\n'
        parts += [f"{head}Content-Type: text/csv\r\n\r\n".encode(), content, b"\r\n"]
    return [*parts, f"--{boundary}--\r\n".encode()]


A_FILE = body(("file", "a.csv", b"a"))
A_FIELD = [b'--b\r\nContent-Disposition: form-data; name="field"\r\n\r\nin memory\r\n']


@dataclass
class Behind:
    """The framework: what it was told, and what it answers."""

    app: ASGIApp
    folder: Any
    who: Actor
    told: list[Any] = field(default_factory=list)
    status: int = 204
    is_signed_in: bool = True

    async def answer(self, request: Request) -> Response:
        """Read the form as the framework does."""
        if request.method == "PUT":
            async with request.form() as form:
                (file,) = (one for one in form.values() if isinstance(one, UploadFile))
                self.told.append((file.filename, file.content_type, await file.read()))
        else:
            self.told.append(request.method)
        return PlainTextResponse("", status_code=self.status)

    def ask(
        self, method: str, path: str, parts: Iterable[bytes] = (), kind: str = FORM, *, is_whole: bool = True
    ) -> int | None:
        """Send a request in pieces, of which none says how many follow; return the status of the answer."""
        coming = chain(parts, [b""] if is_whole else [])
        answered: list[int] = []

        async def receive() -> Message:
            piece = next(coming, None)
            if piece is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece, "more_body": piece != b""}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.append(message["status"])

        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"content-type", kind.encode()), (b"transfer-encoding", b"chunked")],
        }  # fmt: skip
        with ThreadPoolExecutor(1) as apart:  # a test in a browser may have left a loop running in this thread
            apart.submit(anyio.run, self.app, scope, receive, send).result()
        return answered[0] if answered else None

    @property
    def kept(self) -> dict[str, bytes]:
        """Return what lies on the disk of the person who asks, by name."""
        return {file.name: file.read_bytes() for file in self.folder.glob(f"{self.who.user_id}/*")}


@pytest.fixture
def behind(sqlite_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Behind:
    """Return what stands behind, asked by a seller."""
    monkeypatch.setattr("services.imports.uploads.root_of", lambda _settings: tmp_path)
    monkeypatch.setattr(session, "database", lambda: sqlite_world.database)
    found = Behind(None, tmp_path / "uploads", sqlite_world.actor("sales_manager"))  # type: ignore[arg-type]

    class SignedInAs:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            scope[WHO] = SimpleNamespace(actor=found.who)
            await self.app(scope, receive, send)

    def again(_connection: HTTPConnection) -> Any:
        return SimpleNamespace(actor=found.who) if found.is_signed_in else None

    monkeypatch.setattr("ui.server.uploads.signed_in", again)
    found.app = Starlette(
        routes=[Route(ADDRESS + "/{session}/{name}", found.answer, methods=["PUT", "DELETE", "OPTIONS", "HEAD"])],
        middleware=[Middleware(SignedInAs), Middleware(Uploads, most=MOST)],
    )
    return found


def test_the_file_is_on_the_disk_and_a_stand_in_behind(behind: Behind) -> None:
    name = '客户 "new"; list.csv'
    content = bytes(range(256)) * 1_000
    assert 204 == behind.ask("PUT", ONE, body(("file", name, content)))
    ((told, kind, stood),) = behind.told
    assert (name.replace('"', "%22"), "text/csv", STAND_IN) == (told, kind, stood)
    assert {"one": content} == behind.kept


def test_one_that_is_removed_on_the_page_is_removed_from_the_disk(behind: Behind) -> None:
    behind.ask("PUT", ONE, A_FILE)
    assert 204 == behind.ask("DELETE", ONE)
    assert {} == behind.kept
    assert "DELETE" == behind.told[-1]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 405), ("PATCH", 405), ("DELETE", 403)])
def test_one_is_removed_only_when_the_framework_has_removed_it(behind: Behind, method: str, status: int) -> None:
    behind.ask("PUT", ONE, A_FILE)
    behind.status = status
    assert status == behind.ask(method, ONE)
    assert {"one": b"a"} == behind.kept


def test_who_is_signed_out_while_it_comes_brings_nothing(behind: Behind) -> None:
    def pieces() -> Iterator[bytes]:
        yield A_FILE[0]
        behind.is_signed_in = False
        yield from A_FILE[1:]

    assert 204 == behind.ask("PUT", ONE, pieces())
    assert ["You are signed out; nothing was saved. Sign in again and repeat the last step."] == refusals(behind)
    assert {} == behind.kept


def test_a_name_with_half_a_character_is_a_name(behind: Behind) -> None:
    name = "a\\ud800.csv"  # an encoding of names that may spell it
    assert 204 == behind.ask("PUT", ONE, body(("file", name, b"a")), FORM + "; charset=unicode_escape")
    assert ["a?.csv"] == [told for told, _, _ in behind.told]
    assert {"one": b"a"} == behind.kept


def test_a_full_disk_is_told_on_the_page_when_all_has_come(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it lies while it comes: of an answer in numbers the page would show the number alone."""

    class Full(io.BytesIO):
        """What lies in memory as long as it is small."""

        def __init__(self, **_in_memory: int) -> None:
            super().__init__()

        def write(self, data: Any, /) -> int:
            if self.tell() + len(data) > 500:
                raise OSError(28, "No space left on device")
            return super().write(data)

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", Full)
    waiting = iter([A_FILE[0], *[b"x" * 1_000] * 10, *A_FILE[2:]])
    assert 204 == behind.ask("PUT", ONE, waiting)
    assert [] == list(waiting), "a browser that is answered before it has sent all tells of a broken line"
    assert ["The server has no room for this file: No space left on device."] == refusals(behind)
    assert {} == behind.kept


def test_why_it_is_not_kept_is_told_on_the_page(
    behind: Behind, sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.imports.uploads.IN_A_CHILD", Limits(bytes=0))
    assert 204 == behind.ask("PUT", ONE, A_FILE)
    assert ["A file has 0 MB at most."] == refusals(behind)
    assert {} == behind.kept
    brought = Brought("one", "a.csv", behind.told[0][2])
    with pytest.raises(Refusal, match="at most"):
        sqlite_world.ask(brought.source, by=behind.who)


def refusals(behind: Behind) -> list[str]:
    """Return what the page is to say of the files that the framework was told of."""
    return [str(refusal_in(content)) for _, _, content in behind.told]


def test_what_the_framework_does_not_take_is_not_kept(behind: Behind) -> None:
    behind.status = 400
    assert 400 == behind.ask("PUT", ONE, A_FILE)
    assert {} == behind.kept


def test_too_much_is_refused_while_it_comes(behind: Behind) -> None:
    seen = 0

    def pieces() -> Iterator[bytes]:
        nonlocal seen
        for piece in body(("file", "a.csv", b""))[:1] + [b"x" * 1_000] * 10_000:
            seen += len(piece)
            yield piece

    assert 413 == behind.ask("PUT", ONE, pieces())
    assert seen < MOST + 100_000, "the rest is not waited for"
    assert ([], {}) == (behind.told, behind.kept)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (body(("a", "a.csv", b"a"), ("b", "b.csv", b"b")), FORM),
        ([*A_FIELD, *A_FILE], FORM),
        ([*A_FILE[:-1], *A_FIELD, A_FILE[-1]], FORM),
        ([b"a=b"], "application/x-www-form-urlencoded"),
        ([b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--b--\r\n'], FORM),
        ([b"nothing of a form"], "text/csv"),
        ([b"x"], FORM),
        ([b"x"], "multipart/form-data"),
        ([], FORM),
    ],
)
def test_what_is_not_one_file_is_refused(behind: Behind, sent: list[bytes], kind: str) -> None:
    assert 400 == behind.ask("PUT", ONE, sent, kind)
    assert ([], {}) == (behind.told, behind.kept)


def test_who_may_import_nothing_is_refused_before_anything_is_read(behind: Behind, sqlite_world: World) -> None:
    behind.who = sqlite_world.actor("viewer")

    waiting = iter(A_FILE)
    assert 403 == behind.ask("PUT", ONE, waiting)
    assert A_FILE == list(waiting)
    assert ([], {}) == (behind.told, behind.kept)


@pytest.mark.parametrize("path", [ADDRESS, ADDRESS + "/", ADDRESS + "/a", ADDRESS + "/a/b/c", "/" + ONE, ONE + "/"])
@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
def test_no_other_way_of_writing_the_address_leads_past(behind: Behind, path: str, method: str) -> None:
    assert 404 == behind.ask(method, path, A_FILE)
    assert ([], {}) == (behind.told, behind.kept)


@pytest.mark.parametrize("name", ["..", "a.b", "%2e%2e", "a b", "x" * 65])
def test_a_name_that_is_none_is_refused(behind: Behind, name: str) -> None:
    assert 422 == behind.ask("PUT", f"{ADDRESS}/session/{name}", A_FILE)
    assert [] == list(behind.folder.glob("**/*"))


def test_asking_what_is_allowed_goes_through(behind: Behind) -> None:
    assert 204 == behind.ask("OPTIONS", ONE)
    assert ["OPTIONS"] == behind.told


def test_whoever_goes_away_on_the_way_leaves_nothing(behind: Behind) -> None:
    assert behind.ask("PUT", ONE, A_FILE[:2], is_whole=False) is None
    assert ([], {}) == (behind.told, behind.kept)


@pytest.mark.parametrize(("pieces", "is_whole", "status"), [(15, False, None), (30, True, 413)])
def test_nothing_stays_open_of_what_was_broken_off_or_is_too_large(
    behind: Behind, pieces: int, is_whole: bool, status: int | None
) -> None:
    place = Path("/proc/self/fd")
    if not place.is_dir():
        pytest.skip("only where what is open can be listed")

    def lying() -> int:
        held = 0
        for one in list(place.iterdir()):
            with suppress(FileNotFoundError):  # that of the listing itself
                held += str(one.readlink()).endswith("(deleted)")
        return held

    before = lying()
    gc.disable()  # it looks rarely where much is loaded (kit/garbage.py)
    try:
        large = [A_FILE[0], *[b"x" * 100_000] * pieces]  # from a megabyte on it lies on the disk
        assert status == behind.ask("PUT", ONE, large, is_whole=is_whole)
        assert before == lying()
    finally:
        gc.enable()
