"""`python cli.py jobs`: what the terminal answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.settings import ROOT


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "cli.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


def jobs(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SANDTABLE_")}
    return subprocess.run(
        [sys.executable, "cli.py", "--database-url", url, "jobs", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_jobs_are_listed_run_and_refused_by_name(url: str) -> None:
    listed = jobs(url)
    assert (0, "") == (listed.returncode, listed.stderr)
    assert listed.stdout.startswith("recycle ")
    assert "last -" in listed.stdout
    ran = jobs(url, "--run", "recycle")
    assert (0, "recycle: 0 customer, 0 lead\n") == (ran.returncode, ran.stdout)
    due = jobs(url, "--due")
    assert (0, "Nothing is due.\n") == (due.returncode, due.stdout)
    unknown = jobs(url, "--run", "nonsense")
    assert 2 == unknown.returncode
    assert unknown.stdout.startswith("There is no job “nonsense”.")
    assert "Traceback" not in unknown.stdout + unknown.stderr
