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

model = module("db.models.competitor", model_code)
from services.kit import permissions
module_grants = eval("{" + grant_code + "}", vars(permissions))
# Of the roles, this one alone is granted it, whatever the house itself calls by the same name.
permissions._GRANTS = {
    role: {key: grant for key, grant in granted.items() if key not in module_grants}
    | (module_grants if role == "sales_manager" else {})
    for role, granted in permissions._GRANTS.items()
}
COMPETITOR = module("services.competitors", entity_code).COMPETITOR

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
    for statement in search.sqlite_search_ddl("competitor"):
        connection.execute(text(statement))
database = Database(engine, settings, Clock.at(datetime(2026, 6, 15, 4, 0, tzinfo=UTC)))
world = World(database)
team = world.team()
ann = world.actor("sales_manager", team_id=team.id)
eve = world.actor("sales_manager", team_id=world.team().id)
bob = world.actor("sales")

made = world.make(COMPETITOR, ann, name="Rival 对手", threat="high", revenue=5_000_00)
assert ["Rival 对手"] == list(world.ask(query.page, COMPETITOR, by=ann).frame["name"]), "list"
found = world.ask(query.page, COMPETITOR, Query(search="对手").where("threat", "in", "high"), by=ann)
assert 1 == found.count, "search and filter"
assert 0 == world.ask(query.page, COMPETITOR, by=eve).count, "data scope"
try:
    world.ask(query.page, COMPETITOR, by=bob)
    raise SystemExit("a role without the permission may read")
except Forbidden:
    pass
world.do(records.update, COMPETITOR, made.id, {"threat": "low"}, version=1, by=ann)
assert {"threat": ["high", "low"]} == world.ask(records.history, COMPETITOR, made.id, by=ann)[0]["changes"], "audit"

table = read_table("Name,Threat,Annual revenue\\nOther 别家,High,12万\\nThird,Nonsense,1\\n".encode(), "rivals.csv")
from services.kit.transfer.outcome import Options
mapped = match_columns(COMPETITOR, table)
outcome = world.do(run_import, COMPETITOR, table, mapped, Options(skip_bad=True), by=ann)
assert (1, [(3, "Threat")]) == (outcome.created, [(one.row, one.column) for one in outcome.errors]), outcome
target = io.BytesIO()
assert 2 == world.do(export, COMPETITOR, target, file_format="csv", by=ann), "export"
assert "Other 别家" in target.getvalue().decode("utf-8-sig"), target.getvalue()
world.do(records.delete, COMPETITOR, made.id, by=ann)
assert 1 == world.ask(query.page, COMPETITOR, by=ann).count, "recycle bin"
world.do(records.restore, COMPETITOR, made.id, by=ann)

from streamlit.testing.v1 import AppTest
from ui import session
session.use(database)
session.actor = lambda: ann
from services.auth import SignedIn
session.signed_in = lambda: None
page = Path(sys.argv[1]) / "competitors.py"
page.write_text(page_code, encoding="utf-8")
shown = AppTest.from_file(str(page), default_timeout=30).run()
assert not shown.exception, shown.exception
assert 1 == len(shown.dataframe), "grid"
assert "Rival 对手" in shown.dataframe[0].value.to_string(), shown.dataframe[0].value
assert any("New competitor" == button.label for button in shown.button), "the main action"
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
