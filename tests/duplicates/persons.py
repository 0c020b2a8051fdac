"""Lists of persons with known duplicates, spoiled as hands, ears and scanners spoil them.

Made after the model by which test sets of record linkage are made (typing errors by neighbouring keys, errors of
hearing and of optical recognition, missing and swapped fields, values replaced outright), written for these tests and
seeded, so that a figure can be measured again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final


def _words(text: str) -> list[str]:
    return text.split()


COLUMNS: Final = _words(
    "given_name surname street_number address_1 address_2 suburb postcode state date_of_birth soc_sec_id"
)

_GIVEN: Final = _words(
    "joshua emily jack olivia james chloe thomas isabella william sophie lachlan jessica benjamin ella daniel hannah "
    "matthew mia samuel georgia liam sarah ethan grace nicholas charlotte jacob ruby ryan amelia harrison lily luke "
    "madison alexander caitlin riley holly oliver zoe dylan jasmine cooper alyssa connor samantha michael taylor "
    "jayden lucy joel erin harry abbey isaac stephanie callum brooke noah rachel max nicholas angus kayla finn kiandra "
    "mitchell tahlia adam imogen patrick bethany hamish alana aidan amber jordan eliza zachary hayley toby paige kyle"
)
_SURNAMES: Final = _words(
    "white clarke campbell webb reid morrison ryan nguyen green matthews coleman dixon mcneill goode lombardi kelly "
    "thorpe blake wilkins hughes berry fitzgerald stephens chandler beams crook howie pascoe matson burford clifton "
    "rees donaldson fuller hardy jolly kingston lowe mcgregor musolino nash otto petersen quinn rollins sherwood "
    "tennant upton vanderbyl warrington yates zimmermann agnew bishop cullen dawe eglinton farrow glass hobson "
    "ingram jeffries kerr lodge maddern noske oreilly prior rowley smith jones brown wilson taylor johnson martin"
)
_STREETS: Final = _words(
    "namatjira macarthur florey wattle kootara banfield monaro burrinjuck chauvel dumas ellenborough ferguson "
    "gollan hardwick investigator jerrabomberra kosciuszko ligertwood maclaurin northbourne onslow peeler quiros "
    "rosebery schlich tillyard urambi vasey wybalena yamba alinga beasley cockcroft dexter enid"
)
_KINDS: Final = _words("street place crescent circuit avenue court close drive")
_SYLLABLES: Final = _words("ba ca da el fa gar hol in jan kel lo mar nor os pel quin ros sta tor ur van wil yar zen")
_STATES: Final = _words("nsw vic qld wa sa act tas")
_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
_HEARD: Final = (
    ("ph", "f"), ("th", "t"), ("ck", "k"), ("ie", "y"), ("ey", "y"), ("sch", "sh"), ("mac", "mc"), ("ll", "l"),
    ("nn", "n"), ("ss", "s"), ("z", "s"), ("c", "k"), ("ae", "e"), ("ee", "ea"), ("ou", "oo"), ("w", "v"), ("ei", "i"),
)  # fmt: skip
_SCANNED: Final = (
    ("o", "0"), ("i", "1"), ("l", "1"), ("s", "5"), ("b", "8"), ("g", "9"), ("m", "rn"), ("d", "cl"), ("z", "2"),
    ("5", "s"), ("0", "o"), ("1", "l"), ("8", "b"), ("e", "c"), ("h", "b"), ("u", "v"),
)  # fmt: skip


_EVEN: Final = 12
"""How many of the commonest words are about equally common: the first has some 2 % of all."""


@dataclass(frozen=True)
class Level:
    """How many duplicates and how badly spoiled."""

    originals: int
    duplicates: int
    most_each: int
    """Duplicates of one original, at most."""
    most_changes: int
    """Spoiled places of one duplicate, at most; of one field at most two."""


EASY: Final = Level(4_000, 1_000, 1, 3)
MANY: Final = Level(2_000, 3_000, 5, 6)
HARD: Final = Level(1_000, 4_000, 9, 8)


def listed(level: Level, seed: int) -> tuple[list[dict[str, str]], set[tuple[int, int]]]:
    """Return rows in random order and the pairs of rows (from 1, the smaller first) that are one person."""
    dice = random.Random(seed)
    words = _Words(dice)
    made = [(number, words.person()) for number in range(level.originals)]
    counts = [0] * level.originals
    rows = list(made)
    while len(rows) < level.originals + level.duplicates:
        number = dice.randrange(level.originals)
        wanted = min(1 + int(dice.paretovariate(1.1)) - 1 or 1, level.most_each - counts[number])
        for _ in range(min(wanted, level.originals + level.duplicates - len(rows))):
            rows.append((number, _spoiled(dice, words, made[number][1], level.most_changes)))
            counts[number] += 1
    dice.shuffle(rows)
    of: dict[int, list[int]] = {}
    for at, (number, _) in enumerate(rows, 1):
        of.setdefault(number, []).append(at)
    pairs = {(a, b) for some in of.values() for a in some for b in some if a < b}
    return [row for _, row in rows], pairs


class _Words:
    """Values by their frequency: few are common, many are rare."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.given = self._more(_GIVEN, 250)
        self.surnames = self._more(_SURNAMES, 700)
        self.streets = self._more(_STREETS, 600)
        self.suburbs = self._more([], 500)
        self.postcodes = {one: f"{dice.randrange(200, 7000):04d}" for one in self.suburbs}

    def _more(self, known: list[str], number: int) -> list[str]:
        found = dict.fromkeys(known)
        while len(found) < number:
            found["".join(self.dice.choice(_SYLLABLES) for _ in range(self.dice.choice((2, 3, 3))))] = None
        return list(found)

    def one(self, words: list[str]) -> str:
        """Return a word; the first are the commonest."""
        number = len(words)
        return words[int(_EVEN * ((number / _EVEN + 1) ** self.dice.random() - 1))]

    def person(self) -> dict[str, str]:
        """Return somebody; some fields are blank from the beginning."""
        dice = self.dice
        suburb = self.one(self.suburbs)
        born = date(1900, 1, 1) + timedelta(days=dice.randrange(36_500))
        row = {
            "given_name": self.one(self.given),
            "surname": self.one(self.surnames),
            "street_number": str(dice.randrange(1, 250)),
            "address_1": f"{self.one(self.streets)} {dice.choice(_KINDS)}",
            "address_2": f"{self.one(self.suburbs)} {dice.choice(('park', 'village', 'flats'))}",
            "suburb": suburb,
            "postcode": self.postcodes[suburb],
            "state": dice.choice(_STATES),
            "date_of_birth": born.strftime("%Y%m%d"),
            "soc_sec_id": str(dice.randrange(10**6, 10**7)),
        }
        blanks = {"given_name": 0.03, "surname": 0.01, "street_number": 0.04, "address_1": 0.03, "address_2": 0.4,
                  "suburb": 0.01, "state": 0.05, "date_of_birth": 0.06}  # fmt: skip
        for name, share in blanks.items():
            if dice.random() < share:
                row[name] = ""
        return row


def _spoiled(dice: random.Random, words: _Words, row: dict[str, str], most: int) -> dict[str, str]:
    found = dict(row)
    left = dice.randrange(1, most + 1)
    times: dict[str, int] = {}
    while left:
        left -= 1
        if dice.random() < 0.06:
            found["given_name"], found["surname"] = found["surname"], found["given_name"]
            continue
        name = dice.choice(COLUMNS)
        if times.get(name, 0) >= 2 or not found[name]:
            continue
        times[name] = times.get(name, 0) + 1
        found[name] = _changed(dice, words, name, found[name])
    return found


def _changed(dice: random.Random, words: _Words, name: str, value: str) -> str:
    chance = dice.random()
    if chance < 0.08:
        return ""
    if chance < 0.14:
        return words.person()[name]
    if name == "date_of_birth" and chance < 0.30:
        return value[:4] + value[6:] + value[4:6]
    if " " in value and chance < 0.24:
        return value.replace(" ", "", 1) if dice.random() < 0.5 else " ".join(reversed(value.split()))
    if value.isalpha() and chance < 0.32:
        return _replaced(dice, value, _HEARD)
    if chance < 0.40:
        return _replaced(dice, value, _SCANNED)
    return _mistyped(dice, value)


def _replaced(dice: random.Random, value: str, table: tuple[tuple[str, str], ...]) -> str:
    fitting = [(old, new) for old, new in table if old in value]
    if not fitting:
        return _mistyped(dice, value)
    old, new = dice.choice(fitting)
    return value.replace(old, new, 1)


def _mistyped(dice: random.Random, value: str) -> str:
    at = dice.randrange(len(value))
    how = dice.choice("idssst")
    row = next((keys for keys in _KEYS if value[at] in keys), "etaoin")
    near = row[max(row.find(value[at]) - 1, 0) : row.find(value[at]) + 2].replace(value[at], "") or row
    if how == "i":
        return value[:at] + dice.choice(near) + value[at:]
    if how == "d" and len(value) > 1:
        return value[:at] + value[at + 1 :]
    if how == "t" and at + 1 < len(value):
        return value[:at] + value[at + 1] + value[at] + value[at + 2 :]
    return value[:at] + dice.choice(near) + value[at + 1 :]


def measured(found: set[tuple[int, int]], true: set[tuple[int, int]]) -> dict[str, Any]:
    """Return precision and recall of found pairs, 0 to 1."""
    hits = len(found & true)
    return {"precision": hits / len(found) if found else 1.0, "recall": hits / len(true), "found": len(found)}
