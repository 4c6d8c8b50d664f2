"""What views do with a loaded query string."""

from collections.abc import Mapping
from typing import Any

NOT_FILTERS = frozenset({"limit", "cursor", "sort"})


def filters(query: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that were asked for."""
    return {name: value for name, value in query.items() if name not in NOT_FILTERS}
