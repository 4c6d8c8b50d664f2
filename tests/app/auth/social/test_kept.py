"""What is kept of others' documents, and for how long."""

import pytest

from app.auth.social.kept import GOOD, PAUSE, USABLE, Kept
from app.auth.social.trouble import Away


class Issuer:
    def __init__(self):
        self.time, self.read, self.away = 1_000.0, 0, False
        self.kept = Kept(self.published, lambda: self.time)

    def published(self):
        self.read += 1
        if self.away:
            raise Away("away")
        return self.read


def test_it_is_read_once_an_hour():
    issuer = Issuer()
    assert [issuer.kept.get(), issuer.kept.get()] == [1, 1]
    issuer.time += GOOD - 1
    assert issuer.kept.get() == 1
    issuer.time += 1
    assert issuer.kept.get() == 2


def test_what_was_read_serves_for_a_day_while_the_issuer_is_away():
    issuer = Issuer()
    issuer.kept.get()
    issuer.away = True
    issuer.time += GOOD
    assert [issuer.kept.get(), issuer.kept.get()] == [1, 1]
    assert issuer.read == 2
    issuer.time += PAUSE
    assert (issuer.kept.get(), issuer.read) == (1, 3)
    issuer.time = 1_000.0 + USABLE
    with pytest.raises(Away):
        issuer.kept.get()


def test_what_was_never_read_is_asked_for_each_time():
    issuer = Issuer()
    issuer.away = True
    for _ in range(2):
        with pytest.raises(Away):
            issuer.kept.get()
    issuer.away = False
    assert issuer.kept.get() == 3


def test_ahead_of_time_it_is_read_again_every_half_minute_at_most():
    issuer = Issuer()
    issuer.kept.get()
    assert [issuer.kept.ahead_of_time() for _ in range(3)] == [2, 2, 2]
    issuer.time += PAUSE
    assert issuer.kept.ahead_of_time() == 3
