"""`python cli.py duplicates`: clean a list before it is imported."""

from __future__ import annotations

from pathlib import Path

import click

from commands.telling import refuse, told


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="COLS", help="Columns that hold the name: one for companies, given name and surname.")
@click.option("--exact", metavar="COLS", help="Columns that tell rows apart by themselves: tax or identity number.")
@click.option("--compare", metavar="COLS", help="Columns to compare besides: phone, address, date of birth, …")
@click.option("--pairs", "names", metavar="COL_A,COL_B", help="Judge the two names that stand on each row instead.")
@click.option("--out", type=click.Path(path_type=Path), help="Write here (.csv) instead of to standard output.")
@click.option("--sheet", help="Sheet of the workbook; the first one with content unless given.")
@told
def duplicates(
    file: Path,
    name: str | None,
    exact: str | None,
    compare: str | None,
    names: str | None,
    out: Path | None,
    sheet: str | None,
) -> None:
    """Say which rows of an .xlsx or .csv FILE are perhaps one: row_a, row_b, tier (same, perhaps), reasons.

    Rows are counted from 1 after the header; COLS are headings with commas between them. With --pairs each row
    is answered: row, tier (same, perhaps, none), reasons. Nothing is merged, and no database is needed.
    """
    from services.duplicates import cleaning  # noqa: PLC0415 - --help does not wait for the numbers

    two = cleaning.columns_of(names)
    if names is not None and len(two) != 2:  # noqa: PLR2004 - two names
        refuse("Name two columns: --pairs COL_A,COL_B")
    if names is None and not cleaning.columns_of(name):
        refuse("Say which columns hold the name: --name COLS")
    table = cleaning.read(file, sheet=sheet)
    if two:
        rows = [list(map(str, one)) for one in cleaning.judged(table, *two)]
        _write(out, cleaning.NAMES_HEADER, rows)
    else:
        wanted = cleaning.Columns(*(cleaning.columns_of(given) for given in (name, exact, compare)))
        rows = [list(map(str, one)) for one in cleaning.lines(cleaning.pairs(table, wanted))]
        _write(out, cleaning.PAIR_HEADER, rows)
    if out is not None:
        for note in table.notes:
            click.echo(f"Note: {note}")
        tier = 1 if two else 2
        counts = ", ".join(f"{sum(row[tier] == one for row in rows)} {one}" for one in ("same", "perhaps", "none"))
        click.echo(f"{'Rows' if two else 'Pairs'}: {counts if two else counts.rpartition(', ')[0]}. Written to {out}.")


def _write(out: Path | None, header: tuple[str, ...], rows: list[list[str]]) -> None:
    import csv  # noqa: PLC0415 - as above
    import io  # noqa: PLC0415

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    if out is None:
        click.echo(text.getvalue(), nl=False)
        return
    try:
        half = out.with_name(f".{out.name}.part")
        half.write_text(text.getvalue(), encoding="utf-8")
        half.replace(out)
    except OSError as error:
        refuse(f"“{out}” cannot be written: {error.strerror}.")
