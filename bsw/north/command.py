"""Commands of a north side: methods whose arguments are checked before anything else happens.

The checks are made from the annotations, at the first call: a role that nobody drives pays for
none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from pydantic import ValidationError, validate_call

from bsw.ecuc.arguments import Problem, explain, problems_of

P = ParamSpec("P")
R = TypeVar("R")


class CommandError(ValueError):
    """A command that cannot be taken: which argument, what is wrong with it, what would be right.

    ``problems`` has one entry for each argument; it is empty where the whole command is refused.
    """

    def __init__(self, text: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(text)
        self.problems = problems


def refused(command: str, field: str, remedy: str) -> CommandError:
    """A right value at the wrong time, or of another session."""
    return CommandError(f"{command}: {field}: {remedy}", (Problem(field, remedy),))


@dataclass(frozen=True, slots=True)
class Commands:
    """Decorates the methods that are commands, and lists their names in order."""

    names: list[str]

    def __call__(self, method: Callable[P, R]) -> Callable[P, R]:
        self.names.append(method.__name__)

        @cache
        def checked() -> Callable[..., Any]:
            return validate_call(method)

        @wraps(method)
        def call(*arguments: P.args, **named: P.kwargs) -> R:
            try:
                result: R = checked()(*arguments, **named)
            except ValidationError as error:
                raise invalid(method.__name__, error) from None
            return result

        return call


def invalid(command: str, error: ValidationError) -> CommandError:
    return CommandError(explain(command, error), problems_of(error))
