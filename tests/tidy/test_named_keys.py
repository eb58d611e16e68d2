"""Every configuration key that a text of ours names is one: a remedy that names none helps nobody.

Looks at the texts of the ECUs' modules, at ``--set`` wherever it stands, and at the pages.  A word
with dots counts as a key unless it is the name of a module or a file, or stands below with what it
is.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bsw.ecuc.part import Part
from bsw.ecuc.shape import step_into
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tests.tidy.tree import ROOMS, ROOT, modules, parsed, shown, tracked

MODELS: tuple[type[Part], ...] = (EvccConfig, SeccConfig)
ECU_ROOMS = ("evcc", "secc", "ecu", "can_adapter", "keym", "csm", "bsw")

OTHER = {
    "keym.x509.ids": "a module, on a page",
    "link.passable": "an attribute, on a page",
    "certificate_response.certificate_action": "an argument of the north side",
    "certificate_response.exi_response": "an argument of the north side",
    "can.typechecking": "a module of python-can",
    "channel.frame": "an alarm",
    "channel.handshake": "an alarm",
    "e.g": "Latin",
    "local.accept": "a watched descriptor",
    "sdp.retry": "an alarm",
    "directories.tokendir": "a key of softhsm2.conf",
    "objectstore.backend": "a key of softhsm2.conf",
    "slots.removable": "a key of softhsm2.conf",
}
ALARMS = re.compile(r"tcp\.\w+|iso20\.\w+")
"""Alarms of the TCP rooms, and schema sets."""

WORD = re.compile(r"(?<![\w./@:<-])([a-z][a-z_0-9]*(?:\.[a-z][a-z_0-9]*)+)(?![\w(/*-])")
SETTING = re.compile(r"--set[ =]([a-z_]+(?:\.[a-z_0-9]+)+)=")
FILES = re.compile(
    r".*\.(arxml|book|cnf|conf|csv|dbc|der|gz|jsonl?|key|log|lua|md|nvm|ocsp|pass|pcapng|pem|png"
    r"|pid|py|service|so|sock|target|toml|txt|xsd|yaml|yml)"
)


def is_key(name: str) -> bool:
    """Whether a role has this key."""
    return any(_found(model, name.split(".")) for model in MODELS)


def _found(model: type[Part], steps: list[str]) -> bool:
    hint: object = model
    for step in steps:
        hint = step_into(hint, step) or step_into(step_into(hint, 0), step)  # in each of a list
        if hint is None:
            return False
    return True


def texts(path: Path) -> Iterator[str]:
    """The strings of a module that are no docstrings."""
    comments = {
        id(node.value)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and id(node) not in comments:
            yield str(node.value)


def named(text: str) -> set[str]:
    """What looks like a key in a text."""
    return {
        word
        for word in WORD.findall(text)
        if word.split(".")[0] not in {*ROOMS, "sys"}
        and not FILES.fullmatch(word)
        and not ALARMS.fullmatch(word)
        and word not in OTHER
    }


def test_every_key_that_a_text_names_is_one() -> None:
    words = {
        (shown(path), word)
        for path in modules(*ECU_ROOMS)
        for text in texts(path)
        for word in named(text)
    }
    assert len(words) > 20
    assert {one for one in words if not is_key(one[1])} == set()


def settings() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        if path.suffix in {".md", ".py", ".yaml", ".sh", ".service"} and not _apart(path):
            text = path.read_text(encoding="utf-8")
            found += [(shown(path), key) for key in SETTING.findall(text)]
    return found


def _apart(path: Path) -> bool:
    """``v2g slac`` has settings of its own by the same word."""
    return "tests" in path.parts or path.name == "slac.md" or path.parent.name == "slac"


def test_every_key_that_is_set_on_a_command_line_is_one() -> None:
    assert len(settings()) > 5
    assert [one for one in settings() if not is_key(one[1])] == []


def test_every_key_of_a_known_part_that_a_page_names_is_one() -> None:
    sections = {name for model in MODELS for name in model.model_fields}
    wrong = []
    for path in sorted((ROOT / "docs").rglob("*.md")):
        for quoted in re.findall(r"`([a-z_]+(?:\.[a-z_0-9]+)+)(?::[^`]*)?`", path.read_text()):
            if quoted.split(".")[0] in sections and quoted not in OTHER:
                wrong += [(shown(path), quoted)] if not is_key(quoted) else []
    assert wrong == []


@pytest.mark.parametrize("wrong", ["net.interface", "nvm.path", "bus.interface", "can.bus.speed"])
def test_a_planted_wrong_key_is_found(wrong: str) -> None:
    assert named(f"give another interface ({wrong}) or see a.yaml and bsw.net") == {wrong}
    assert not is_key(wrong)


@pytest.mark.parametrize("right", ["network.interface", "nvm.file", "can.bus.options.port"])
def test_a_right_key_is_one(right: str) -> None:
    assert is_key(right)


def test_what_is_listed_as_no_key_is_none_and_still_there() -> None:
    words = {w for path in modules(*ECU_ROOMS) for text in texts(path) for w in WORD.findall(text)}
    pages = "".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    assert [
        word for word in OTHER if is_key(word) or word not in words | set(pages.split("`"))
    ] == []
