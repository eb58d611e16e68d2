"""A role's model with every shape a room may use."""

import enum
from typing import Annotated, Literal

from pydantic import Field

from bsw.ecuc.part import Part
from bsw.ecuc.quantities import Duration, Volts
from bsw.ecuc.references import NewPath


class Colour(enum.Enum):
    RED = "red"
    DEEP_BLUE = "deep-blue"


class Inner(Part):
    size: Annotated[int, Field(ge=-5, le=1_000_000)] = 3
    wait: Duration = 250_000_000
    limit: Volts = 400.0
    ratio: float = 0.5
    on: bool = False


class Outer(Part):
    """All the rest."""

    words: tuple[str, ...] = ("a", "b")
    """What is said."""

    numbers: tuple[int, ...] = ()
    choice: Literal["one", "two"] = "one"
    dashed: Literal["by-name", "explicit"] = "by-name"
    colours: tuple[Colour, ...] = (Colour.RED,)
    fixed: Literal[0, 512, 1024] = 0
    name: str | None = "x"
    file: NewPath | None = None
    scalar: bool | int | float | str | None = None
    free: dict[str, bool | int | float | str] = {"port": 1}  # noqa: RUF012 - pydantic copies it
    lists: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    inner: Inner = Inner(size=7)
    maybe: Inner | None = None
    many: tuple[Inner, ...] = ()
    named: dict[str, Inner] = Field(default_factory=dict)
    either: Inner | Literal["none"] = "none"


class BenchConfig(Part):
    outer: Outer = Outer()
    loose: int = 4
    loose_words: tuple[str, ...] = ()
