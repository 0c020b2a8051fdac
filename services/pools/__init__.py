"""Public pools: what nobody owns, who may claim it, and the rules by which it comes back."""

from services.pools.claims import Allowance, allowances, assign, claim, release, set_locked
from services.pools.pool import POOL, Member, PoolChoice, chosen, members
from services.pools.quota import QUOTA
from services.pools.recycling import DryRun, Warned, dry_run, recycle, returns, warned
from services.pools.rules import Return, Rule, Terms, rules_of
from services.pools.settings import Overview, disable, empty, enable, overview, save, saved_rules, set_recycling

__all__ = [
    "POOL",
    "QUOTA",
    "Allowance",
    "DryRun",
    "Member",
    "Overview",
    "PoolChoice",
    "Return",
    "Rule",
    "Terms",
    "Warned",
    "allowances",
    "assign",
    "chosen",
    "claim",
    "disable",
    "dry_run",
    "empty",
    "enable",
    "members",
    "overview",
    "recycle",
    "release",
    "returns",
    "rules_of",
    "save",
    "saved_rules",
    "set_locked",
    "set_recycling",
    "warned",
]
