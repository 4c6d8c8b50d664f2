"""No secret, token or password ever reaches a log or a trace: what looks like one is cut out of every text."""

import re

GONE = "[redacted]"

PATTERNS = (
    # Our own tokens, and JWTs, wherever they stand.
    re.compile(r"z2h_(?:pat|rt|2fa|ml|ss|sh)_[0-9A-Za-z]+"),
    re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*"),
    # Authorization headers.
    re.compile(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"),
    # user:password@ in addresses.
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
    # Stored hashes.
    re.compile(r"\$argon2[a-z]*\$[^\s'\"]+"),
)

NAMED = re.compile(
    r"""(?ix) (["']? [a-z0-9_-]* (?:password|passwd|secret|token|api[_-]?key|cookie|credential) [a-z0-9_-]* ["']? \s* [=:] \s*)
        ( "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | [^\s,;&)}\]]+ )"""
)


def redact(text: str) -> str:
    for pattern in PATTERNS:
        text = pattern.sub(GONE, text)
    return NAMED.sub(lambda match: match[1] + GONE, text)
