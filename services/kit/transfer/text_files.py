"""Text files: find the encoding and the delimiter, and read the cells as text."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from db.types import N_
from services.kit.errors import Message, Refusal
from services.kit.transfer.cells import RawTable, TextForm

_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
DELIMITERS: Final[Mapping[str, str]] = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
ENCODINGS: Final = ("utf-8", "gb18030", "big5", "utf-16", "windows-1252", "shift_jis")
"""What is offered; any that Python knows is taken."""
_SAMPLE: Final = 200_000
_PORTION: Final = 2_000
"""Rows read at a time."""
_LETTERS: Final = 1_000_000
"""Letters of a text that are cut into lines at a time."""
_SURE: Final = 0.75
"""Share of a text's two-byte characters that lie among the common ones of its encoding."""
_SAID: Final = re.compile(r"sep=([,;\t|])[ \t]*[\r\n]")
"""A first line by which some programs tell a spreadsheet the delimiter."""
_DEFUSED: Final = re.compile(r"^'+[\s\u200b-\u200f\ufeff]*[=+\-@＝＋－＠\t\r\n]")


def read(content: bytes, name: str, how: TextForm | None = None) -> RawTable:
    """Return the rows of a text file as text. Raises Refusal for what is no text or no table."""
    how = how or TextForm()
    text, notes = _decoded(content, name) if how.encoding is None else (_as_said(content, name, how.encoding), [])
    delimiter = _delimiter(text) if how.delimiter is None else _delimiter_said(how.delimiter)
    text = text.lstrip("\ufeff")
    if (lost := text.find("\ufffd")) >= 0:
        said = N_(
            "Line {line} has the sign �: characters were lost before the file came here. Compare it with its source."
        )
        notes = [*notes, Message(said, {"line": text.count("\n", 0, lost) + 1})]
    if (
        sum(unicodedata.category(c) == "Cc" and c not in "\r\n\t\x00" for c in text[:_SAMPLE])
        > len(text[:_SAMPLE]) // 200
    ):
        raise _no_table(name)
    return RawTable(_rows(text, name, delimiter), notes)


def _rows(text: str, name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their numbers; refuse at a quotation mark that is not closed or stands alone."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    has_defused = "'" in text
    number = 0
    while True:
        # A field may be as long as the file: the limit that matters is checked, and told, by reading.py. The
        # setting is the process's, and so it is set only while a row is read.
        before = csv.field_size_limit(len(text) + 1)
        try:
            some = list(islice(reader, _PORTION))
            failed = None
        except csv.Error as error:
            some, failed = [], error
        finally:
            csv.field_size_limit(before)
        if failed is not None:
            # An open quotation mark swallows the rest of the file: where it began is of use, its end is not.
            raise Refusal(
                N_("“{name}” cannot be read near line {line}: a quotation mark is not closed or stands alone."),
                name=name,
                line=_line_of_failure(text, delimiter),
            ) from failed
        if not some:
            return
        for cells in some:
            number += 1
            if number == 1 and _SAID.match(text):
                continue
            yield number, [_armed(cell) for cell in cells] if has_defused else cells


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with their ends, a portion at a time: as one file in memory a text takes four bytes a letter."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _LETTERS) + 1 or len(text)
        yield from io.StringIO(text[start:end], newline="")
        start = end


def _line_of_failure(text: str, delimiter: str) -> int:
    """Return the row at which reading fails, or its line if it is the first."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    before = csv.field_size_limit(len(text) + 1)
    count = 0
    try:
        for _ in reader:
            count += 1
    except csv.Error:
        return count + 1 if count else max(reader.line_num, 1)
    finally:
        csv.field_size_limit(before)
    return count


def _armed(cell: str) -> str:
    """Take off the apostrophe by which an export keeps a spreadsheet from computing a text."""
    return cell[1:] if cell.startswith("'") and _DEFUSED.match(cell) else cell


def _no_table(name: str) -> Refusal:
    return Refusal(N_("“{name}” is no spreadsheet. Save the table as .xlsx or .csv."), name=name)


def _delimiter(text: str) -> str:
    """Return the delimiter that the first lines agree on: the comma unless another is used more steadily."""
    if said := _SAID.match(text):
        return said[1]
    lines = [re.sub(r'"[^"]*"', "", line) for line in re.split(r"\r\n|\r|\n", text[:_SAMPLE])[:20] if line.strip()]
    best, score = ",", 0.0
    for candidate in (",", ";", "\t", "|"):
        counts = [line.count(candidate) for line in lines]
        if not counts or not counts[0]:
            continue
        steadiness = sum(count == counts[0] for count in counts) / len(counts)
        if (found := steadiness * min(counts[0], 10) ** 0.5) > score:
            best, score = candidate, found
    return best


def _delimiter_said(said: str) -> str:
    """Return the character that a word names. Raises Refusal."""
    found = DELIMITERS.get(said.strip().lower(), said)
    if len(found) != 1 or found in '\r\n"':
        raise Refusal(
            N_("“{delimiter}” is no delimiter. There are: {delimiters}."), delimiter=said, delimiters=list(DELIMITERS)
        )
    return found


def _as_said(content: bytes, name: str, encoding: str) -> str:
    """Return the text in the encoding that was chosen by hand. Raises Refusal."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refusal(
            N_("“{name}” is not written in {encoding}: line {line} cannot be read so. Choose another encoding."),
            name=name,
            encoding=encoding,
            line=content[: error.start].count(b"\n") + 1,
        ) from error
    except LookupError as error:
        raise Refusal(
            N_("There is no encoding “{encoding}”. There are for instance: {encodings}."),
            encoding=encoding,
            encodings=list(ENCODINGS),
        ) from error


# --- encodings ----------------------------------------------------------------------------------------------


def _decoded(content: bytes, name: str) -> tuple[str, list[Message]]:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), []
            except UnicodeDecodeError as error:
                raise _damaged(name, content, error.start) from error
    if content[:4000].count(b"\x00") > len(content[:4000]) // 4:
        return _utf16(content, name), []
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return _legacy(content, name, error.start)


def _damaged(name: str, content: bytes, at: int) -> Refusal:
    return Refusal(
        N_("Line {line} of “{name}” has bytes that do not fit its encoding. Save it again as UTF-8."),
        line=content[:at].count(b"\n") + 1,
        name=name,
    )


def _utf16(content: bytes, name: str) -> str:
    even, odd = content[:4000:2].count(b"\x00"), content[1:4000:2].count(b"\x00")
    try:
        text = content.decode("utf-16-be" if even > odd else "utf-16-le")
    except UnicodeDecodeError as error:
        raise _no_table(name) from error
    if abs(even - odd) < (even + odd) // 2:
        raise _no_table(name)
    return text


def _legacy(content: bytes, name: str, first_bad: int) -> tuple[str, list[Message]]:
    """Choose among the encodings from before Unicode by how common the characters would be."""
    mixed = _first_line_of_the_other_encoding(content)
    if mixed:
        raise Refusal(
            N_("“{name}” mixes two encodings: line {line} differs from the rest. Save it again as UTF-8."),
            name=name,
            line=mixed,
        )
    scored = {"gb18030": _share(content, 0xB0, 0xF7, 0xA1), "big5": _share(content, 0xA4, 0xC6, 0x40)}
    for encoding in sorted(scored, key=scored.__getitem__, reverse=True):
        if scored[encoding] < _SURE:
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        note = Message(
            N_("The file was read as {encoding}. Look at the preview; if it is garbled, save it as UTF-8."),
            {"encoding": encoding.upper()},
        )
        return text, [note]
    if _is_western(content):
        note = Message(
            N_("The file was read as {encoding}. Look at the preview; if it is garbled, save it as UTF-8."),
            {"encoding": "Windows-1252"},
        )
        return content.decode("cp1252"), [note]
    if _is_binary(content):
        raise _no_table(name)
    raise _damaged(name, content, first_bad)


def _first_line_of_the_other_encoding(content: bytes) -> int | None:
    """Return the first line that is not UTF-8 in a file of which other lines are, and are Chinese."""
    utf8, other = 0, None
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.isascii():
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            other = other or number
            continue
        # Two bytes of GBK may look like a Latin letter of UTF-8; three that form a Chinese one do not by chance.
        utf8 += any("\u2e80" <= character <= "\uffef" for character in text)
    return other if utf8 else None


def _share(content: bytes, low: int, high: int, trail: int) -> float:
    """Return the share of two-byte characters whose lead byte lies among the common ones.

    GB 2312 keeps hanzi in B0-F7, with trail bytes from A1; Big5 its common ones in A4-C6.
    """
    common = total = at = 0
    sample = content[:_SAMPLE]
    while at < len(sample) - 1:
        lead, second = sample[at], sample[at + 1]
        if lead < 0x80:  # noqa: PLR2004 - ASCII
            at += 1
            continue
        at += 2
        if 0xA1 <= lead <= 0xA3:  # noqa: PLR2004 - punctuation in both
            continue
        total += 1
        # The first level of GB 2312 ends at D7; the rarer second level counts half.
        if low <= lead <= high and second >= trail:
            common += 1 if lead <= 0xD7 else 0.5  # type: ignore[assignment]  # noqa: PLR2004
    return common / total if total else 0.0


def _is_western(content: bytes) -> bool:
    sample = content[:_SAMPLE]
    high = sum(byte >= 0x80 for byte in sample)  # noqa: PLR2004
    alone = len(
        re.findall(rb"(?<![\x80-\xff])[\x80\x84-\x87\x8a\x8c\x8e\x91-\x97\x9a\x9c\x9e-\xff](?![\x80-\xff])", sample)
    )
    undefined = any(byte in sample for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D))
    return not undefined and not _is_binary(content) and alone >= high * 0.9 and high < len(sample) // 5


def _is_binary(content: bytes) -> bool:
    sample = content[:_SAMPLE]
    return sum(byte < 0x20 and byte not in (9, 10, 13) for byte in sample) > len(sample) // 100  # noqa: PLR2004
