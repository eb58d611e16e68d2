"""Where scenarios are: files of one's own by their path, the shipped ones by their name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bsw.ecuc.load import load
from bsw.program.parser import did_you_mean
from tools.bench.scenarios.model import Scenario

SHIPPED: Final = Path(__file__).parent / "shipped"
SUFFIX: Final = ".yaml"


class NoScenario(Exception):
    """There is none of that name; says which there are."""


def names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob(f"*{SUFFIX}"))


def place(said: str) -> Path:
    """The file that somebody means: a path, or the name of a shipped one."""
    shipped = SHIPPED / f"{said}{SUFFIX}"
    if said in names():
        return shipped
    own = Path(said)
    if own.suffix in {SUFFIX, ".yml", ".json"} or own.exists():
        return own
    raise NoScenario(f"no scenario {said!r}{did_you_mean(said, names())}; v2g bench list has them")


def read(said: str) -> Scenario:
    """``NoScenario``, or ``ConfigurationError`` with every place that is wrong."""
    return load(Scenario, (place(said),), outside=False).config


def shipped() -> Iterator[tuple[str, Scenario]]:
    for name in names():
        yield name, read(name)
