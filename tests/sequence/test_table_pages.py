"""The pages of the sequence tables are those of the tables as they are."""

from pathlib import Path

import pytest

from bsw.chrgm.protocols import SPOKEN, protocol
from bsw.os.clock import MS, S
from tools import cli
from tools.dev.tables.page import duration, page

DOCS = Path(__file__).parents[2] / "docs/protocols"


@pytest.mark.parametrize("name", [one.name for one in SPOKEN])
def test_the_committed_page_is_up_to_date(name: str) -> None:
    written = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert written == page(protocol(name).table), "run: v2g tables"


@pytest.mark.parametrize("name", [one.name for one in SPOKEN])
def test_every_edge_and_every_limit_is_on_the_page(name: str) -> None:
    table = protocol(name).table
    text = page(table)
    for exchange in table.exchanges.values():
        assert exchange.name in text
        for edge in exchange.follow:
            assert f"{exchange.name} --> {edge.to}" in text
    assert all(
        f"| {side.exchange.name} | {side.stream:#06x}" in text for side in table.sides.values()
    )
    assert all(span.name in text for span in table.spans)


def test_the_command_writes_all_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tables", "--out", str(tmp_path / "new")]) == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "din.md",
        "iso2.md",
        "iso20.md",
    ]
    (tmp_path / "file").write_text("")
    assert cli.main(["tables", "--out", str(tmp_path / "file")]) == 2
    assert "name another" in capsys.readouterr().err


def test_durations_are_told_with_units() -> None:
    assert [duration(one) for one in (None, 250 * MS, 1500 * MS, 2 * S)] == [
        "-",
        "250 ms",
        "1.5 s",
        "2 s",
    ]
