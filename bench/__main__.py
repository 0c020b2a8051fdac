"""`python -m bench`: measure the goals that apply so far, print them beside their peers, write build/bench.json."""

from __future__ import annotations

import argparse
import os
import time

from bench import customer_page, duplicates, filters, lists, pages, robustness, scopes, search, sources, transfer
from bench.report import Report

SIZES = [10_000, 100_000]
FULL = 1_000_000


def main() -> None:
    """Measure what is asked for; exit 0 whatever was met, since a ratio on a busy machine is no test."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="add a million customers (about 15 minutes more)")
    parser.add_argument("--sizes", type=int, nargs="+", help="rows in the lists instead of 10,000 and 100,000")
    parser.add_argument("--only", nargs="+", choices=sorted(GROUPS), default=list(GROUPS), help="groups to measure")
    given = parser.parse_args()
    sizes = given.sizes or (SIZES + [FULL] * given.full)
    report = Report()
    started = time.perf_counter()
    for name in given.only:
        GROUPS[name](report, sizes)
    report.write({"sizes": sizes, "cores": os.cpu_count(), "seconds": round(time.perf_counter() - started)})


GROUPS = {
    "duplicates": duplicates.run,
    "smaa": robustness.run,
    "pages": pages.run,
    "lists": lists.run,
    "filters": filters.run,
    "transfer": transfer.run,
    "customer page": customer_page.run,
    "scopes": scopes.run,
    "search": search.run,
    "sources": sources.run,
}

if __name__ == "__main__":
    main()
