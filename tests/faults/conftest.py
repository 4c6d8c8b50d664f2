"""A database of one's own with an outside stage in it, a Redis of one's own, and services on both."""

from collections.abc import Callable, Iterator

import pytest

from app.local import RedisServer
from tests import kit
from tests.processes import Service, environment, flask


@pytest.fixture
def own_redis(tmp_path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
def own_database() -> Iterator[str]:
    url = kit.new_database()
    yield url
    kit.drop_database(url)


@pytest.fixture
def env(own_database, own_redis) -> dict[str, str]:
    found = environment(own_database, own_redis.url)
    done = flask("db upgrade", found)
    assert done.returncode == 0, done.stderr
    return found


@pytest.fixture
def serve(env) -> Iterator[Callable[..., Service]]:
    services: list[Service] = []

    def start(**more: str) -> Service:
        services.append(Service({**env, **more}).start())
        return services[-1]

    yield start
    for service in services:
        if service.process is not None and service.process.poll() is None:
            service.kill()
