"""The pool: never more than its size, nobody overtaken, nothing lost when a connection cannot be made."""

import threading
import time

import pytest
import sqlalchemy as sa

from app.db.pool import Pool


class Connection:
    """What a pool needs of a DBAPI connection."""

    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True

    def rollback(self): ...


def pool_of(size, timeout=1.0, creator=Connection):
    return Pool(creator, pool_size=size, timeout=timeout, reset_on_return=None)


def test_the_newest_connection_is_given_again():
    pool = pool_of(3)
    first, second = pool.borrow(), pool.borrow()
    pool.give_back(first)
    pool.give_back(second)
    assert pool.borrow() is second
    assert pool.borrow() is first


def test_who_waits_too_long_is_told_so():
    pool = pool_of(1, timeout=0.05)
    held = pool.borrow()
    with pytest.raises(sa.exc.TimeoutError, match=r"All 1 connections to the database have been busy for 0\.05 s"):
        pool.borrow()
    pool.give_back(held)
    assert pool.borrow() is held


def test_the_longest_waiting_is_served_first_and_not_overtaken():
    pool = pool_of(1, timeout=5)
    held, order = pool.borrow(), []

    def wait(name):
        entry = pool.borrow()
        order.append(name)
        pool.give_back(entry)

    threads = []
    for name in range(5):
        threads.append(threading.Thread(target=wait, args=[name]))
        threads[-1].start()
        while pool._waiting <= name:
            time.sleep(0.001)
    pool.give_back(held)
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2, 3, 4]


def test_a_connection_that_cannot_be_made_leaves_its_place():
    answers = [OSError("refused"), Connection(), OSError("refused again")]

    def create():
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    pool = pool_of(1, creator=create)
    with pytest.raises(OSError, match="refused"):
        pool.borrow()
    pool.give_back(pool.borrow())
    assert pool.status() == "1 of 1 connections open, 1 idle, 0 waiting"


def test_many_threads_never_hold_more_than_the_size():
    pool, held, most, lock = pool_of(4, timeout=10), 0, 0, threading.Lock()

    def work():
        nonlocal held, most
        for _ in range(200):
            entry = pool.borrow()
            with lock:
                held += 1
                most = max(most, held)
            with lock:
                held -= 1
            pool.give_back(entry)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert 1 <= most <= 4
    assert pool.checkedout() == 0


def test_borrowing_and_checking_out_share_the_connections():
    pool = pool_of(1, timeout=0.05)
    fairy = pool.connect()
    with pytest.raises(sa.exc.TimeoutError):
        pool.borrow()
    fairy.close()
    entry = pool.borrow()
    with pytest.raises(sa.exc.TimeoutError):
        pool.connect()
    pool.give_back(entry)


def test_disposing_closes_what_is_idle():
    pool = pool_of(2)
    entry = pool.borrow()
    connection = entry.dbapi_connection
    pool.give_back(entry)
    pool.dispose()
    assert connection.closed
    assert pool.status() == "0 of 2 connections open, 0 idle, 0 waiting"
