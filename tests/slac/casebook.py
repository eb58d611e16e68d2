"""A mark for the ISO 15118-5 cases that a test covers; ``test_cases.py`` checks the whole list."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T", bound=Callable[..., None])


def case(*_identifiers: str) -> Callable[[T], T]:
    """Name the cases where a reader sees them.  The check reads the source."""

    def unchanged(test: T) -> T:
        return test

    return unchanged
