"""The pages about sessions and interfaces say what the code is."""

from dataclasses import fields
from pathlib import Path

import pytest

from bsw.chrgm.endings import Ending
from evcc.config import SessionConfig as VehicleSession
from evcc.session.profile import VehicleProfile
from secc.config import CustomerConfig, HardwareConfig
from secc.config import SessionConfig as StationSession
from secc.session.profile import StationProfile
from tools.dev.pages.__main__ import main, outdated
from tools.dev.pages.sessions import filled

DOCS = Path(__file__).parents[2] / "docs"
SESSIONS = (DOCS / "sessions.md").read_text(encoding="utf-8")


def test_the_generated_pages_are_up_to_date() -> None:
    assert [path.name for path in outdated(DOCS)] == [], "run python -m tools.dev.pages"


def test_every_switch_and_every_ending_is_named() -> None:
    names = [one.name for one in (*fields(VehicleProfile), *fields(StationProfile))]
    for name in set(names) - {"tolerated", "timing", "reading"}:
        assert f"| `{name}` |" in SESSIONS
    for ending in Ending:
        assert f"| `{ending.name}` | {ending.value} |" in SESSIONS


def test_every_key_of_a_session_is_explained() -> None:
    keys = [
        *(
            f"session.{name}"
            for name in (VehicleSession.model_fields | StationSession.model_fields)
        ),
        *(f"hardware.{name}" for name in HardwareConfig.model_fields),
        *(f"customer.{name}" for name in CustomerConfig.model_fields),
    ]
    assert [key for key in keys if f"`{key}`" not in SESSIONS] == []


def test_a_page_that_differs_is_noticed_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "sessions.md").write_text(SESSIONS.replace("| `TERMINATED` |", "| x |"))
    monkeypatch.chdir(tmp_path)
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
    assert "sessions.md: is out of date" in capsys.readouterr().out


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="vehicle-profile"):
        filled("# Sessions\n")
