"""What time does to accounts and archives."""

import datetime as dt

from app.accounts.own import deletion, exports
from app.background import background


@background("accounts.purge", every=dt.timedelta(minutes=10))
def purge() -> None:
    """Close accounts whose days of grace are over, delete those that everybody has forgotten, and old archives."""
    exports.purge()
    deletion.bury()
    deletion.close()
