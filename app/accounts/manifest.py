"""Accounts as a core stage: always on."""

from app.accounts import UserDeleted, UserRegistered
from app.accounts.admin.commands import accounts_group
from app.accounts.admin.views import bp as people
from app.accounts.views import bp
from app.stages import Stage

stage = Stage(
    name="accounts",
    summary="People, roles and permissions",
    blueprints=[bp, people],
    permissions={
        "accounts.read": "See your own account",
        "accounts.write": "Change your own account, its sessions and its tokens",
        "accounts.delete": "Delete your own account, and take that back",
        "accounts.read_all": "See everybody's account",
        "accounts.manage": "Change everybody's account, and grant the permissions that you have",
        "accounts.impersonate": "Act in the place of others; for administrators alone",
    },
    grants={"user": ["accounts.read", "accounts.write", "accounts.delete"], "staff": []},
    emits=[UserRegistered, UserDeleted],
    commands=[accounts_group],
)
