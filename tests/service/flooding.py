"""A flood of wrong log-ins from many addresses, in a process of its own: `python flooding.py PORT RATE SECONDS ACCOUNTS`.

Prints how many were answered with which status. Forty connections, each paced, so that the rate stays what was asked for.
"""

import asyncio
import collections
import itertools
import json
import sys
import time

CONNECTIONS = 40
_numbers = itertools.count()


def request(accounts: int) -> bytes:
    """Each from an IPv4 address of its own, as the proxy in front says."""
    n = next(_numbers)
    body = json.dumps({"email": f"victim{n % accounts}@example.com", "password": f"guess {n}"})
    address = f"203.{n // 65536 % 256}.{n // 256 % 256}.{n % 256}"
    return (
        f"POST /api/v1/auth/sessions HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def caller(port: int, begin: float, pause: float, until: float, accounts: int, seen: collections.Counter) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = begin
    while (now := time.monotonic()) < until:
        if due > now:
            await asyncio.sleep(due - now)
        due += pause
        writer.write(request(accounts))
        head = await reader.readuntil(b"\r\n\r\n")
        seen[head.split(b" ", 2)[1].decode()] += 1
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        await reader.readexactly(length)
    writer.close()


async def flood(port: int, rate: int, seconds: float, accounts: int) -> collections.Counter:
    seen: collections.Counter = collections.Counter()
    begin = time.monotonic()
    callers = (caller(port, begin + n / rate, CONNECTIONS / rate, begin + seconds, accounts, seen) for n in range(CONNECTIONS))
    await asyncio.gather(*callers)
    return seen


if __name__ == "__main__":
    port, rate, seconds, accounts = sys.argv[1:]
    print(json.dumps(asyncio.run(flood(int(port), int(rate), float(seconds), int(accounts)))))
