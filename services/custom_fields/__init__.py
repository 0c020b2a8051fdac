"""Fields that an administrator adds to leads, customers, contacts and opportunities, without code (docs/adr/0022).

What is in force and how values are kept is the kit's (services/kit/custom.py); here they are defined. Changes of
definitions happen one at a time, and take effect everywhere by the token that each writes.
"""

from services.custom_fields.definitions import (
    CUSTOM_FIELD,
    SEARCHED,
    UNIQUE,
    bring_back,
    create,
    listed,
    mend_indexes,
    move,
    rebuild_search,
    retire,
    update,
    used,
)
from services.custom_fields.indexing import wrong_indexes

__all__ = [
    "CUSTOM_FIELD",
    "SEARCHED",
    "UNIQUE",
    "bring_back",
    "create",
    "listed",
    "mend_indexes",
    "move",
    "rebuild_search",
    "retire",
    "update",
    "used",
    "wrong_indexes",
]
