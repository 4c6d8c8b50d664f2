"""Accounts: the people every stage shares. Import from here, not from the files inside."""

from app.accounts.events import UserDeleted, UserRegistered
from app.accounts.models import User
from app.accounts.service import WHILE_LEAVING, AddressTaken, create, find_by_email, get, lock, names, normalise, permissions_of

__all__ = [
    "WHILE_LEAVING",
    "AddressTaken",
    "User",
    "UserDeleted",
    "UserRegistered",
    "create",
    "find_by_email",
    "get",
    "lock",
    "names",
    "normalise",
    "permissions_of",
]
