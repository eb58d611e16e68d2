"""The page for testers lists what the ECU has, no more and no less."""

import re
from pathlib import Path

from bsw.dem.events import Severity
from evcc.health.events import events
from evcc.health.live import FRAME
from evcc.health.settings import ITEMS

WORDS = {Severity.DEGRADE: "less"}
PAGE = (Path(__file__).parents[2] / "docs" / "diagnostics.md").read_text()


def test_every_trouble_code_is_on_the_page() -> None:
    row = r"^\| ([0-9A-F]{6}) \| `(\w+)` \| .* \| (\w+) \|$"
    listed = set(re.findall(row, PAGE, re.MULTILINE))
    assert listed == {
        (f"{event.code:06X}", event.name, WORDS.get(event.severity, event.severity.value))
        for event in events()
    }


def test_every_setting_and_every_live_value_is_on_the_page() -> None:
    listed = dict(re.findall(r"^\| ([0-9A-F]{4}) \| `(\w+)` \|", PAGE, re.MULTILINE))
    assert listed == {f"{one.number:04X}": one.name for one in (*ITEMS, *FRAME)}
