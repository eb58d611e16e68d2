"""A folder holds about fifteen modules; what holds more is split, or stands here with a reason."""

from collections import Counter

from tests.tidy.tree import ROOT, modules

MOST = 16
FULLER = {
    "bsw/chrgm": "what both roles share of a session; messages, sequence, signature are apart",
    "bsw/slac": "one state machine a module, both roles, and the frames they speak",
    "tools/fuzz": "one way of attack a module",
}


def fuller() -> dict[str, int]:
    counted = Counter(
        str(path.parent.relative_to(ROOT)) for path in modules() if path.name != "__init__.py"
    )
    return {folder: count for folder, count in counted.items() if count > MOST}


def test_no_folder_grows_beyond_a_look() -> None:
    assert set(fuller()) == set(FULLER), "split it, or say why not; or take it off the list"
