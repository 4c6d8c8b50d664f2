"""Who is asking, and what they may do.

An :class:`Actor` is made once at the edge (a request, a socket, a background function, a command) and
handed to every verb. What an actor may do is the permissions of their roles, cut down to the scopes of
the token they use.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from app.errors import MissingPermission, SecondFactorRequired, Unauthorized


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or the service itself (`user_id` None), with what they may do here and now.

    ``impersonator_id`` is the administrator who acts in their place, if one does.
    ``withheld`` are permissions of theirs that wait for a second factor.
    """

    user_id: uuid.UUID | None
    permissions: frozenset[str] = frozenset()
    session_id: uuid.UUID | None = None
    token_id: uuid.UUID | None = None
    roles: tuple[str, ...] = ()
    everything: bool = field(default=False)
    impersonator_id: uuid.UUID | None = None
    withheld: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        return self.everything or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises MissingPermission, naming what is missing, or SecondFactorRequired."""
        if not self.may(permission):
            if permission in self.withheld:
                raise SecondFactorRequired(f"Your role needs a second factor for {permission}: add one, or prove the one you have.")
            raise MissingPermission(
                f"This needs the permission {permission}.",
                permission=permission,
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{permission}"'},
            )


def concerns(kind: str, which: str) -> Callable[[Actor], bool]:
    """Tells the actors of a `session`, a `token` or a `user` by its id, or those who have a `role`."""
    if kind == "role":
        return lambda actor: which in actor.roles
    attribute, wanted = {"session": "session_id", "token": "token_id", "user": "user_id"}[kind], uuid.UUID(which)
    return lambda actor: getattr(actor, attribute) == wanted


SERVICE = Actor(user_id=None, everything=True)
"""The service acting for nobody: purges, sweeps, commands of the operator."""

NOBODY = Actor(user_id=None)
"""Who asks without a token, in what that sets going: may do nothing."""

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def me() -> Actor:
    """Who is asking. Raises Unauthorized when nobody has said who they are."""
    actor = _actor.get()
    if actor is None:
        raise Unauthorized()
    return actor


def somebody() -> Actor | None:
    """Who is asking, or None on a public route without a token."""
    return _actor.get()


def enter(actor: Actor | None):
    """Set who is asking for the current context; returns the token for :func:`leave`."""
    return _actor.set(actor)


def leave(token) -> None:
    _actor.reset(token)


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    token = enter(actor)
    try:
        yield actor
    finally:
        leave(token)
