"""A list is cleaned before it comes in: pairs of rows with tier and reasons, measured where the answer is known."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.duplicates import PERHAPS, SAME, cleaning
from services.duplicates.cleaning import Columns
from services.duplicates.listing import Pair
from services.kit.errors import Refusal
from services.kit.transfer.reading import Row, Table
from tests.duplicates import persons
from tests.duplicates.persons import EASY, HARD, MANY, Level, listed, measured

PERSON = Columns(("given_name", "surname"), ("soc_sec_id",), ("date_of_birth", "postcode", "address_1", "suburb"))


def table(rows: Sequence[dict[str, str]]) -> Table:
    header = tuple(rows[0])
    return Table("list.csv", header, tuple(Row(at, tuple(row.values())) for at, row in enumerate(rows, 2)))


def numbered(pairs: Sequence[Pair]) -> set[tuple[int, int]]:
    return {(pair.a + 1, pair.b + 1) for pair in pairs}


@pytest.mark.parametrize(("level", "seed"), [(EASY, 11), (MANY, 12), (HARD, 13)], ids=["easy", "many", "hard"])
def test_persons_are_found_whatever_was_spoiled(level: Level, seed: int) -> None:
    rows, true = listed(level, seed)
    pairs = cleaning.pairs(table(rows), PERSON)
    told = measured(numbered(pairs), true)
    assert (True, True) == (told["recall"] >= 0.99, told["precision"] >= 0.99), told
    surely = numbered([pair for pair in pairs if pair.tier == SAME])
    assert 0.999 <= measured(surely, true)["precision"]


@pytest.mark.parametrize("missing", [("soc_sec_id",), ("date_of_birth",), ("address_1", "suburb")], ids="-".join)
def test_persons_are_found_without_one_of_the_columns(missing: tuple[str, ...]) -> None:
    rows, true = listed(MANY, 14)
    exact = tuple(name for name in PERSON.exact if name not in missing)
    compare = tuple(name for name in PERSON.compare if name not in missing)
    told = measured(numbered(cleaning.pairs(table(rows), Columns(PERSON.name, exact, compare))), true)
    assert (True, True) == (told["recall"] >= 0.97, told["precision"] >= 0.98), told


def test_people_of_one_household_are_not_one_person() -> None:
    rows, true = listed(Level(800, 200, 1, 2), 15)
    dice = random.Random(99)
    words = persons._Words(dice)
    for row in rows[:100]:
        # Somebody else of the same family at the same address.
        other = words.person()
        kept = ("surname", "address_1", "address_2", "suburb", "postcode", "street_number", "state")
        rows.append({**other, **{name: row[name] for name in kept}})
    found = cleaning.pairs(table(rows), PERSON)
    told = measured(numbered(found), true)
    assert 0.97 <= told["precision"]
    assert not [pair for pair in found if pair.tier == SAME and max(pair.a, pair.b) >= 1000]


def test_a_short_list_is_searched_as_well() -> None:
    rows = [
        {"given_name": "Emily", "surname": "Clarke", "soc_sec_id": "5304218", "born": "1915-11-11"},
        {"given_name": "Clarke", "surname": "Emily", "soc_sec_id": "5304218", "born": "11/11/1915"},
        {"given_name": "Jack", "surname": "Webb", "soc_sec_id": "4066625", "born": "1982-03-04"},
        {"given_name": "Jack", "surname": "Wbeb", "soc_sec_id": "4066652", "born": "04.03.1982"},
        {"given_name": "Olivia", "surname": "Reid", "soc_sec_id": "9110045", "born": ""},
    ]
    found = cleaning.pairs(table(rows), Columns(("given_name", "surname"), ("soc_sec_id",), ("born",)))
    assert {(1, 2), (3, 4)} == numbered(found)
    (first, _) = sorted(found, key=lambda pair: pair.a)
    assert ("changed places: given_name", "changed places: surname") == tuple(
        cleaning.said(*reason) for reason in first.reasons[:2]
    )


def test_companies_are_found_by_name_and_by_what_else_they_share() -> None:
    rows = [
        {"公司": "深圳市华为技术有限公司", "电话": "0755-28780808", "城市": "深圳", "税号": "91440300279222006X"},
        {"公司": "華為技術（深圳）", "电话": "", "城市": "深圳", "税号": ""},
        {"公司": "华为技术有限公司", "电话": "+86 755 2878 0808", "城市": "", "税号": ""},
        {"公司": "宝清县双利煤矿有限公司", "电话": "", "城市": "宝清", "税号": ""},
        {"公司": "宝清县双柳煤矿有限公司", "电话": "", "城市": "宝清", "税号": ""},
        {"公司": "北京雪豹贸易有限公司", "电话": "13800138000", "城市": "北京", "税号": "91110000000000001A"},
        {"公司": "北京雪豹贸易有限公司", "电话": "13900139000", "城市": "北京", "税号": "91110000000000002B"},
        {"公司": "海豹科技", "电话": "13800138000", "城市": "上海", "税号": ""},
    ]
    found = cleaning.pairs(table(rows), Columns(("公司",), ("税号",), ("电话", "城市")))
    assert {(1, 2): SAME, (1, 3): PERHAPS, (2, 3): PERHAPS, (6, 7): PERHAPS, (6, 8): PERHAPS} == {
        (pair.a + 1, pair.b + 1): pair.tier for pair in found
    }


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(Refusal, match=r"no column “nome”. It has: name, city"):
        cleaning.pairs(table([{"name": "Acme", "city": "Rome"}]), Columns(("nome",)))


# --- the terminal -------------------------------------------------------------------------------------------


def _run(*words: str | Path) -> tuple[int, str]:
    from cli import main

    done = CliRunner().invoke(main, ["duplicates", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_terminal_writes_one_line_a_pair(tmp_path: Path) -> None:
    source, out = tmp_path / "list.csv", tmp_path / "pairs.csv"
    source.write_text("Name,Phone\nAcme Ltd,138 0013 8000\nZenith,\nACME,+8613800138000\n", encoding="utf-8")
    code, said = _run(source, "--name", "name", "--compare", "Phone", "--out", out)
    assert (0, "Pairs: 1 same, 0 perhaps.") == (code, said.partition(" Written")[0])
    assert [["row_a", "row_b", "tier", "reasons"], ["1", "3", "same", "Same name; same Phone"]] == _rows(out)


def test_the_terminal_judges_the_two_names_of_each_row(tmp_path: Path) -> None:
    source, out = tmp_path / "list.csv", tmp_path / "pairs.csv"
    text = "a,b\n华为技术有限公司,华为技术\n双利煤矿,双柳煤矿\n伊东煤炭,伊东煤炭集团\n,华为\n"
    source.write_bytes(text.encode("gb18030"))
    assert 0 == _run(source, "--pairs", "a,b", "--out", out)[0]
    assert [["row", "tier"], ["1", "same"], ["2", "none"], ["3", "perhaps"], ["4", "none"]] == [
        row[:2] for row in _rows(out)
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--name", "x"), "no column “x”"),
        ((), "Say which columns hold the name"),
        (("--pairs", "a"), "Name two columns"),
        (("--name", "a", "--out", "nowhere/at/all.csv"), "cannot be written"),
    ],
)
def test_the_terminal_refuses_in_one_sentence(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    source = tmp_path / "list.csv"
    source.write_text("a,b\nAcme,Acme\n", encoding="utf-8")
    code, said = _run(source, *words)
    assert (2, 1) == (code, len(said.strip().splitlines()))
    assert sentence in said


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    code, said = _run(tmp_path / "no.csv", "--name", "a")
    assert (2, True) == (code, "There is no file" in said)
