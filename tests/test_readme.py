"""The entity of the README is made as it stands there, and has all that is promised."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Runs in an interpreter of its own: a new table would stay in the metadata of the other tests.
PROMISES = """
import io, os, sys, types
from datetime import UTC, datetime
from pathlib import Path

blocks = sys.stdin.read().split("\\n=====\\n")
model_code, entity_code, grant_code, page_code = blocks

def module(name, code):
    made = types.ModuleType(name)
    sys.modules[name] = made
    exec(compile(code, name, "exec"), made.__dict__)
    return made

model = module("db.models.trade_fair", model_code)
from services.kit import permissions
module_grants = eval("{" + grant_code + "}", vars(permissions))
assert not any(module_grants.keys() & granted.keys() for granted in permissions._GRANTS.values()), "the house has it"
permissions._GRANTS = {
    role: {**granted, **(module_grants if role == "sales_manager" else {})}
    for role, granted in permissions._GRANTS.items()
}
TRADE_FAIR = module("services.trade_fairs", entity_code).TRADE_FAIR

from sqlalchemy import text
from db import search
from db.base import Base
from db.engine import make_engine
from services import registry
from services.kit import query, records
from services.kit.actor import SYSTEM
from services.kit.clock import Clock
from services.kit.errors import Forbidden
from services.kit.query import Query
from services.kit.transfer.exporting import export
from services.kit.transfer.importing import run_import
from services.kit.transfer.mapping import match_columns
from services.kit.transfer.reading import read_table
from services.kit.unit_of_work import Database
from services.settings import Settings
from tests.factories import World

settings = Settings(_env_file=None, database_url=f"sqlite:///{sys.argv[1]}/example.db")
engine = make_engine(settings.database_url)
with engine.begin() as connection:
    Base.metadata.create_all(connection)
    for statement in search.sqlite_search_ddl("trade_fair"):
        connection.execute(text(statement))
database = Database(engine, settings, Clock.at(datetime(2026, 6, 15, 4, 0, tzinfo=UTC)))
world = World(database)
team = world.team()
ann = world.actor("sales_manager", team_id=team.id)
eve = world.actor("sales_manager", team_id=world.team().id)
bob = world.actor("sales")

made = world.make(TRADE_FAIR, ann, name="Hall 3 展会", worth="high", budget=5_000_00)
assert ["Hall 3 展会"] == list(world.ask(query.page, TRADE_FAIR, by=ann).frame["name"]), "list"
found = world.ask(query.page, TRADE_FAIR, Query(search="展会").where("worth", "in", "high"), by=ann)
assert 1 == found.count, "search and filter"
assert 0 == world.ask(query.page, TRADE_FAIR, by=eve).count, "data scope"
try:
    world.ask(query.page, TRADE_FAIR, by=bob)
    raise SystemExit("a role without the permission may read")
except Forbidden:
    pass
world.do(records.update, TRADE_FAIR, made.id, {"worth": "low"}, version=1, by=ann)
assert {"worth": ["high", "low"]} == world.ask(records.history, TRADE_FAIR, made.id, by=ann)[0]["changes"], "audit"

table = read_table("Name,Worth going,Budget\\nOther 别处,High,12万\\nThird,Nonsense,1\\n".encode(), "fairs.csv")
from services.kit.transfer.outcome import Options
mapped = match_columns(TRADE_FAIR, table)
outcome = world.do(run_import, TRADE_FAIR, table, mapped, Options(skip_bad=True), by=ann)
assert (1, [(3, "Worth going")]) == (outcome.created, [(one.row, one.column) for one in outcome.errors]), outcome
target = io.BytesIO()
assert 2 == world.do(export, TRADE_FAIR, target, file_format="csv", by=ann), "export"
assert "Other 别处" in target.getvalue().decode("utf-8-sig"), target.getvalue()
world.do(records.delete, TRADE_FAIR, made.id, by=ann)
assert 1 == world.ask(query.page, TRADE_FAIR, by=ann).count, "recycle bin"
world.do(records.restore, TRADE_FAIR, made.id, by=ann)

from streamlit.testing.v1 import AppTest
from ui import session
session.use(database)
session.actor = lambda: ann
from services.auth import SignedIn
session.signed_in = lambda: None
page = Path(sys.argv[1]) / "trade_fairs.py"
page.write_text(page_code, encoding="utf-8")
shown = AppTest.from_file(str(page), default_timeout=30).run()
assert not shown.exception, shown.exception
assert 1 == len(shown.dataframe), "grid"
assert "Hall 3 展会" in shown.dataframe[0].value.to_string(), shown.dataframe[0].value
assert any("New trade fair" == button.label for button in shown.button), "the main action"
print("kept")
"""


def test_the_entity_of_the_readme_has_all_that_is_promised(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert 4 == len(blocks)
    lines = [line for block in blocks for line in block.splitlines() if line and not line.startswith(("from ", '"""'))]
    assert len(lines) <= 40
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROMISES), str(tmp_path)],
        input="\n=====\n".join(blocks),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "kept" in done.stdout, done.stderr[-3000:]
