"""Accounts as a core stage: always on."""

from app.accounts import UserDeleted, UserRegistered
from app.accounts.views import bp
from app.stages import Stage

stage = Stage(
    name="accounts",
    summary="People, roles and permissions",
    blueprints=[bp],
    permissions={
        "accounts.read": "See your own account",
        "accounts.write": "Change your own account, its sessions and its tokens",
        "accounts.manage": "See and change everybody's account",
    },
    grants={"user": ["accounts.read", "accounts.write"], "staff": []},
    emits=[UserRegistered, UserDeleted],
)
