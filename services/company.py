"""The company's own settings: facts kept in the database, set by an administrator or the seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from db.models import Setting
from db.types import N_
from services.kit import audit, permissions
from services.kit.errors import Refusal
from services.kit.unit_of_work import UnitOfWork

KEYS: Final[Mapping[str, Any]] = {
    "name": "",  # of the company; passwords may not contain it
    "demo": False,  # this database holds the demo company: the sign-in page says so
    "demo_sign_ins": [],  # [{"login": …, "name": …, "role": …}], shown on the sign-in page of a demo
    "demo_password": "",  # the one all demo accounts share, shown as well
    "grade_thresholds": {"A": 60, "B": 40, "C": 20},  # points from which a lead is A, B, C; below that D
    "regrade": {"after_id": None, "on": None},  # how far grading all leads anew has come; services/grading
    "untouched_days": 1,  # a lead assigned for so many days without an activity is called untouched
    "undo_days": 7,  # for how long one may undo what one did oneself
    "value_terms": {},  # thresholds of the value states that differ from those of services/health/value.py
    "contact_days": [30, 90],  # a customer nobody has spoken with for longer is amber, red
    "map_stale_days": 90,  # a key person nobody has spoken with for longer is a gap of the power map
    # By which version normal forms and search words were made, and how far making them anew has come.
    "made_by": {"version": None, "towards": None, "table": None, "after": 0},
    "import_days": 30,  # for how long the files of imports are kept; services/imports
    "night_hour": 2,  # of the company's clock: when the nightly jobs run; services/jobs.py
    "setup_secret": None,  # {"hash": …, "until": …}; services/auth/setup.py
}
"""Key -> value when nobody has set it."""
_SECRET: Final = frozenset({"setup_secret", "demo_password"})
_PROGRESS: Final = frozenset({"made_by"})


def get(uow: UnitOfWork, key: str) -> Any:
    """Return a setting, or its default."""
    found = uow.session.execute(select(Setting.value).where(Setting.key == key)).first()
    return KEYS[key] if found is None else found[0]


def demo(uow: UnitOfWork) -> Mapping[str, Any] | None:
    """Return the accounts and the password to show on the sign-in page; None unless this is the demo."""
    keys = ("demo", "demo_sign_ins", "demo_password")
    rows = uow.session.execute(select(Setting.key, Setting.value).where(Setting.key.in_(keys)))
    found = {row[0]: row[1] for row in rows}
    if found.get("demo") is not True:
        return None
    return {"sign_ins": found.get("demo_sign_ins", []), "password": found.get("demo_password", "")}


def set_value(uow: UnitOfWork, key: str, value: Any) -> None:
    """Set a value. Raises Forbidden, and Refusal for a key that does not exist."""
    permissions.require(uow, "setting.update")
    if key not in KEYS:
        raise Refusal(N_("There is no setting “{key}”."), key=key)
    row = uow.session.get(Setting, key)
    before = row.value if row else KEYS[key]
    if row is None:
        uow.session.add(Setting(key=key, value=value))
    else:
        row.value = value
    uow.session.flush()
    if key not in _SECRET | _PROGRESS and before != value:
        audit.note(uow, "setting", "update", None, key=key, value=[before, value])
