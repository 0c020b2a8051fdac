"""The house keeps its own rules: floors, pages, entities, files; and what the documents say is true."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from db.base import Base, Owned, Record, Searchable, table_of
from db.models.user import ROLES as ROLE_NAMES
from services.kit import entity as entities
from services.kit import fields, permissions, query
from services.kit.entity import Entity
from services.registry import ALL
from services.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
FLOORS = ("db", "services", "seed", "ui", "pages", "commands")
PAGES = sorted(path for path in (ROOT / "pages").rglob("*.py") if path.name != "__init__.py")
LONGEST_FILE = 400
ROLES = tuple(ROLE_NAMES)
# Entities that have permissions but no list of their own.
SPECIAL = {"plan", "criteria_set", "estimate", "audit_entry", "setting", "recycle_bin"}


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def code(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def calls(tree: ast.AST) -> Iterable[tuple[str, int]]:
    """Yield what is called, dotted, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- the tree -----------------------------------------------------------------------------------------------


def test_no_page_lies_where_the_framework_would_run_it_without_the_gate() -> None:
    assert [] == [short(path) for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py"]
    assert (ROOT / "ui" / "main.py").is_file()
    assert not (ROOT / "ui" / "pages").exists()


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_the_first_line_of_a_page_is_its_permission_check(path: Path) -> None:
    statements = [
        node
        for node in code(path).body
        if not isinstance(node, ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    assert ast.unparse(statements[0]).startswith("page.require(")


def test_no_choice_of_several_offers_the_word_of_the_framework() -> None:
    """Its “Select all” is English in every language."""
    found = [
        (short(path), {word.arg for word in node.keywords})
        for path in sources("ui", "pages")
        for node in ast.walk(code(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.multiselect"
    ]
    assert found
    assert [] == [path for path, words in found if "select_all" not in words]


def test_there_are_pages() -> None:
    assert 10 <= len(PAGES)


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_a_page_catches_nothing(path: Path) -> None:
    assert [] == [node.lineno for node in ast.walk(code(path)) if isinstance(node, ast.Try)]


@pytest.mark.parametrize("path", sources("ui", "pages"), ids=short)
def test_screens_never_reach_past_the_services(path: Path) -> None:
    imported = {
        name.partition(".")[0]
        for node in ast.walk(code(path))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert set() == imported & {"db", "sqlalchemy", "alembic", "sqlite3", "psycopg"}


@pytest.mark.parametrize("path", sources(*FLOORS), ids=short)
def test_no_markup_is_made_from_data(path: Path) -> None:
    unsafe = [
        node.lineno
        for node in ast.walk(code(path))
        if isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html"
    ]
    assert [] == unsafe


def test_time_is_read_in_one_place() -> None:
    readers = re.compile(r"(datetime|date)\.(now|utcnow|today)$|^time\.time$")
    found = [
        f"{short(path)}:{line} {name}"
        for path in sources(*FLOORS)
        if short(path) != "services/kit/clock.py"
        for name, line in calls(code(path))
        if readers.search(name)
    ]
    assert [] == found


def test_engines_are_made_in_one_place() -> None:
    found = {
        short(path) for path in sources(*FLOORS) for name, _ in calls(code(path)) if name.endswith("create_engine")
    }
    assert {"db/engine.py"} == found


def test_services_flush_and_never_commit() -> None:
    found = [
        f"{short(path)}:{line}"
        for path in sources("services", "seed")
        for name, line in calls(code(path))
        if name.endswith((".commit", ".rollback"))
    ]
    assert [] == found


@pytest.mark.parametrize(
    "path", [*sources(*FLOORS), ROOT / "app.py", ROOT / "cli.py", ROOT / "cli_import.py"], ids=short
)
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_FILE


# --- tables and entities ------------------------------------------------------------------------------------


def test_every_record_has_version_dates_and_bin() -> None:
    common = {"id", "version", "created_at", "updated_at", "deleted_at", "deleted_in", "created_by_id", "updated_by_id"}
    missing = {
        mapper.class_.__name__: common - set(table_of(mapper.class_).c.keys())
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Record)
    }
    assert {} == {name: gap for name, gap in missing.items() if gap}


def test_every_constraint_has_a_name() -> None:
    nameless = [
        f"{table.name}: {constraint}"
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if constraint.name is None
    ]
    assert [] == nameless


def test_the_register_holds_every_entity_once() -> None:
    assert sorted(entity.key for entity in ALL) == sorted(set(entities.ENTITIES) & {entity.key for entity in ALL})
    assert len(ALL) == len({entity.key for entity in ALL})
    assert set() == set(entities.ENTITIES) - {entity.key for entity in ALL} - SPECIAL


@pytest.mark.parametrize("entity", ALL, ids=lambda entity: entity.key)
class TestEntity:
    def test_every_name_it_offers_is_a_field_with_a_label(self, entity: Entity) -> None:
        offered = {
            *entity.grid,
            *entity.more_columns,
            *entity.writable,
            *entity.filters,
            *entity.match,
            *entity.required,
        }
        assert set() == offered - set(entity.fields)
        assert [] == [name for name, field in entity.fields.items() if not field.label.strip()]

    def test_its_form_asks_for_everything_the_table_demands(self, entity: Entity) -> None:
        demanded = {
            name
            for name, field in entity.fields.items()
            if field.required
            and name not in ("created_at", "updated_at")
            and table_of(entity.model).c[name].default is None
        }
        set_by_verbs = demanded - set(entity.writable)
        assert set() == {
            name for name in set_by_verbs if entity.fields[name].kind in ("text", "email", "phone", "money")
        }

    def test_no_field_is_asked_for_twice(self, entity: Entity) -> None:
        assert sorted(set(entity.writable)) == sorted(entity.writable)

    def test_it_is_sorted_by_what_is_indexed(self, entity: Entity) -> None:
        assert entity.sort == "id" or entity.fields[entity.sort].sortable

    def test_what_is_sortable_is_indexed_with_the_key(self, entity: Entity) -> None:
        indexed = {tuple(index.columns.keys()) for index in table_of(entity.model).indexes}
        assert [] == [name for name, field in entity.fields.items() if field.sortable and (name, "id") not in indexed]

    def test_its_filters_have_operators(self, entity: Entity) -> None:
        assert [] == [name for name in entity.filters if entity.fields[name].kind not in query.OPERATORS]

    def test_its_title_is_a_column(self, entity: Entity) -> None:
        assert entity.title in table_of(entity.model).c

    def test_its_children_and_references_exist(self, entity: Entity) -> None:
        assert [] == [child.entity for child in entity.children if child.entity not in entities.ENTITIES]
        assert [] == [
            child.link for child in entity.children if child.link not in entities.ENTITIES[child.entity].fields
        ]

    def test_somebody_may_read_it(self, entity: Entity) -> None:
        assert any(f"{entity.key}.read" in permissions.grants_of(role) for role in ROLES)

    def test_an_owned_record_has_a_rule_of_who_sees_it(self, entity: Entity) -> None:
        assert not entity.is_owned or entity.scope is not None

    def test_what_is_searched_is_marked_on_columns(self, entity: Entity) -> None:
        marked = [name for name, field in entity.fields.items() if field.searchable]
        assert issubclass(entity.model, Searchable) == bool(marked)


def test_owned_tables_are_indexed_by_owner_and_team() -> None:
    gaps = []
    for mapper in Base.registry.mappers:
        if issubclass(mapper.class_, Owned):
            first = {index.columns.keys()[0] for index in table_of(mapper.class_).indexes}
            gaps += [f"{mapper.class_.__name__}.{name}" for name in ("owner_id", "team_id") if name not in first]
    assert [] == gaps


def test_permissions_are_granted_for_known_entities_only() -> None:
    granted = {permission.partition(".")[0] for role in ROLES for permission in permissions.grants_of(role)}
    assert set() == granted - {entity.key for entity in ALL} - SPECIAL


def test_a_role_nobody_wrote_down_may_nothing() -> None:
    assert {} == dict(permissions.grants_of("stranger"))


def test_every_kind_has_parser_type_and_operators() -> None:
    used = {field.kind for entity in ALL for field in entity.fields.values()}
    assert set() == used - fields.KINDS
    assert fields.KINDS == frozenset(fields._TYPES)
    assert set() == fields.KINDS - set(query.OPERATORS)


# --- the documents ------------------------------------------------------------------------------------------


def table_rows(path: Path) -> list[list[str]]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_table_of_settings_is_complete_and_true() -> None:
    documented = {row[0].strip("` "): row[1:] for row in table_rows(README) if row[0].startswith("`SANDTABLE_")}
    expected = {f"SANDTABLE_{name.upper()}": field.description for name, field in Settings.model_fields.items()}
    assert expected == {name: row[-1].rstrip(" |") for name, row in documented.items()}


def test_the_defaults_in_the_table_are_those_of_the_code() -> None:
    documented = {row[0].strip("` "): row[1] for row in table_rows(README) if row[0].startswith("`SANDTABLE_")}
    for name, field in Settings.model_fields.items():
        if name == "database_url":
            continue  # a path of this machine
        default = (
            ""
            if field.default is None
            else f"`{str(field.default).lower() if field.default in (True, False) else field.default}`"
        )
        assert default == documented[f"SANDTABLE_{name.upper()}"], name


def test_the_sign_ins_in_the_readme_are_those_of_the_demo() -> None:
    from seed.company import PEOPLE
    from seed.demo import PASSWORD

    roles = dict(ROLE_NAMES)
    documented = {row[0].strip("` "): row[1] for row in table_rows(README) if row[1:2] and row[1] in roles.values()}
    assert {login: roles[role] for login, _, role, _, _ in PEOPLE} == documented
    assert f"`{PASSWORD}`" in README.read_text(encoding="utf-8")


def test_the_commands_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set()
    for path in (README, ROOT / "CONTRIBUTING.md", ROOT / ".ci" / "run"):
        named |= set(
            re.findall(r"(?:^|`|exec )make(?: --[a-z-]+)* ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        )
    assert {"run", "test", "check"} <= named
    assert set() == named - targets


def test_ci_runs_what_the_readme_names() -> None:
    assert "make --no-print-directory check" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "`make check`" in README.read_text(encoding="utf-8")


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for path in [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        targets = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        broken += [f"{short(path)}: {to}" for to in targets if "://" not in to and not (path.parent / to).exists()]
    assert [] == broken


def test_every_decision_is_listed_in_the_architecture() -> None:
    listed = set(re.findall(r"\(adr/([^)]+)\)", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")))
    written = {path.name for path in (ROOT / "docs" / "adr").glob("*.md")}
    assert written == listed
    assert {f"{number:04d}" for number in range(1, 19)} <= {name[:4] for name in written}


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda path: path.stem[:4])
def test_a_decision_says_why_and_what_follows(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [] == [heading for heading in ("## Decision", "## Why", "## What follows") if heading not in text]


def test_files_and_names_in_the_architecture_exist() -> None:
    named = re.findall(
        r"`((?:db|services|ui|pages|commands|seed|tests|docs|bench|locale|\.ci)/[\w./-]*)`", _documents()
    )
    # Files of the example in the README are made by whoever follows it.
    assert [] == sorted({name for name in named if "trade_fair" not in name and not (ROOT / name).exists()})


def _documents() -> str:
    paths = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


# --- what is shipped ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_by_hash_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [] == re.findall(r"https?://|--(?:extra-)?index-url|--find-links|file:", text)
    pinned = re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE)
    assert text.count("--hash=sha256:") >= len(pinned) > 20


def test_the_locks_serve_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for lock, wanted in (
        ("requirements.lock", project["dependencies"]),
        ("requirements-dev.lock", [*project["dependencies"], *project["optional-dependencies"]["dev"]]),
    ):
        pinned = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))
        names = {re.split(r"[\[<>=; ]", requirement)[0].lower().replace("_", "-") for requirement in wanted}
        assert set() == names - pinned, lock


def test_no_file_names_a_path_or_a_host_of_somebodys_machine() -> None:
    ours = [
        path for name in (*FLOORS, "tests", "docs", "bench", "locale", ".ci") for path in (ROOT / name).rglob("*.*")
    ]
    ours += [path for path in ROOT.iterdir() if path.suffix in (".py", ".md", ".toml", ".ini", ".yaml")]
    suspicious = re.compile(r"/home/\w+/|/root/|/Users/\w+/|file:///[a-z]+/\w+/")
    text = (".py", ".md", ".toml", ".ini", ".yaml", ".po", ".csv", ".mako")
    found = [
        short(path)
        for path in ours
        if path.suffix in text and path != Path(__file__) and suspicious.search(path.read_text(encoding="utf-8"))
    ]
    assert [] == found
