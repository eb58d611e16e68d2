"""The journeys of CONTRIBUTING.md, walked: each file is entered, in the order that stands there."""

import re
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from pilotwire import Bench
from tests.tidy.tree import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
STEP = re.compile(r"^\d+\. `([^`]+)`", re.MULTILINE)
HOME = f"{ROOT}/"
WINDOW = 0.06
"""Seconds: one turn of the charge loop and not much more, so that nothing is walked by chance."""


def journey(name: str) -> list[str]:
    text = PAGE.split(f"<!-- journey: {name} -->")[1].split("\n\n")[0]
    return STEP.findall(text)


def entered(act: Callable[[], None]) -> list[str]:
    """The files of ours in which functions were called meanwhile, one after the other."""
    found: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(HOME) and (not found or found[-1] != name):
            found.append(name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
    return [name.removeprefix(HOME) for name in found]


def walked(steps: list[str], files: list[str]) -> list[str]:
    """The first steps that come in this order."""
    done: list[str] = []
    for name in files:
        if len(done) < len(steps) and name == steps[len(done)]:
            done.append(name)
    return done


@pytest.fixture(scope="module")
def charging() -> Bench:
    bench = Bench(soc=50.0).charge()
    bench.run(3.0)
    return bench


@pytest.mark.parametrize("name", ["answer", "frame", "stop"])
def test_a_journey_goes_as_it_is_written(name: str, charging: Bench) -> None:
    def act() -> None:
        if name == "stop":
            charging.charger.stop_charging(stop=True)
        charging.run(WINDOW)

    steps = journey(name)
    assert len(steps) > 5
    assert len(set(steps)) == len(steps), "none twice"
    windows = [entered(act) for _ in range(10)]
    assert max((walked(steps, files) for files in windows), key=len) == steps
    assert all(walked(steps[::-1], files) != steps[::-1] for files in windows), "any order would do"


def test_a_journey_that_goes_otherwise_is_found() -> None:
    assert walked(["a", "b", "c"], ["a", "c", "b", "a"]) == ["a", "b"]


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z0-9_]+\.py)`", PAGE))
    assert {name for name in named if not (ROOT / name).is_file()} == set()
