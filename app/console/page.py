"""What a stage says about its page in the console."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Page:
    """``module`` is an ES module in the folder ``static`` that exports `mount(element, context)`."""

    title: str
    path: str
    module: str
    static: Path
