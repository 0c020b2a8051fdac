"""Staging: a file becomes blocks of columns on disk, once, in a child process with limits.

Whoever previews, checks or stores afterwards reads the blocks. `python -m services.kit.transfer.staging FOLDER`
is the child: it finds `source` and `request.json` in the folder and leaves `blocks/` and `table.json`.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from services.kit.errors import Message, Refusal
from services.kit.transfer import child
from services.kit.transfer.cells import IN_A_CHILD, TextForm, Trouble
from services.kit.transfer.reading import Row, Stream, Table, open_table
from services.kit.transfer.workbooks import sheets_of

BLOCK: Final = 10_000
"""Rows of a block: some 10 MB as Python objects, and few enough to be one chunk of a slow database."""
SOURCE: Final = "source"
_REQUEST: Final = "request.json"
_TABLE: Final = "table.json"
_BLOCKS: Final = "blocks"
_SHEETS: Final = "sheets.json"


@dataclass(frozen=True)
class Staged:
    """A table that lies on disk in blocks."""

    folder: Path
    name: str
    header: tuple[str, ...]
    sheets: tuple[str, ...]
    notes: tuple[Message, ...]
    total: int
    blocks: int

    def block(self, number: int) -> pa.Table:
        """Return a block: columns `number`, `problem` (JSON or null) and `c0`, `c1`, … as staged."""
        return read_arrow(self.folder / _BLOCKS / f"{number:06}.arrow")

    def cells(self, position: int, pattern: str) -> Iterator[Any]:
        """Yield the cells of a column, the texts among them once a block and only those that match a pattern."""
        for number in range(self.blocks):
            with pa.memory_map(str(self.folder / _BLOCKS / f"{number:06}.arrow")) as file:
                column = pa.ipc.open_file(file).read_all().column(f"c{position}").combine_chunks()
                if pa.types.is_string(column.type):
                    column = column.unique()
                    column = column.filter(pc.match_substring_regex(column, pattern))
                yield from cells_of(column)

    def rows(self, number: int) -> list[Row]:
        """Return the rows of a block with their cells as they stood in the file."""
        return rows_of(self.block(number))

    def head(self, count: int = 5) -> Table:
        """Return the table with its first rows alone, for a preview and for what needs the headings."""
        rows = rows_of(self.block(0).slice(0, count)) if self.blocks else []
        return Table(self.name, self.header, tuple(rows), self.notes, self.sheets)


def stage(folder: Path, name: str, sheet: str | None = None, how: TextForm | None = None) -> Staged:
    """Read `source` in a folder into blocks, unless it was read so before.

    Raises Refusal with what the reader says, or that it took too much.
    """
    how = how or TextForm()
    asked = {"name": name, "sheet": sheet, "encoding": how.encoding, "delimiter": how.delimiter}
    found = staged(folder)
    if found is not None and json.loads((folder / _REQUEST).read_text(encoding="utf-8")) == asked:
        return found
    (folder / _TABLE).unlink(missing_ok=True)
    (folder / _REQUEST).write_text(json.dumps(asked), encoding="utf-8")
    child.run("services.kit.transfer.staging", str(folder), name=name)
    answer = json.loads((folder / _TABLE).read_text(encoding="utf-8"))
    if "refusal" in answer:
        (folder / _TABLE).unlink()
        refusal = message_of(answer["refusal"])
        raise Refusal(refusal.text, **refusal.params)
    found = staged(folder)
    assert found is not None  # noqa: S101 - just written
    return found


def staged(folder: Path) -> Staged | None:
    """Return what was staged in a folder, if it was staged to the end."""
    path = folder / _TABLE
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    if "refusal" in kept:
        return None
    notes = tuple(message_of(one) for one in kept["notes"])
    return Staged(
        folder, kept["name"], tuple(kept["header"]), tuple(kept["sheets"]), notes, kept["total"], kept["blocks"]
    )


def sheets_beside(folder: Path) -> tuple[str, ...]:
    """Return the sheets of a workbook of which one was refused."""
    path = folder / _SHEETS
    return tuple(json.loads(path.read_text(encoding="utf-8"))["sheets"]) if path.exists() else ()


def write(stream: Stream, folder: Path) -> None:
    """Write the blocks of a stream, and `table.json` when all are there."""
    blocks = folder / _BLOCKS
    shutil.rmtree(blocks, ignore_errors=True)
    blocks.mkdir(parents=True)
    total = count = 0
    while some := list(islice(stream.rows, BLOCK)):
        write_arrow(blocks / f"{count:06}.arrow", _block(some, len(stream.header)))
        total += len(some)
        count += 1
    written = {
        "name": stream.name,
        "header": stream.header,
        "sheets": stream.sheets,
        "notes": [plain(note) for note in stream.notes],
        "total": total,
        "blocks": count,
    }
    _whole(folder / _TABLE, written)


def _whole(path: Path, written: Mapping[str, Any]) -> None:
    half = path.with_suffix(".part")
    half.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
    half.replace(path)


def _block(rows: Sequence[Row], width: int) -> pa.Table:
    columns = zip(*[row.cells for row in rows], strict=True) if width else ()
    named = {f"c{at}": column_of(cells) for at, cells in enumerate(columns)}
    problems = [json.dumps(plain(row.problem)) if row.problem else None for row in rows]
    return pa.table(
        {
            "number": pa.array([row.number for row in rows], pa.int64()),
            "problem": pa.array(problems, pa.string()),
            **named,
        }
    )


def rows_of(block: pa.Table) -> list[Row]:
    """Return the rows of a block."""
    width = block.num_columns - 2
    columns = [cells_of(block.column(f"c{at}")) for at in range(width)]
    problems = [message_of(json.loads(one)) if one else None for one in block.column("problem").to_pylist()]
    cells = zip(*columns, strict=True) if columns else [()] * block.num_rows
    return [Row(*one) for one in zip(block.column("number").to_pylist(), cells, problems, strict=True)]


# --- cells --------------------------------------------------------------------------------------------------

_MIXED: Final = pa.struct([("tag", pa.string()), ("text", pa.string())])
_TAGS: Final[Mapping[type, str]] = {str: "s", float: "f", int: "i", bool: "b", datetime: "m", date: "d", time: "t"}


def column_of(cells: Sequence[Any]) -> pa.Array:
    """Return cells as an Arrow column: text, floats, or a pair of type and text where both are mixed."""
    kinds = set(map(type, cells)) - {type(None)}
    if kinds <= {str}:
        return pa.array(cells, pa.string())
    if kinds == {float}:
        return pa.array(cells, pa.float64())
    return pa.array([None if cell is None else _tagged(cell) for cell in cells], _MIXED)


def _tagged(cell: Any) -> dict[str, str]:
    if isinstance(cell, Trouble):
        return {"tag": "!", "text": json.dumps([cell.shown, plain(cell.message)])}
    if isinstance(cell, datetime | date | time):
        return {"tag": _TAGS[type(cell)], "text": cell.isoformat()}
    if isinstance(cell, timedelta):
        return {"tag": "l", "text": repr(cell.total_seconds())}
    tag = _TAGS.get(type(cell))
    return (
        {"tag": tag, "text": repr(cell) if tag in ("f", "i", "b") else str(cell)}
        if tag
        else {"tag": "s", "text": str(cell)}
    )


def cells_of(column: Any) -> list[Any]:
    """Return a column's cells as they stood in the file."""
    if pa.types.is_struct(column.type):
        return [None if one is None else _untagged(one["tag"], one["text"]) for one in column.to_pylist()]
    return column.to_pylist()  # type: ignore[no-any-return]


_MADE: Final[Mapping[str, Callable[[str], Any]]] = {
    "s": str,
    "f": float,
    "i": int,
    "b": lambda text: text == "True",
    "m": datetime.fromisoformat,
    "d": date.fromisoformat,
    "t": time.fromisoformat,
    "l": lambda text: timedelta(seconds=float(text)),
}


def _untagged(tag: str, text: str) -> Any:
    if tag != "!":
        return _MADE[tag](text)
    shown, message = json.loads(text)
    return Trouble(shown, message_of(message))


# --- messages and files -------------------------------------------------------------------------------------


def plain(message: Message) -> dict[str, Any]:
    """Return a message as JSON holds it."""
    return {"text": message.text, "params": {name: _plain(value) for name, value in message.params.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return plain(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int) else str(value)


def message_of(kept: Mapping[str, Any]) -> Message:
    """Return the message that JSON holds."""
    params = {name: message_of(value) if isinstance(value, dict) else value for name, value in kept["params"].items()}
    return Message(kept["text"], params)


def write_arrow(path: Path, table: pa.Table) -> None:
    """Write a table whole or not at all."""
    half = path.with_suffix(".part")
    with pa.OSFile(str(half), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    half.replace(path)


def read_arrow(path: Path) -> pa.Table:
    """Read a table that `write_arrow` wrote."""
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all().combine_chunks()


def parts(total: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of portions."""
    for start in range(0, total, size):
        yield start, min(start + size, total)


def main(folder: Path) -> None:
    """Be the child."""
    asked = json.loads((folder / _REQUEST).read_text(encoding="utf-8"))
    try:
        how = TextForm(asked["encoding"], asked["delimiter"])
        write(open_table(folder / SOURCE, asked["name"], sheet=asked["sheet"], limits=IN_A_CHILD, how=how), folder)
    except Refusal as refusal:
        # Another sheet may be the one that is meant.
        _whole(folder / _SHEETS, {"sheets": sheets_of(folder / SOURCE, IN_A_CHILD.unpacked)})
        _whole(folder / _TABLE, {"refusal": plain(refusal.message)})


if __name__ == "__main__":
    child.limit()
    child.without_pandas()
    main(Path(sys.argv[1]))
