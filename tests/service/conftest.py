"""Services of the tasks stage alone, on a copy of the migrated database: they start quickly."""

from collections.abc import Callable, Iterator

import pytest

from app.local import RedisServer
from tests import kit
from tests.processes import Service, environment


@pytest.fixture
def own_redis(tmp_path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
def env(own_redis) -> Iterator[dict[str, str]]:
    url = kit.new_database()
    yield environment(url, own_redis.url, STAGES="tasks")
    kit.drop_database(url)


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
