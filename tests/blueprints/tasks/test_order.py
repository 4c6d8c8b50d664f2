"""Fractional positions: always room between two, and short where moves are random."""

import random
import time

from blueprints.tasks import order


def test_there_is_always_a_place_strictly_between():
    choose = random.Random(7)
    places = [order.at_the_end()]
    for _ in range(3_000):
        at = choose.randrange(len(places) + 1)
        before, after = places[at - 1] if at else "", places[at] if at < len(places) else None
        new = order.between(before, after)
        assert before < new and (after is None or new < after)
        assert not new.endswith(order.DIGITS[0])
        places.insert(at, new)
    assert places == sorted(places)
    assert max(map(len, places)) < 40


def test_the_first_and_the_last_place_stay_short_however_often_they_are_taken():
    top = bottom = order.at_the_end()
    for _ in range(5_000):
        before, top = top, order.first(top)
        assert top < before
        before, bottom = bottom, order.last(bottom)
        assert bottom > before
    assert len(top) == len(bottom) == order.WIDTH + 1
    for place in ("1", "000000001V", "zzzzzzzzzV", "A"):
        assert order.first(place) < place < order.last(place)


def test_what_is_made_after_a_move_to_the_end_comes_after_it():
    last = order.last(order.at_the_end())
    time.sleep(0.001)
    assert last < order.at_the_end()
    places = order.spread(1_000)
    assert places == sorted(set(places)) and places[-1] < order.at_the_end()


def test_a_thousand_moves_to_the_same_place_still_fit_the_column():
    low, high = order.between("", None), None
    for _ in range(1_000):
        high = order.between(low, high)
    assert len(high) <= 300
    first = order.between("", None)
    for _ in range(1_000):
        first = order.between("", first)
    assert len(first) <= 300


def test_the_end_is_after_everything_made_before(monkeypatch):
    places = []
    for seconds in (1_700_000_000, 1_700_000_001, 1_900_000_000, 4_000_000_000):
        monkeypatch.setattr(time, "time_ns", lambda at=seconds: at * 1_000_000_000)
        places.append(order.at_the_end())
    assert places == sorted(places)
    assert len(set(map(len, places))) == 1
