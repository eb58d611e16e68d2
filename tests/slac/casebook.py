"""A mark for the ISO 15118-5 cases that a test covers; ``test_cases.py`` checks the whole list."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T", bound=Callable[..., None])


def case(*identifiers: str) -> Callable[[T], T]:
    """Name the cases that the test covers, for those that are no parameter's id."""

    def named(test: T) -> T:
        test.cases = identifiers  # type: ignore[attr-defined]  # read by ``covered``
        return test

    return named


def covered(test: object) -> set[str]:
    """The cases that a test function names, by ``case`` or as ids of its parameters."""
    found = set(getattr(test, "cases", ()))
    for mark in getattr(test, "pytestmark", ()):
        if mark.name == "parametrize":
            found |= {str(one.id) for one in mark.args[1] if hasattr(one, "id")}
    return {one for one in found if one.startswith(("EVCC_", "SECC_"))}
