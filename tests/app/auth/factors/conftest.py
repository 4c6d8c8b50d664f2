import pytest

from tests import factors


@pytest.fixture
def ada_app(ada):
    return factors.with_app(ada)


@pytest.fixture
def ada_key(ada):
    return factors.with_passkey(ada)
