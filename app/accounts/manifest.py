"""Accounts as a core stage: always on."""

from app.accounts import UserDeleted, UserRegistered
from app.accounts.admin.commands import accounts_group
from app.accounts.admin.views import bp as people
from app.accounts.own import deletion, exports
from app.accounts.own.export import export
from app.accounts.own.purge import purge
from app.accounts.own.views import bp as your_data
from app.accounts.views import bp
from app.config import Setting, whole
from app.stages import Stage

stage = Stage(
    name="accounts",
    summary="People, roles and permissions",
    blueprints=[bp, your_data, people],
    permissions={
        "accounts.read": "See your own account",
        "accounts.write": "Change your own account, its sessions and its tokens",
        "accounts.delete": "Delete your own account, and take that back",
        "accounts.read_all": "See everybody's account",
        "accounts.manage": "Change everybody's account, and grant the permissions that you have",
        "accounts.impersonate": "Act in the place of others; for administrators alone",
    },
    grants={"user": ["accounts.read", "accounts.write", "accounts.delete"], "staff": []},
    settings={
        "ACCOUNTS_GRACE_DAYS": Setting(
            "ACCOUNTS_GRACE_DAYS", whole(0, 365), 14, "Days in which the deletion of an account can be taken back."
        ),
        "ACCOUNTS_EXPORT_BYTES": Setting(
            "ACCOUNTS_EXPORT_BYTES", whole(1_000, 10**9), 50_000_000, "Largest archive of a person's data, in bytes."
        ),
    },
    emits=[UserRegistered, UserDeleted],
    background=[exports.build, deletion.erase, purge],
    export=export,
    commands=[accounts_group],
)
