"""Who may do what in a project."""

from app.errors import Conflict, Forbidden, NotFound

RANK = {"viewer": 0, "editor": 1, "owner": 2}


class NoSuchProject(NotFound):
    title = "There is no such project."


class NoSuchTask(NotFound):
    title = "There is no such task."


class RoleTooLow(Forbidden):
    title = "Your role in this project does not allow that."


class AssigneeNotMember(Conflict):
    title = "A task can be assigned to members of its project only."


class NoSuchParent(Conflict):
    title = "Sub-tasks go under a task of the same project that is no sub-task itself."


class NotDeleted(Conflict):
    title = "It is not deleted: there is nothing to bring back."


class NobodyThere(Conflict):
    title = "Nobody here has this address."


class OwnerStays(Conflict):
    title = "A project keeps its owner."


def require(role: str, needed: str) -> None:
    """Raises RoleTooLow. Whoever gets this far may see the project."""
    if RANK[role] < RANK[needed]:
        raise RoleTooLow(f"This needs the role {needed}; yours is {role}.", role=role, needed=needed)
