"""A helper: a process that does one task after the other, as helpers.py asks: `python -m services.kit.transfer.helper`.

It knows no task by itself: what it is asked for says in which module it stands, so nothing is loaded in vain.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any

from services.kit.transfer import child


def main() -> None:
    """Answer tasks from the standard input until no more come."""
    tasks = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    while True:
        try:
            work, args = pickle.load(tasks)  # noqa: S301 - from the process that started this one
        except EOFError:
            return
        answer: tuple[Any, Exception | None]
        try:
            answer = (work(*args), None)
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            answer = (None, error)
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    child.without_pandas()
    main()
    os._exit(0)  # what it has in memory need not be put away
