from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.events import Event


@dataclass(frozen=True, slots=True)
class AccountRecovered(Event):
    """Somebody took back an account that another had got hold of: whatever that one may have added as a way in must go."""

    name: ClassVar[str] = "auth.account_recovered"
    user_id: UUID
