"""What is wrong with a file is read on a phone as well: as lines, where a table would hide its last column."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.app import Portal


def _page() -> None:
    from services.kit.errors import Message
    from services.kit.transfer.outcome import CellError
    from ui import import_parts

    import_parts.errors(
        [
            CellError(5, "Phone", "a_b", Message("“{value}” is not a telephone number.", {"value": "a_b"})),
            CellError(7, "", "", Message("Please fill this in.")),
        ],
        are_all=True,
    )


def test_the_lines_say_row_column_cell_and_reason_in_that_order(portal: Portal) -> None:
    portal.sign_in(None)
    app = AppTest.from_function(_page, default_timeout=60).run()
    assert not app.exception
    (lines,) = [one.value for one in app.markdown]
    first, second = lines.split("\n- ")
    assert ["Row 5 · Phone · “a_b”", "“a_b” is not a telephone number."] == [
        part.replace("\\", "").strip(" -").removeprefix(":gray[").removesuffix("]") for part in first.split("  \n")
    ]
    assert "Row 7" in second
    assert "Please fill this in" in second
    assert ["Row", "Column", "In the file", "What is wrong"] == list(app.dataframe[0].value.columns)
