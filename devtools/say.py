"""Prefixed, coloured lines, and refusals in one sentence."""

import os
import sys
import threading

COLOUR = (sys.stdout.isatty() or "FORCE_COLOR" in os.environ) and "NO_COLOR" not in os.environ
_lock = threading.Lock()


class Refusal(Exception):
    """Why it cannot go on, for whoever typed the command."""


def say(name: str, text: str) -> None:
    prefix = f"{name:>9} │ "
    if COLOUR:
        prefix = f"\033[{31 + sum(map(ord, name)) % 6}m{prefix}\033[0m"
    with _lock:
        sys.stdout.write(prefix + text.rstrip("\n") + "\n")
        sys.stdout.flush()
