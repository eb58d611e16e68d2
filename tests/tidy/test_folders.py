"""A folder holds about fifteen modules; what holds more is split, or stands here with a reason."""

from tests.tidy.tree import ROOT, modules
from tools.dev.house import MOST, folders

FULLER = {
    "tools/dev/measure": "one measurement a module",
}


def fuller() -> dict[str, int]:
    counted = folders(modules())
    return {str(one.relative_to(ROOT)): n for one, n in counted.items() if n > MOST}


def test_no_folder_grows_beyond_a_look() -> None:
    assert set(fuller()) == set(FULLER), "split it, or say why not; or take it off the list"
