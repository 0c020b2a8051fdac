"""Pages beside bare pages of the same widgets, the sandbox's slider, and a hundred people at once."""

from __future__ import annotations

import asyncio
import random
import socket
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from bench import replay, table, wire
from bench.report import Report, Row, percentile
from db import migrate
from db.models import User
from seed import demo
from services import registry  # noqa: F401 - fills the register of entities
from services.auth.sessions import issue_ticket, redeem
from services.kit.actor import SYSTEM
from services.kit.unit_of_work import Database, UnitOfWork
from services.settings import ROOT, Settings
from ui.menu import MENU

FIRST_PORT = 8651
TIMES_BARE = 2.0
MOST_CPU_MS = 60.0
TIMES_FRAGMENT = 3.0
OPPORTUNITIES = 300
"""In the open round, when the slider moves."""
USERS = 100
THINK_SECONDS = 5.0
P95_MS = 500.0
ROUNDS = 5
RERUNS = 8


@dataclass
class Stage:
    """The demo company served by ours, and the recordings served bare."""

    database: Database
    ours: wire.Server
    scored: int
    """Opportunities in the open round."""
    _tokens: dict[str, str] = field(default_factory=dict)

    def sign_in(self, login: str) -> str:
        """Return the token of a new session."""
        return self.database.run(SYSTEM, _session_of, login)

    def token(self, login: str) -> str:
        """Return the token of their one session: the account page lists a person's devices, who has a few of them."""
        if login not in self._tokens:
            self._tokens[login] = self.sign_in(login)
        return self._tokens[login]


def run(report: Report, _sizes: list[int]) -> None:
    """Measure every page, the slider, and the crowd."""
    with tempfile.TemporaryDirectory(prefix="sandtable-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'demo.db'}"
        database = Database.from_settings(Settings(_env_file=None, database_url=url))  # type: ignore[call-arg]
        migrate.upgrade(database.engine)
        demo.fill(database)
        scored = table.lay(database, OPPORTUNITIES)

        environment = {"SANDTABLE_DATABASE_URL": url, "SANDTABLE_DEMO": "true"}
        with wire.serving("app:app", _free(FIRST_PORT), ROOT, folder / "ours.log", **environment) as ours:
            stage = Stage(database, ours, scored)
            cpu = _pages(report, stage, folder)
            _crowd(report, stage, max(cpu, key=lambda page: cpu[page]))
        _queries(report, database)
        database.engine.dispose()


def _session_of(uow: UnitOfWork, login: str) -> str:
    user = uow.session.execute(select(User).where(User.login == login)).scalar_one()
    return redeem(uow, issue_ticket(uow, user.id, user.token_version, "bench"))


def _free(first: int) -> int:
    for port in range(first, first + 9):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    message = f"no free port from {first} on"
    raise RuntimeError(message)


# --- every page beside its bare twin ------------------------------------------------------------------------


def _pages(report: Report, stage: Stage, folder: Path) -> dict[str, float]:
    """Return CPU milliseconds a rerun by page."""
    group = "Rerun of a page as the leader or administrator, CPU of the server"
    recordings: dict[str, replay.Recorded] = {}
    slider: tuple[str, Any] | None = None
    for entry in MENU:
        if not (ROOT / "pages" / entry.file).is_file():
            continue
        messages, problems = asyncio.run(_opened(stage, _address(entry), _reader(entry.url_path)))
        if problems:
            report.add(Row(group, f"/{entry.url_path}", 0.0, note=f"NOT MEASURED, the page shows {problems[0]}"))
            continue
        recordings[entry.url_path] = replay.record(messages)
        if entry.url_path == "sandbox":
            slider = _slider(messages)
            if slider:
                recordings["fragment"] = _table_and_chart(messages)
    replay.save(recordings, folder / "recorded.pickle")
    environment = {"BENCH_RECORDED": str(folder / "recorded.pickle")}
    cpu: dict[str, float] = {}
    with wire.serving("bench.bare_app:app", _free(FIRST_PORT + 1), ROOT, folder / "bare.log", **environment) as bare:
        for entry in MENU:
            name = entry.url_path
            if name in recordings:
                ours, peer, wall = asyncio.run(_beside(stage, bare, _address(entry), name, _reader(name)))
                cpu[name] = ours
                left_out = ", ".join(f"{count} {kind}" for kind, count in recordings[name].left_out.items())
                goals = {
                    f"≤ {TIMES_BARE:.0f} × bare ({ours / peer:.1f})": ours <= TIMES_BARE * peer,
                    f"≤ {MOST_CPU_MS:.0f} ms": ours <= MOST_CPU_MS,
                }
                note = f"wall {wall:.0f} ms" + (f"; bare lacks {left_out}" if left_out else "")
                report.add(Row(group, f"/{name}", ours, "ms", {"bare": peer}, goals, note))
        if slider:
            _slide(report, stage, bare, slider)
    return cpu


def _address(entry: Any) -> str:
    return "" if entry.is_home else str(entry.url_path)


def _reader(page: str) -> str:
    """Return who opens a page: the one who sees most of it."""
    return "admin" if page == "users" else "leader"


async def _opened(stage: Stage, address: str, login: str) -> tuple[list[Any], list[str]]:
    async with wire.tab(stage.ours.port, stage.token(login)) as connection:
        client = wire.Client(connection, address)
        await client.run()
        fresh = wire.Client(connection, address)  # a tab that keeps nothing: every message comes whole
        run = await fresh.run()
    return run.messages, run.exceptions()


async def _beside(stage: Stage, bare: wire.Server, address: str, name: str, login: str) -> tuple[float, float, float]:
    """Return CPU milliseconds a rerun of ours and of the bare page, in turns, and the wall time of ours."""
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    wall: list[float] = []
    async with wire.tab(stage.ours.port, stage.token(login)) as one, wire.tab(bare.port, None) as other:
        sides = (
            ("ours", stage.ours, wire.Client(one, address)),
            ("bare", bare, wire.Client(other, "", f"page={name}")),
        )
        for _, _, client in sides:
            for _ in range(3):
                await client.run()
        for _ in range(ROUNDS):
            for side, server, client in sides:
                before = server.cpu()
                for _ in range(RERUNS):
                    run = await client.run()
                    if side == "ours":
                        wall.append(run.seconds * 1000)
                taken[side].append((server.cpu() - before) / RERUNS * 1000)
    return statistics.median(taken["ours"]), max(statistics.median(taken["bare"]), 0.1), statistics.median(wall)


# --- the slider ---------------------------------------------------------------------------------------------


def _slider(messages: list[Any]) -> tuple[str, Any] | None:
    """Return the fragment and the proto of the first slider that lies in one."""
    for message in messages:
        if message.WhichOneof("type") == "delta" and message.delta.fragment_id:
            element = message.delta.new_element
            if element.WhichOneof("type") == "slider":
                return message.delta.fragment_id, element.slider
    return None


def _table_and_chart(messages: list[Any]) -> replay.Recorded:
    """Return a bare fragment with the first table and the first chart of the page."""
    whole = replay.record(messages)
    found = replay.Recorded(fragment=True)
    for kind in ("dataframe", "vega_lite_chart"):
        step = next((call for _, call in whole.steps if call and call[0] == kind), None)
        if step:
            found.steps.append(((0, len(found.steps)), step))
            found.kinds[kind] += 1
    found.steps.append(((0, len(found.steps)), ("slider", ("Weight",), {"min_value": 0, "max_value": 100})))
    return found


def _slide(report: Report, stage: Stage, bare: wire.Server, slider: tuple[str, Any]) -> None:
    ours, peer, ours_wall, peer_wall = asyncio.run(_slid(stage, bare, slider))
    group = f"Slider on the sandbox to the new picture, {stage.scored} opportunities scored in the open round"
    limit = f"≤ {TIMES_FRAGMENT:.0f} × a bare fragment"
    report.add(
        Row(group, "CPU of the server", ours, "ms", {"bare": peer}, {f"{limit} ({ours / peer:.1f})": ours <= 3 * peer})
    )
    goals = {f"{limit} ({ours_wall / peer_wall:.1f})": ours_wall <= TIMES_FRAGMENT * peer_wall}
    report.add(Row(group, "until the last byte", ours_wall, "ms", {"bare": peer_wall}, goals))


async def _slid(stage: Stage, bare: wire.Server, slider: tuple[str, Any]) -> tuple[float, float, float, float]:
    cpu: dict[str, list[float]] = {"ours": [], "bare": []}
    wall: dict[str, list[float]] = {"ours": [], "bare": []}
    async with wire.tab(stage.ours.port, stage.token("leader")) as one, wire.tab(bare.port, None) as other:
        ours, peer = wire.Client(one, "sandbox"), wire.Client(other, "", "page=fragment")
        sides = []
        for side, server, client in (("ours", stage.ours, ours), ("bare", bare, peer)):
            await client.run()
            client = wire.Client(client._socket, client.page, client.query)  # noqa: SLF001, PLW2901 - a fresh cache
            found = _slider((await client.run()).messages)
            if found is None:
                message = f"no slider in a fragment ({side})"
                raise RuntimeError(message)
            sides.append((side, server, client, found))
        for turn in range(ROUNDS * 2):
            for side, server, client, (fragment, proto) in sides:
                before = server.cpu()
                for step in range(4):
                    client.widgets = _moved(proto, turn * 4 + step)
                    run = await client.run(fragment)
                    wall[side].append(run.seconds * 1000)
                cpu[side].append((server.cpu() - before) / 4 * 1000)
    del slider
    return (
        statistics.median(cpu["ours"]),
        max(statistics.median(cpu["bare"]), 0.1),
        statistics.median(wall["ours"]),
        statistics.median(wall["bare"]),
    )


def _moved(slider: Any, turn: int) -> Any:
    from streamlit.proto.WidgetStates_pb2 import WidgetStates  # noqa: PLC0415

    states = WidgetStates()
    state = states.widgets.add()
    state.id = slider.id
    span = slider.max - slider.min
    step = slider.step or 1
    value = slider.min + (int(span * (0.2 + 0.03 * (turn % 20))) // step) * step
    state.double_array_value.data.append(value)
    return states


# --- a hundred people ---------------------------------------------------------------------------------------


def _crowd(report: Report, stage: Stage, page: str) -> None:
    group = f"{USERS} people on /{page}, the busiest page, thinking {THINK_SECONDS:.0f} s"
    seconds = 45.0
    before = stage.ours.cpu()
    times, errors = asyncio.run(_together(stage, page, seconds))
    share = (stage.ours.cpu() - before) / (seconds + 12) * 100
    p50, p95 = percentile(times, 0.5) * 1000, percentile(times, 0.95) * 1000
    goals = {f"≤ {P95_MS:.0f} ms": p95 <= P95_MS, "no error": errors == 0}
    note = f"{len(times)} reruns, {errors} errors, {share:.0f} % of a core"
    report.add(Row(group, "p95", p95, "ms", {"p50": p50}, goals, note))


async def _together(stage: Stage, page: str, seconds: float) -> tuple[list[float], int]:
    dice = random.Random(1)
    address = "" if page == MENU[0].url_path else page
    # Many accounts share the sign-in of one here: sessions, not people, are what is limited.
    tokens = [stage.sign_in(_reader(page)) for _ in range(USERS)]
    times: list[float] = []
    errors = 0
    begin = time.monotonic() + 12

    async def person(token: str, late: float, seed: int) -> None:
        nonlocal errors
        own = random.Random(seed)
        try:
            await asyncio.sleep(late)
            async with wire.tab(stage.ours.port, token) as connection:
                client = wire.Client(connection, address)
                await client.run()
                await asyncio.sleep(max(begin - time.monotonic(), 0) + own.uniform(0, THINK_SECONDS))
                while time.monotonic() < begin + seconds:
                    run = await client.run()
                    times.append(run.seconds)
                    errors += bool(run.exceptions())
                    await asyncio.sleep(own.expovariate(1 / THINK_SECONDS))
        except Exception:  # noqa: BLE001 - any failure of a person is counted as one
            errors += 1

    await asyncio.gather(*(person(token, dice.uniform(0, 10), seed) for seed, token in enumerate(tokens)))
    return times, errors


# --- queries ------------------------------------------------------------------------------------------------


def _queries(report: Report, database: Database) -> None:
    """Count the SELECTs of a rerun of each page, sign-in included, in this process."""
    from streamlit.testing.v1 import AppTest  # noqa: PLC0415

    from ui import session  # noqa: PLC0415

    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            counted.append(statement)

    session.use(database)
    event.listen(database.engine, "before_cursor_execute", count)
    for entry in MENU:
        if not (ROOT / "pages" / entry.file).is_file():
            continue
        token = database.run(SYSTEM, _session_of, _reader(entry.url_path))
        session.token = lambda token=token: token  # type: ignore[assignment,misc]
        app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=60).run()
        if not entry.is_home:
            app.switch_page(str(ROOT / "pages" / entry.file)).run()
        counted.clear()
        app.run()
        limit = 4 if entry.url_path in ("leads", "customers", "opportunities", "contracts", "users") else 12
        limit += 2  # who is it: the session, and the teams below
        goals = {f"≤ {limit} with the 2 of the sign-in": len(counted) <= limit}
        report.add(Row("Queries of a rerun", f"/{entry.url_path}", len(counted), "", {}, goals))
    event.remove(database.engine, "before_cursor_execute", count)
    session.use(None)
