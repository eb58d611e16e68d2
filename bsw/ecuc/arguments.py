"""Says in one line what is wrong with the arguments of a command, and what would be right.

For the north sides of both roles: whoever called reads this, so it names the argument and the
remedy and shows nothing of the checking itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

_REMEDIES: Final = {
    "missing": "is missing",
    "missing_argument": "is missing",
    "missing_keyword_only_argument": "is missing",
    "extra_forbidden": "is not known here; leave it out or correct its name",
    "unexpected_keyword_argument": "is not known here; leave it out or correct its name",
    "unexpected_positional_argument": "give arguments by name",
    "none_required": "is not wanted; leave it out",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one argument, or with a field of it."""

    field: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.remedy}"


def explain(command: str, error: ValidationError) -> str:
    """``command: argument.field: what is wrong``, all problems at once."""
    return f"{command}: " + "; ".join(map(str, problems_of(error)))


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    return tuple(map(_problem, error.errors(include_url=False, include_context=True)))


def _problem(problem: Any) -> Problem:  # noqa: ANN401 - the library's own record
    place = ".".join(str(part) for part in problem["loc"])
    remedy = _REMEDIES.get(problem["type"])
    if remedy is not None:
        return Problem(place, remedy)
    text = str(problem["msg"])
    return Problem(place, f"{text[:1].lower()}{text[1:]}, not {_short(problem['input'])}")


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
