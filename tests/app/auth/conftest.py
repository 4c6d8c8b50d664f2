"""Mail as it would have been sent, and background calls as a worker would make them."""

import re

import pytest
import sqlalchemy as sa

from app import outbox
from app.audit.models import Entry
from app.extensions import db
from app.notifications.models import Mail


class Box:
    """What was mailed, the oldest first."""

    def to(self, address: str) -> list[tuple[str, str]]:
        """(template, text) of each mail to an address."""
        rows = db.session.execute(sa.select(Mail.template, Mail.text).where(Mail.recipient == address).order_by(Mail.id))
        return [(row.template, row.text) for row in rows]

    def templates(self, address: str) -> list[str]:
        return [template for template, _ in self.to(address)]

    def token(self, address: str, template: str) -> str:
        """The secret in the newest mail of this kind."""
        text = [text for name, text in self.to(address) if name == template][-1]
        return re.search(r"/#/[a-z]+/(z2h_ml_[0-9A-Za-z]+)", text)[1]


@pytest.fixture
def box(app) -> Box:
    return Box()


def work() -> int:
    """Make the background calls that are due; how many."""
    return sum(outbox.run(call) for call in outbox.due((outbox.BACKGROUND,)))


def acts(account_id) -> list[str]:
    """What the audit log holds on an account, the oldest first."""
    return list(db.session.scalars(sa.select(Entry.action).where(Entry.account_id == account_id).order_by(Entry.id)))
