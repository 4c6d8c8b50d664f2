"""The labels of metrics are ours: nobody outside can make up time series."""

import re

from app.observe import metrics


def test_made_up_methods_share_one_time_series(client):
    for number in range(20):
        assert client.open(f"/api/v1/meta?{number}", method=f"MADE-UP-{number}").status_code == 405
    client.get("/api/v1/meta")
    methods = set(re.findall(r'http_request_seconds_count\{method="([^"]+)"', metrics.exposition().decode()))
    assert {"GET", "OTHER"} <= methods <= {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "OTHER"}
