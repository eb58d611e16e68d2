"""The base of every room's configuration model.

A room writes one class per thing an integrator may set, in its own ``config.py``; the role's
model composes them.  Defaults are the safe choice and run as they are.
"""

import os
from collections.abc import Iterable

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # the search for them costs 25 ms

from pydantic import BaseModel, ConfigDict


class Wrong(ValueError):
    """Something about a value that only a look at other values shows.

    ``key`` is the field it is about (dots lead into parts of it; empty for the whole part).
    """

    def __init__(self, key: str, message: str, example: str = "") -> None:
        super().__init__(message)
        self.key = key
        self.message = message
        self.example = example


class Part(BaseModel):
    """Frozen, typed strictly, and closed: a key nobody declared is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        defer_build=True,  # a part of a part is checked by the whole's validator, not by its own
    )

    def problems(self) -> Iterable[Wrong]:
        """What is wrong among values that are each right.  Called once all values are right."""
        return ()

    def problems_outside(self) -> Iterable[Wrong]:
        """What is wrong with files the values name, where a look into them takes its time.

        ``check`` looks before it says that all is well, ``run`` as soon as its loop turns.
        """
        return ()

    def unused(self) -> Iterable[str]:
        """Own parts that nobody reads with these values.

        Where nothing is written of one either, nobody looks outside for it.
        """
        return ()
