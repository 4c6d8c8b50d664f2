"""Each request of the fuzzer is a new one: a key it happens to use twice would rightly get the first answer again."""

import re
import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    if re.fullmatch(r"[\x21-\x7e]{1,100}", str(headers.get("Idempotency-Key", ""))):
        headers["Idempotency-Key"] = str(uuid.uuid4())
