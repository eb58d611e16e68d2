"""Figures of one run are kept in a file, and the next run says how it compares."""

import json
from pathlib import Path

import pytest

from tools.cli import main
from tools.dev.measure.figures import LEDGER, Figure, NoFigures, keep, line, ratios, read, save


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LEDGER, "figures", {})
    monkeypatch.setattr(LEDGER, "bench", "")


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    figures = {"whole: charging": Figure(97.5, "times real time"), "can: frame": Figure(0.3, "us")}
    save(figures, tmp_path / "kept.json")
    assert read(tmp_path / "kept.json") == figures


def test_a_printed_line_is_kept_by_its_median_under_the_name_of_its_bench() -> None:
    LEDGER.bench = "loop"
    line("lateness", [3.0, 1.0, 2.0], "us")
    keep("other", 5.0, "ms")
    assert LEDGER.figures == {
        "loop: lateness": Figure(2.0, "us"),
        "loop: other": Figure(5.0, "ms"),
    }


def test_the_ratio_is_now_to_before_and_what_is_new_is_said() -> None:
    now = {"a": Figure(50.0, "us"), "b": Figure(1.0, "ms"), "c": Figure(1.0, "s")}
    before = {"a": Figure(100.0, "us"), "c": Figure(1.0, "ms"), "gone": Figure(1.0, "s")}
    told = list(ratios(now, before))
    assert len(told) == 3
    assert told[0].split() == ["a", "100.00", "->", "50.00", "us", "x", "0.50"]
    assert "not measured before" in told[1]
    assert "not measured before" in told[2]
    assert next(ratios({"z": Figure(1.0, "s")}, {"z": Figure(0.0, "s")})).endswith("was 0")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"figures": {"a": 1}}', '{"figures": [1]}'])
def test_a_file_without_figures_is_said_with_the_remedy(tmp_path: Path, content: str) -> None:
    file = tmp_path / "kept.json"
    file.write_text(content)
    with pytest.raises(NoFigures, match="holds no figures; make one with --save"):
        read(file)
    with pytest.raises(NoFigures, match="No such file"):
        read(tmp_path / "none.json")


def test_the_command_saves_and_compares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.dev.measure.exi.main", lambda: keep("speed", 10.0, "us"))
    file = tmp_path / "kept.json"
    assert main(["measure", "exi", "--save", str(file)]) == 0
    assert json.loads(file.read_text())["figures"] == {"exi: speed": [10.0, "us"]}
    assert main(["measure", "exi", "--compare", str(file)]) == 0
    assert "x 1.00" in capsys.readouterr().out
    assert main(["measure", "exi", "--save", str(tmp_path / "none" / "kept.json")]) == 1
    assert "name one that exists" in capsys.readouterr().err
    assert main(["measure", "exi", "--compare", str(tmp_path / "none.json")]) == 2
    assert "make one with --save" in capsys.readouterr().err
