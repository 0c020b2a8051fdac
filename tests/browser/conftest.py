"""A real server and a real browser: one of each for a worker, a fresh context for every test.

A test fails when a page raises in the browser, when Streamlit shows an exception, and when anything at all is
asked of another host.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Playwright,
    TimeoutError,  # noqa: A004 - the tool's own
    expect,
    sync_playwright,
)

from db import migrate
from services import auth, company
from services.kit.unit_of_work import Database
from services.settings import ROOT, Settings
from tests.browser.patience import teach
from tests.factories import World

PASSWORD = "meadow-kettle-42"
ROLES = ("administrator", "leader", "sales_manager", "sales", "finance", "viewer")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip
SECONDS = 60
"""How long something may take before it counts as never; nothing is measured by it."""


def chromium() -> str | None:
    """Return the installed browser, or None to use the test tool's own."""
    named = os.environ.get("CHROME")
    found = [named] if named else [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    return next((path for path in found if path), None)


def free_port() -> int:
    """Return a port nobody listens on. SANDTABLE_TEST_PORT sets where the search begins."""
    first = int(os.environ.get("SANDTABLE_TEST_PORT", "0"))
    for port in range(first, first + 9) if first else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    pytest.fail("no free port")


@dataclass
class Server:
    """A running portal and its database, which a test may write to while the server runs."""

    port: int
    database: Database
    folder: Path
    process: subprocess.Popen[bytes]
    people: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def world(self) -> World:
        """Return a builder of records in its database."""
        return World(self.database)

    def log(self) -> str:
        """Return what it has written so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End it and wait for its end: its port is free then."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.database.engine.dispose()


def start(folder: Path, **variables: str) -> Server:
    """Start a server on a database in a folder; wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'portal.db'}"
    database = Database.from_settings(Settings(_env_file=None, database_url=url))
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SANDTABLE_", "STREAMLIT_"))},
        "SANDTABLE_DATABASE_URL": url,
        **variables,
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    server = Server(port, database, folder, process)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{server.url}/portal/health", timeout=2) as answer:
                if answer.status == 200:
                    return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        if process.poll() is not None:
            break
    said = server.log()
    server.stop()
    pytest.fail(f"the server did not start:\n{said[-2000:]}")


def seed(server: Server) -> None:
    """Make one team, one person a role (`leader`, `sales` …, all with PASSWORD) and a few records."""
    world = server.world
    team = world.team("Northern team")
    hashed = auth.hash_password(PASSWORD)
    for role in ROLES:
        user = world.user(role, login=role, name=f"{role.replace('_', ' ').title()} Person", team_id=team.id)
        world.do(_give_hash, user.id, hashed)
        server.people[role] = user
    owner = server.people["sales"].id
    for number in range(1, 6):
        customer = world.customer(name=f"Customer {number} 客户", owner_id=owner)
        world.contact(customer, name=f"Contact {number}")
        world.lead(name=f"Lead {number} 线索", company=f"Company {number}", owner_id=owner)
        world.opportunity(name=f"Opportunity {number} 商机", customer_id=customer.id, owner_id=owner)


def _give_hash(uow: Any, user_id: int, hashed: str) -> None:
    # One hash for all: each takes a quarter of a second.
    from db.models import User

    uow.session.get(User, user_id).password_hash = hashed


def mark_as_demo(server: Server) -> None:
    """Let the sign-in page list the accounts."""
    rows = [{"login": role, "name": user.name, "role": role} for role, user in server.people.items()]
    for key, value in {"demo": True, "demo_password": PASSWORD, "demo_sign_ins": rows}.items():
        server.world.do(company.set_value, key, value)


@pytest.fixture(scope="session")
def server(work_dir: Path) -> Iterator[Server]:
    """Return a running portal with a few people and records."""
    folder = Path(tempfile.mkdtemp(dir=work_dir))
    made = Database.from_settings(Settings(_env_file=None, database_url=f"sqlite:///{folder / 'portal.db'}"))
    migrate.upgrade(made.engine)
    made.engine.dispose()
    running = start(folder)
    seed(running)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Return the test tool."""
    teach()
    with sync_playwright() as tool:
        yield tool


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Return a browser."""
    opened = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
    yield opened
    opened.close()


@dataclass
class Watch:
    """What went wrong on the pages of a test."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def over(self, page: Page, url: str) -> None:
        """Listen to a page."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._console(message.text))
        page.on("request", lambda request: self._request(request.url, url))

    def _console(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.errors.append(text)

    def _request(self, asked: str, url: str) -> None:
        if not asked.startswith((url, url.replace("http", "ws", 1), "data:", "blob:")):
            self.outside.append(asked)


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """Return a browser that has never been here; whatever it opens is watched."""
    watch = Watch()
    opened = browser.new_context(
        base_url=server.url, locale="en-US", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
    )
    opened.set_default_timeout(SECONDS * 1000)
    opened.on("page", lambda page: watch.over(page, server.url))
    yield opened
    shown = [
        page.get_by_test_id("stException").first.inner_text()
        for page in opened.pages
        if not page.is_closed() and page.get_by_test_id("stException").count()
    ]
    opened.close()
    assert [] == shown
    assert [] == watch.errors
    assert [] == watch.outside


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Return a page of a browser that has never been here."""
    expect.set_options(timeout=SECONDS * 1000)
    return context.new_page()


@pytest.fixture
def sign_in(page: Page) -> Callable[..., Page]:
    """Return what signs a page in: `sign_in("leader", "/sandbox")`."""

    def enter(login: str = "leader", address: str = "/", *, password: str = PASSWORD, on: Page | None = None) -> Page:
        opened = on or page
        opened.goto(address)
        fill(opened, login, password)
        opened.get_by_test_id("stSidebarNav").wait_for()
        settle(opened)
        return opened

    return enter


def fill(page: Page, login: str, password: str) -> None:
    """Fill in the sign-in form and send it."""
    page.locator("input[autocomplete=username]").fill(login)
    page.locator("input[autocomplete=current-password]").fill(password)
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()


def settle(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def choose(where: Locator, label: str, option: str) -> None:
    """Choose in a picker."""
    pick(where.get_by_label(label), where.page.get_by_role("option", name=option, exact=True))


def pick(opener: Locator, option: Locator) -> None:
    """Open a list of choices and press one; a run of the script that comes between closes the list again."""
    settle(opener.page)
    for _ in range(9):
        opener.click()
        with contextlib.suppress(TimeoutError):
            option.click(timeout=SECONDS * 100)
            break
    else:
        pytest.fail(f"never to be pressed: {option}")
    settle(opener.page)
