"""An import that is killed at any moment loses nothing and doubles nothing: real processes, real kills."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from db.models import Customer, ImportRow
from services import imports
from services.customers import CUSTOMER
from services.settings import ROOT
from tests.factories import World

ROWS = 24_000
KILLS = 6


def start(world: World, number: int) -> subprocess.Popen[bytes]:
    settings = world.database.settings
    return subprocess.Popen(
        [sys.executable, "-m", "services.imports.worker", str(number)],
        cwd=ROOT,
        env={**os.environ, "SANDTABLE_DATABASE_URL": settings.database_url},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()  # it alone: its helpers have to notice
    process.wait()


def count(world: World, model: Any) -> int:
    return world.ask(lambda uow: uow.session.execute(select(func.count()).select_from(model)).scalar_one())


def state(world: World, number: int) -> str:
    return world.ask(imports.get, number).state


@pytest.mark.parametrize("seed", [1])
def test_every_row_comes_in_once_however_often_the_import_is_killed(world: World, tmp_path: Path, seed: int) -> None:
    lines = [f"K{at},Company {at} 科技有限公司,{at % 500},+86 138 {at:08d}" for at in range(ROWS)]
    content = "Code,Name,Employees,Phone\n" + "\n".join(lines) + "\n"
    number = world.do(imports.bring, CUSTOMER, content.encode(), "f.csv", goal="store", folder=tmp_path / "imports")
    dice = random.Random(seed)
    seen = [0]
    for _ in range(KILLS):
        process = start(world, number)
        pause = dice.uniform(0.5, 6)
        end = time.monotonic() + pause
        # Half of the kills wait until rows come in, so that storing is met and not only the reading.
        waits = dice.random() < 0.5
        while time.monotonic() < end + (60 if waits else 0) and process.poll() is None:
            time.sleep(0.05)
            if waits and count(world, Customer) > seen[-1]:
                break
        kill(process)
        batch = world.ask(imports.get, number)
        stored = count(world, Customer)
        assert (stored, stored) == (count(world, ImportRow), batch.created if stored else 0)
        seen.append(stored)
        if batch.state == "ready":
            break
        world.do(imports.resume, number)
    if state(world, number) != "ready":
        process = start(world, number)
        assert 0 == process.wait(timeout=300)
    batch = world.ask(imports.get, number)
    assert ("ready", "store", ROWS, 0) == (batch.state, batch.stage, batch.created, batch.wrong)
    codes = world.ask(lambda uow: uow.session.execute(select(Customer.code)).scalars().all())
    assert sorted(f"K{at}" for at in range(ROWS)) == sorted(codes)
    assert sorted(seen) == seen
    if world.database.engine.dialect.name == "sqlite":
        with world.database.engine.connect() as connection:
            assert "ok" == connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            connection.exec_driver_sql("INSERT INTO customer_search(customer_search) VALUES ('integrity-check')")


def test_an_import_runs_in_a_process_of_its_own_and_tells_how_far_it_is(world: World, tmp_path: Path) -> None:
    number = world.do(imports.bring, CUSTOMER, b"Name\nA\nB\n", "f.csv", goal="store", folder=tmp_path / "imports")
    imports.launch(world.database, number)
    end = time.monotonic() + 240
    while state(world, number) == "working" and time.monotonic() < end:
        time.sleep(0.2)
    batch = world.ask(imports.get, number)
    assert ("ready", "store", 2, 2) == (batch.state, batch.stage, batch.done, batch.created)


def test_what_an_import_in_the_background_fails_by_stands_beside_its_file(world: World, tmp_path: Path) -> None:
    number = world.do(imports.bring, CUSTOMER, b"Name\nOne\n", "f.csv", folder=tmp_path / "imports")
    imports.run_here(world.database, number)
    (place,) = (tmp_path / "imports").iterdir()
    for block in (place / "blocks").iterdir():
        block.write_bytes(b"no longer what was written")
    world.do(imports.check, number)
    imports.launch(world.database, number)
    end = time.monotonic() + 120
    while state(world, number) == "working" and time.monotonic() < end:
        time.sleep(0.1)
    assert state(world, number) == "stopped"
    while "ArrowInvalid" not in (said := (place / "import.log").read_text(encoding="utf-8")):
        assert time.monotonic() < end, said
        time.sleep(0.1)
    assert "Traceback" in said
