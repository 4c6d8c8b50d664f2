"""Notifications through a real process: told by a listener, seen live, resumed after an absence, for their owner alone."""

import requests
import socketio

from tests.processes import Caller, eventually


def connected(url, caller, seen):
    client = socketio.Client(reconnection=False)
    client.on("change", lambda change: seen.append((change["sequence"], change["title"], change["read_at"] is not None)))
    client.connect(url, auth={"token": caller.token}, transports=["websocket"], wait_timeout=10)
    return client


def test_a_task_that_is_given_to_somebody_reaches_them_live(serve):
    url = serve().url
    ada, grace = Caller(url, "ada@example.com", "Ada"), Caller(url, "grace@example.com", "Grace")
    project = ada.post("tasks/projects", {"name": "Garden"})
    me = requests.get(f"{url}/api/v1/accounts/me", headers={"Authorization": f"Bearer {grace.token}"}, timeout=10).json()["id"]
    ask = {"stream": "notifications.account", "key": me, "after": 0}

    stranger = connected(url, ada, [])
    refused = stranger.call("subscribe", ask, timeout=10)
    stranger.disconnect()
    assert (refused["ok"], refused["problem"]["status"]) == (False, 404)

    first: list = []
    client = connected(url, grace, first)
    assert client.call("subscribe", ask, timeout=10)["ok"]
    ada.post(f"tasks/projects/{project['id']}/members", {"email": "grace@example.com", "role": "editor"})
    eventually(lambda: first == [(1, "Ada shared Garden with you", False)])
    client.disconnect()

    task = ada.post(f"tasks/projects/{project['id']}/tasks", {"title": "Water the plants"})
    headers = {"Authorization": f"Bearer {ada.token}", "If-Match": "*"}
    given = requests.patch(f"{url}/api/v1/tasks/tasks/{task['id']}", json={"assignee_id": me}, headers=headers, timeout=10)
    assert given.status_code == 200
    assert grace.call("POST", "notifications/readings", json={"until": 1}).json() == {"read": 1}

    later: list = []
    client = connected(url, grace, later)
    assert client.call("subscribe", {**ask, "after": 1}, timeout=10)["ok"]
    eventually(lambda: len(later) == 2)
    client.disconnect()
    # Whichever of the two was first: each is there as it is now, and what was seen before is not.
    assert sorted((title, read) for _, title, read in later) == [
        ("Ada gave you the task Water the plants", False),
        ("Ada shared Garden with you", True),
    ]
    assert sorted(sequence for sequence, _, _ in later) == [2, 3]
