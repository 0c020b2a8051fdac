"""What is found once a run, once a process or written by a short cut says the same as the long way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from services.kit.actor import SYSTEM
from services.kit.unit_of_work import Database
from tests.factories import World
from tests.pages.app import Portal
from ui import format as fmt
from ui import i18n, menu


@pytest.mark.parametrize("code", sorted(i18n.LANGUAGES))
@pytest.mark.parametrize(
    "value", [0, 7, -1, 999, 1_000, -1_234_567, 10**15, 0.5, 1234.5678, Decimal("1234.50"), Decimal(1), 1.0]
)
def test_a_number_is_written_as_the_language_writes_it(code: str, value: float | Decimal) -> None:
    with i18n.using(code):
        assert format_decimal(value, locale=code) == fmt.number(value)


@pytest.mark.parametrize("code", sorted(i18n.LANGUAGES))
def test_days_and_instants_are_written_as_the_language_writes_them(code: str, portal: Portal) -> None:
    zone = ZoneInfo(portal.database.settings.time_zone)
    instant = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    with i18n.using(code):
        for _ in range(2):  # the second comes from memory
            assert format_date(date(2026, 2, 3), format="medium", locale=code) == fmt.day(date(2026, 2, 3))
            assert format_datetime(instant, format="medium", tzinfo=zone, locale=code) == fmt.instant(instant)


@pytest.mark.parametrize(("code", "expected"), [("en", "2:00\u202fAM"), ("zh_CN", "02:00")])
def test_a_full_minute_has_no_seconds(code: str, expected: str, portal: Portal) -> None:
    zone = ZoneInfo(portal.database.settings.time_zone)
    with i18n.using(code):
        assert fmt.instant(datetime(2026, 2, 3, 2, 0, tzinfo=zone)).endswith(expected)
        assert "2:00:07" in fmt.instant(datetime(2026, 2, 3, 2, 0, 7, tzinfo=zone))


@pytest.mark.parametrize(("code", "expected"), [("en", "9 months ago"), ("zh_CN", "9 个月前")])
def test_how_long_ago_is_spaced_as_every_other_number_of_days(code: str, expected: str, portal: Portal) -> None:
    with i18n.using(code):
        assert expected == fmt.ago(portal.database.clock.now() - timedelta(days=270))


def test_a_language_is_nobody_elses(portal: Portal) -> None:
    world = World(portal.database)
    chinese = world.actor("leader", language="zh_CN")
    english = world.actor("leader", language="en")
    seen = [portal.open("", one).title[0].value for one in (chinese, english, chinese)]
    assert [i18n.translate("Today", code) for code in ("zh_CN", "en", "zh_CN")] == seen


def test_pages_outside_a_run_are_made_anew() -> None:
    first, second = (menu.page(menu.MENU[0], "en") for _ in range(2))
    assert first is not second


def test_a_read_draws_no_reference_and_a_unit_of_work_keeps_its_own(database: Database) -> None:
    with database.read(SYSTEM) as uow:
        assert "reference" not in vars(uow)
        assert 16 == len(uow.reference)
        assert uow.reference == uow.reference
