"""Each subscriber receives every change once and in order."""

import random
import threading
import time

import requests
import socketio

from tests.processes import Caller, eventually


class Listener:
    """A client that remembers the last sequence it has, as a page does."""

    def __init__(self, token, key):
        self.token, self.key, self.sequences, self.left = token, key, [], None
        self.client = None

    def connect(self, url):
        client = self.client = socketio.Client(reconnection=False)
        # python-engineio's client handles each message in a thread of its own, which may overtake one another: handle them in turn.
        trigger = client.eio._trigger_event
        client.eio._trigger_event = lambda *args, **options: trigger(*args, **{**options, "run_async": False})
        # What still arrives on a connection that was given up counts for nobody.
        client.on("change", lambda change: self.sequences.append(change["sequence"]) if self.client is client else None)
        self.client.on("left", lambda message: setattr(self, "left", time.monotonic()))
        self.client.connect(url, auth={"token": self.token}, transports=["websocket"], wait_timeout=10)
        after = self.sequences[-1] if self.sequences else 0
        answer = self.client.call("subscribe", {"stream": "tasks.project", "key": self.key, "after": after}, timeout=10)
        assert answer["ok"], answer

    def drop(self):
        """Not a farewell: the connection just goes."""
        client, self.client = self.client, None
        client.eio.disconnect(abort=True)


def test_fifty_clients_that_come_and_go_miss_nothing_when_a_process_is_killed(serve):
    one, two = serve(), serve()
    ada = Caller(one.url, "ada@example.com")
    project = ada.post("tasks/projects", {"name": "Live"})
    listeners = [Listener(ada.token, project["id"]) for _ in range(50)]
    where = [one.url, two.url]
    for n, listener in enumerate(listeners):
        listener.connect(where[n % 2])
    dead = threading.Event()

    def write():
        for n in range(60):
            add(n, two.url if dead.is_set() else random.choice(where))
            time.sleep(0.03)

    def add(n, url):
        once = {"Idempotency-Key": f"task-{n}"}
        try:
            ada.post(f"tasks/projects/{project['id']}/tasks", {"title": str(n)}, url=url, headers=once)
        except requests.ConnectionError:
            # The process died while it answered: the key makes the second try safe.
            ada.post(f"tasks/projects/{project['id']}/tasks", {"title": str(n)}, url=two.url, headers=once)

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(25):
        listener = random.choice(listeners)
        listener.drop()
        listener.connect(random.choice(where))
    dead.set()
    time.sleep(0.3)
    one.kill()
    for listener in listeners:
        listener.drop()
        listener.connect(two.url)
    writer.join()
    everything = list(range(1, 61))
    eventually(lambda: all(len(listener.sequences) >= 60 for listener in listeners), 20)
    assert [listener.sequences for listener in listeners] == [everything] * 50
    for listener in listeners:
        listener.client.disconnect()


def test_who_loses_the_role_leaves_the_room_at_once_in_every_process(serve):
    one, two = serve(), serve()
    ada, grace = Caller(one.url, "ada@example.com"), Caller(one.url, "grace@example.com")
    project = ada.post("tasks/projects", {"name": "Shared"})
    ada.post(f"tasks/projects/{project['id']}/members", {"email": "grace@example.com", "role": "viewer"})
    listener = Listener(grace.token, project["id"])
    listener.connect(two.url)
    began = time.monotonic()
    assert ada.call("DELETE", f"tasks/projects/{project['id']}/members/{grace.id}").status_code == 204
    eventually(lambda: listener.left is not None, 5)
    assert listener.left - began < 0.5
    ada.post(f"tasks/projects/{project['id']}/tasks", {"title": "secret"})
    time.sleep(0.5)
    assert listener.sequences == []
    listener.client.disconnect()


def test_signing_out_acts_in_every_process_and_closes_the_sockets(serve):
    one, two = serve(), serve()
    ada = Caller(one.url, "ada@example.com")
    project = ada.post("tasks/projects", {"name": "Mine"})
    listener = Listener(ada.token, project["id"])
    listener.connect(two.url)
    assert ada.call("GET", "accounts/me", url=two.url).status_code == 200
    assert ada.call("DELETE", "auth/sessions/current").status_code == 204
    eventually(lambda: ada.call("GET", "accounts/me", url=two.url).status_code == 401, 1)
    eventually(lambda: not listener.client.connected, 2)
