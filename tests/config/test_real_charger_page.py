"""The configuration on the page about real chargers is one, and what the page shows is there."""

import re
from pathlib import Path

import pytest

from evcc.cli import main as evcc
from tests.tidy.tree import ROOT

PAGES = ("real-charger", "can-plug", "island", "linux-pins")
DOCS = ROOT / "docs"


def test_the_configuration_on_the_page_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (DOCS / "real-charger.md").read_text(encoding="utf-8")
    told = page.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "evcc.yaml").write_text(told)
    assert evcc(["check", "-c", str(tmp_path / "evcc.yaml")]) == 0, capsys.readouterr().err
    assert "overvoltage: 450 V" in capsys.readouterr().out


@pytest.mark.parametrize("name", PAGES)
def test_each_wiring_page_has_its_drawing(name: str) -> None:
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    drawings = re.findall(r"!\[[^]]+\]\((pictures/[\w-]+\.svg)\)", page)
    assert drawings
    for drawing in drawings:
        assert (DOCS / drawing).read_text(encoding="utf-8").startswith("<svg ")
