"""Company names in their compared form; they live in `db/normal.py` with the other normal forms."""

from __future__ import annotations

from db.normal import company_key

__all__ = ["company_key"]
