"""Signing in and out, in a real browser against a real server."""

from __future__ import annotations

import http.client
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, expect

from db import migrate
from services import auth, users
from services.kit import query
from services.kit.unit_of_work import Database
from services.leads import LEAD
from services.settings import Settings
from tests.browser.conftest import PASSWORD, Server, chromium, fill, seed, settle, start
from ui.i18n import translate
from ui.menu import MENU
from ui.server.gate import GATED

SignIn = Callable[..., Page]
COOKIE = "sandtable"


@pytest.fixture
def fresh(work_dir: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Server]]:
    """Return what starts another server, whose first request is the test's own."""
    started: list[Server] = []

    def begin(*, with_people: bool = True, **variables: str) -> Server:
        folder = work_dir / f"fresh-{request.node.name.replace('/', '-')}-{len(started)}"
        folder.mkdir()
        database = Database.from_settings(Settings(_env_file=None, database_url=f"sqlite:///{folder / 'portal.db'}"))
        migrate.upgrade(database.engine)
        if with_people:
            seed(Server(0, database, folder, None))  # type: ignore[arg-type]
        database.engine.dispose()
        started.append(start(folder, **variables))
        return started[-1]

    yield begin
    for server in started:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def ask(server: Server, path: str, method: str = "GET", *, body: str | None = None, **headers: str) -> Any:
    """Send one request and return the answer, read."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, body=body, headers={name.replace("_", "-"): v for name, v in headers.items()})
    answer = connection.getresponse()
    answer.text = answer.read().decode("utf-8", errors="replace")  # type: ignore[attr-defined]
    connection.close()
    return answer


def token_of(context: BrowserContext) -> str:
    return next(one["value"] for one in context.cookies() if one["name"] == COOKIE)


def gated_status(server: Server, token: str) -> int:
    """Return what a request for metrics gets with a token: 200 while its session lives."""
    return int(ask(server, "/_stcore/metrics", Cookie=f"{COOKIE}={token}").status)


# --- in -----------------------------------------------------------------------------------------------------


def test_signing_in_sets_a_cookie_that_no_script_and_no_other_site_can_use(
    sign_in: SignIn, context: BrowserContext
) -> None:
    page = sign_in("leader")
    cookie = next(one for one in context.cookies() if one["name"] == COOKIE)
    assert (True, "Strict", "/", False) == (cookie["httpOnly"], cookie["sameSite"], cookie["path"], cookie["secure"])
    assert 43 == len(cookie["value"])
    assert cookie["value"] not in page.evaluate("document.cookie")
    assert cookie["value"] not in page.content()
    assert cookie["value"] not in page.url


def test_a_deep_link_survives_the_sign_in(sign_in: SignIn) -> None:
    page = sign_in("sales", "/leads?status=in%3Anew&from=mail")
    assert page.url.endswith("/leads?status=in%3Anew&from=mail")
    expect(page.get_by_role("heading", name="Leads")).to_be_visible()


def test_a_reload_and_a_new_tab_stay_signed_in(sign_in: SignIn, context: BrowserContext) -> None:
    page = sign_in("sales", "/leads")
    page.reload()
    expect(page.get_by_role("heading", name="Leads")).to_be_visible()
    other = context.new_page()
    other.goto("/customers")
    expect(other.get_by_role("heading", name="Customers")).to_be_visible()


def test_a_wrong_password_is_told_and_signs_nobody_in(page: Page, context: BrowserContext) -> None:
    page.goto("/leads")
    fill(page, "viewer", "wrong-password-1")
    expect(page.get_by_text("Sign-in name and password do not match")).to_be_visible()
    assert COOKIE not in {one["name"] for one in context.cookies()}


def test_the_menu_shows_what_the_role_includes(sign_in: SignIn) -> None:
    page = sign_in("viewer", "/customers")
    shown = set(page.get_by_test_id("stSidebarNavLink").all_inner_texts())
    assert {"Customers", "Opportunities", "Sandbox"} <= {name.strip().splitlines()[-1] for name in shown}
    assert not any("Users" in name or "Leads" in name for name in shown)


def test_a_page_outside_the_role_says_so_and_shows_nothing(sign_in: SignIn) -> None:
    page = sign_in("viewer", "/users")
    expect(page.get_by_text("Your role does not include this page.")).to_be_visible()
    assert "Administrator Person" not in page.get_by_test_id("stMain").inner_text()


def test_the_language_is_chosen_before_and_kept_after(page: Page, server: Server) -> None:
    page.goto("/account")
    page.get_by_text("简体中文").click()
    expect(page.get_by_label(in_chinese("Sign-in name"))).to_be_visible()
    fill(page, "finance", PASSWORD)
    page.get_by_test_id("stSidebarNav").wait_for()
    expect(page.get_by_role("heading", name=in_chinese("Your account"))).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("stSidebarNav").get_by_text(in_chinese("Customers"))).to_be_visible()
    assert "zh_CN" == server.world.ask(_language_of, server.people["finance"].id)
    server.world.do(users.update, server.people["finance"].id, {"language": "en"})


def test_the_language_is_switched_in_the_persons_menu(sign_in: SignIn, server: Server) -> None:
    page = sign_in("finance", "/customers")
    page.get_by_test_id("stSidebar").get_by_test_id("stPopover").get_by_role("button").click()
    page.get_by_text("简体中文").click()
    expect(page.get_by_role("heading", name=in_chinese("Customers"))).to_be_visible()
    server.world.do(users.update, server.people["finance"].id, {"language": "en"})


def in_chinese(message: str) -> str:
    """Return what the catalogue says; a message it lacks would make the test pass for nothing."""
    said = translate(message, "zh_CN")
    assert message != said
    return said


def test_a_browser_in_chinese_is_greeted_in_chinese(browser: Browser, server: Server) -> None:
    context = browser.new_context(base_url=server.url, locale="zh-CN")
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_label(in_chinese("Sign-in name"))).to_be_visible(timeout=60_000)
    context.close()


# --- out ----------------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_on_the_server(sign_in: SignIn, context: BrowserContext, server: Server) -> None:
    page = sign_in("leader")
    token = token_of(context)
    assert 200 == gated_status(server, token)
    page.get_by_test_id("stSidebar").get_by_test_id("stPopover").get_by_role("button").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
    assert 403 == gated_status(server, token)


def test_a_stolen_cookie_is_worth_nothing_after_the_session_ended(
    sign_in: SignIn, context: BrowserContext, browser: Browser, server: Server
) -> None:
    world = server.world
    user = server.people["sales_manager"]
    for end in (
        lambda: world.do(users.update, user.id, {"role": "viewer"}),
        lambda: world.do(users.update, user.id, {"role": "sales_manager"}),
        lambda: world.do(auth.end_all, user.id),
        lambda: world.do(auth.set_password, user.id, PASSWORD),
        lambda: world.do(users.disable, user.id),
    ):
        page = context.new_page()
        sign_in("sales_manager", "/customers", on=page)
        stolen = token_of(context)
        thief = browser.new_context(base_url=server.url)
        thief.add_cookies([{"name": COOKIE, "value": stolen, "url": server.url}])
        assert 200 == gated_status(server, stolen)
        end()
        assert 403 == gated_status(server, stolen)
        seen = thief.new_page()
        seen.goto("/customers")
        seen.locator("input[autocomplete=username]").wait_for(timeout=60_000)
        assert "Customer 1" not in seen.content()
        thief.close()
        page.close()
        context.clear_cookies()
    world.do(users.enable, user.id)


def test_a_write_on_a_page_whose_session_ended_elsewhere_says_so_and_writes_nothing(
    sign_in: SignIn, server: Server
) -> None:
    page = sign_in("administrator", "/account")
    user = server.people["administrator"]
    page.get_by_text("简体中文").first.wait_for()
    server.world.do(auth.end_all, user.id)
    page.get_by_test_id("stMain").get_by_text("简体中文").click()
    expect(page.get_by_text(re.compile("session has ended|signed out"))).to_be_visible()
    assert "en" == server.world.ask(_language_of, user.id)


def test_a_dialog_whose_session_ended_elsewhere_says_so_and_writes_nothing(sign_in: SignIn, server: Server) -> None:
    page = sign_in("leader", "/leads")
    page.get_by_role("button", name="New lead").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Full name *").or_(dialog.get_by_label("Name *")).first.fill("Written too late")
    dialog.get_by_label("Company *").fill("Nobody & Sons")
    settle(page)
    server.world.do(auth.end_all, server.people["leader"].id)
    # Not by the mouse: it would leave the box first, whose run finds the session ended and takes the button away.
    dialog.get_by_role("button", name="Create lead").evaluate("button => button.click()")
    expect(page.get_by_text(re.compile("session has ended|signed out")).first).to_be_visible()
    assert "Written too late" not in set(server.world.ask(query.frame, LEAD)["name"])


def _language_of(uow: Any, user_id: int) -> str:
    from db.models import User

    return str(uow.session.get_one(User, user_id).language)


def test_a_person_ends_another_device(sign_in: SignIn, browser: Browser, server: Server) -> None:
    phone = browser.new_context(base_url=server.url, locale="en-US", user_agent="Mozilla/5.0 (iPhone) Safari/605")
    phone.set_default_timeout(60_000)
    other = phone.new_page()
    sign_in("viewer", "/customers", on=other)
    token = token_of(phone)
    page = sign_in("viewer", "/account")
    row = page.locator("[class*=st-key-device_]", has_text="iPhone")
    row.get_by_role("button", name="End").click()
    expect(row).to_have_count(0)
    assert 403 == gated_status(server, token)
    phone.close()


# --- without a session --------------------------------------------------------------------------------------


def test_the_first_request_to_a_fresh_server_gets_the_sign_in_and_nothing_else(
    fresh: Callable[..., Server], browser: Browser
) -> None:
    for entry in (MENU[2], MENU[-2]):
        server = fresh()
        context = browser.new_context(base_url=server.url, locale="en-US")
        page = context.new_page()
        frames: list[Any] = []
        page.on("websocket", partial(_listen, frames))
        page.goto(f"/{entry.url_path}")
        page.locator("input[autocomplete=username]").wait_for(timeout=60_000)
        settle(page)
        said = page.content() + "".join(str(frame) for frame in frames)
        assert frames
        assert "Lead 1" not in said
        assert "Administrator Person" not in said
        assert 0 == page.get_by_test_id("stSidebarNav").count()
        context.close()


def _listen(frames: list[Any], socket: WebSocket) -> None:
    socket.on("framereceived", lambda frame: frames.append(frame))  # noqa: PLW0108 - a built-in method takes no mark


@pytest.mark.parametrize("path", GATED)
@pytest.mark.parametrize("cookie", ["", "x" * 43, "' OR 1=1", "x" * 5_000])
def test_uploads_media_metrics_and_files_need_a_live_session(server: Server, path: str, cookie: str) -> None:
    for written in (path, f"{path}/abc", f"/{path}/abc", f"{path}/"):
        for method in ("GET", "PUT", "POST", "DELETE", "HEAD"):
            headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
            assert 403 == ask(server, written, method, **headers).status


def test_every_answer_has_the_headers_of_caution(server: Server) -> None:
    for path in ("/", "/leads", "/static/none.js", "/portal/health", "/portal/session.js", "/_stcore/metrics"):
        answer = ask(server, path)
        assert "nosniff" == answer.headers["X-Content-Type-Options"]
        assert "DENY" == answer.headers["X-Frame-Options"]
        assert "same-origin" == answer.headers["Referrer-Policy"]
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert answer.headers["Strict-Transport-Security"] is None


def test_under_tls_cookie_and_headers_say_so(fresh: Callable[..., Server]) -> None:
    server = fresh(SANDTABLE_SECURE_COOKIES="true")
    ticket = auth.sign_in(server.database, "leader", PASSWORD)
    answer = ask(server, "/portal/session", "POST", body=f'{{"ticket": "{ticket}"}}', Sec_Fetch_Site="same-origin")
    assert 204 == answer.status
    written = answer.headers["Set-Cookie"]
    assert written.startswith("__Host-sandtable=")
    for part in ("HttpOnly", "SameSite=strict", "Path=/", "Secure"):
        assert part.lower() in written.lower()
    assert "max-age=31536000; includeSubDomains" == answer.headers["Strict-Transport-Security"]


def test_a_ticket_is_taken_once_from_our_own_page_alone(server: Server) -> None:
    ticket = auth.sign_in(server.database, "leader", PASSWORD)
    body = f'{{"ticket": "{ticket}"}}'
    for headers in ({}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "http://evil.example"}):
        assert 403 == ask(server, "/portal/session", "POST", body=body, **headers).status
    ours = {"Origin": server.url}
    assert 204 == ask(server, "/portal/session", "POST", body=body, **ours).status
    assert 403 == ask(server, "/portal/session", "POST", body=body, **ours).status
    for broken in ("", "{}", "[]", "null", '{"ticket": 1}', "x" * 5_000):
        assert 403 == ask(server, "/portal/session", "POST", body=broken, **ours).status


def test_a_socket_from_another_site_or_to_another_name_is_refused(server: Server) -> None:
    common = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    assert 101 == ask_socket(server, {**common, "Origin": server.url})
    assert 403 == ask_socket(server, {**common, "Origin": "http://evil.example"})
    assert 403 == ask_socket(server, {**common, "Host": "evil.example", "Origin": "http://evil.example"})


def ask_socket(server: Server, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/_stcore/stream", headers={name.replace("_", "-"): v for name, v in headers.items()})
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_frameworks_files_come_compressed(server: Server) -> None:
    script = re.search(r'src="\./(static/js/index\.[^"]+)"', ask(server, "/").text)
    assert script is not None
    answer = ask(server, f"/{script[1]}", Accept_Encoding="gzip")
    assert ("gzip", 200) == (answer.headers["Content-Encoding"], answer.status)
    assert "immutable" in answer.headers["Cache-Control"]
    assert ask(server, f"/{script[1]}").headers["Content-Encoding"] is None


# --- the first start ----------------------------------------------------------------------------------------


def test_a_first_start_prints_a_secret_that_makes_the_administrator(
    fresh: Callable[..., Server], browser: Browser
) -> None:
    server = fresh(with_people=False)
    printed = re.search(r"first administrator: (\S+)", server.log())
    assert printed is not None
    context = browser.new_context(base_url=server.url, locale="en-US")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/account")
    page.get_by_label("Set-up secret").fill(printed[1])
    page.get_by_label("Your name").fill("Bo Chief")
    page.get_by_label("Sign-in name").fill("boss")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create administrator").click()
    page.get_by_test_id("stSidebarNav").wait_for()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    context.close()


def test_a_fault_of_ours_is_a_number_on_the_screen_and_a_masked_line_in_the_log(
    fresh: Callable[..., Server], browser: Browser
) -> None:
    server = fresh()
    context = browser.new_context(base_url=server.url, locale="en-US")
    page = context.new_page()
    page.goto("/")
    page.locator("input[autocomplete=username]").wait_for(timeout=60_000)
    with server.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE user_session RENAME TO gone")
    fill(page, "leader", PASSWORD)
    shown = page.get_by_text(re.compile("Tell support this number: [0-9A-F]{8}"))
    shown.wait_for(timeout=60_000)
    number = re.search(r"[0-9A-F]{8}", shown.inner_text())
    assert number is not None
    assert "gone" not in page.content()
    assert "user_session" not in page.content()
    log = server.log()
    assert f"reference {number[0]}" in log
    assert "no such table" in log
    assert [] == re.findall(r".*(?:\$2b\$|\b[0-9a-f]{64}\b).*", log)
    context.close()


def test_there_is_a_browser() -> None:
    assert chromium() is not None
