"""The strict JSON reader: valid documents as json.loads reads them, everything else refused with a sentence."""

import contextlib
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadRequest
from app.web.json import DEEPEST, loads

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 2]))
def test_a_valid_document_is_read_as_ever(document, ascii_only, indent):
    raw = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    assert loads(raw) == json.loads(raw)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_a_document_or_a_bad_request(raw):
    with contextlib.suppress(BadRequest):
        value = loads(raw)
        assert value == json.loads(raw)
        assert not (isinstance(value, float) and not math.isfinite(value))


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"[1,]", b"{'a': 1}", b"NaN", b"[Infinity]", b"-Infinity", b"1e999", b'{"a": 1, "a": 2}', b'{"a": {"b": 1, "b": 1}}',
        b'"\\u0000"', b'["\\ud800"]', b'{"\\udfff": 1}', b"\xff", b'"\xed\xa0\x80"', b"1" * 5_000, b"\xef\xbb\xbf{}", b"01", b"+1", b'"\n"', b"[1] [2]",
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), b"[" * 100_000, b'{"a":' * 70 + b"1" + b"}" * 70,
    ],
)  # fmt: skip
def test_what_is_refused(raw):
    with pytest.raises(BadRequest):
        loads(raw)


@pytest.mark.parametrize("raw", [b'"\\ud83c\\udf88"', b"[" * DEEPEST + b"]" * DEEPEST, b'"\\\\u0000"', b" \r\n\t1 ", b"-0", b"1E5"])
def test_what_is_only_nearly_wrong_is_read(raw):
    assert loads(raw) == json.loads(raw)
