from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.events import Event


@dataclass(frozen=True, slots=True)
class UserRegistered(Event):
    """Somebody made an account."""

    name: ClassVar[str] = "accounts.user_registered"
    user_id: UUID


@dataclass(frozen=True, slots=True)
class UserDeleted(Event):
    """An account is gone for good; every stage forgets the person."""

    name: ClassVar[str] = "accounts.user_deleted"
    user_id: UUID
