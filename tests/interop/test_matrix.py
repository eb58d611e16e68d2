"""The matrix and its table: what the runs of a cell come to, and how we stand beside their pair."""

import json
import sys
from pathlib import Path

import pytest

from tools.cli import main
from tools.interop import environments, matrix, slac, table
from tools.interop.environments import Environment, PeerMissing
from tools.interop.ledger import Ledger, OtherRuns
from tools.interop.matrix import Cell, Entry, Matrix, cell, sessions
from tools.interop.ratios import ratios
from tools.interop.roles import Case, Pace
from tools.interop.runs import Run, Side

CASE = Case("-2 AC EIM", "iso2", "AC_three_phase_core")


def side(good: bool = True, cpu: float = 1.0, **figures: object) -> Side:  # noqa: FBT001, FBT002
    return Side(good, figures, cpu, 50.0, "the last line")


def ended(set_up: float, rate: float, *, good: bool = True) -> Run:
    return Run(side(good, set_up=set_up, rate=rate, turn=0.001, reason=""), side())


def test_a_cell_is_the_median_of_the_runs_that_ended_well() -> None:
    runs = [ended(1.0, 10.0), ended(3.0, 30.0), ended(2.0, 20.0), ended(9.0, 90.0, good=False)]
    entry = Entry(CASE.name, "ours", "theirs", lambda _where: runs[0])
    found = cell(entry, runs)
    assert (found.good, found.runs) == (3, 4)
    assert (found.set_up, found.rate, found.by_vehicle.turn) == (2000.0, 20.0, 1.0)
    assert found.why == "vehicle: the last line"


PAIRS = (("theirs", "theirs"), ("theirs", "ours"))


def played(folder: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> list[str]:
    """What is asked of the programs; a foreign station of the round ``broken`` does not start."""
    asked: list[str] = []

    def run(case: Case, where: Path, vehicle: str, station: str, *, pace: Pace) -> Run:
        assert (case, where.parent, pace.patience) == (CASE, folder, matrix.PATIENCE)
        assert vehicle == "theirs"
        asked.append(where.name.removeprefix("2-AC-EIM-"))
        if station == "theirs" and where.name.endswith(broken):
            raise AssertionError("'READY' did not appear")
        return ended(1.0, 10.0)

    monkeypatch.setattr(matrix, "run", run)
    return asked


def made_matrix(folder: Path, rounds: int, *, resume: bool = False) -> Matrix:
    ledger = Ledger(folder, {"pilotwire": "1"}, resume=resume)
    return Matrix(folder, list(sessions([CASE], PAIRS, Pace())), rounds, ledger)


def test_a_run_that_cannot_begin_is_tried_once_more_and_does_not_end_the_matrix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = played(tmp_path, monkeypatch, "0")
    bad, good = made_matrix(tmp_path, 1).play()
    assert asked == ["theirs-theirs-0", "theirs-theirs-0-again", "theirs-ours-0"]
    assert [(one.good, one.runs) for one in (bad, good)] == [(1, 2), (1, 1)]
    assert "READY" in bad.why


def test_rounds_are_played_one_after_the_other_while_there_is_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = played(tmp_path, monkeypatch, "never")
    list(made_matrix(tmp_path, 3).play(enough=lambda: len(asked) > 2))
    assert asked == ["theirs-theirs-0", "theirs-ours-0", "theirs-theirs-1"]


def test_a_matrix_that_was_broken_off_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = played(tmp_path, monkeypatch, "never")
    list(made_matrix(tmp_path, 2).play(enough=lambda: len(asked) > 2))
    path = tmp_path / "runs.jsonl"
    path.write_text(path.read_text()[:-9])  # the last one was not written to its end
    again = made_matrix(tmp_path, 2, resume=True)
    list(again.play())
    assert asked[3:] == ["theirs-theirs-1", "theirs-ours-1"]
    assert [(one.good, one.runs, one.set_up) for one in again.cells()] == [(2, 2, 1000.0)] * 2
    assert not list(made_matrix(tmp_path, 2).cells())  # not asked to go on
    with pytest.raises(OtherRuns, match="--resume"):
        Ledger(tmp_path, {"pilotwire": "2"}, resume=True)


def made(vehicle: str, station: str, set_up: float, rate: float, cpu: float) -> Cell:
    figures = matrix.Used(1.0, cpu, 40.0 * cpu)
    return Cell(CASE.name, vehicle, station, 1, 1, set_up, rate, figures, figures)


FOUND = [
    made("ours", "theirs", 3000.0, 5.0, 1.0),
    made("theirs", "ours", 4000.0, 4.0, 2.0),
    made("theirs", "theirs", 6000.0, 1.0, 12.0),
    made("ours", "ours", 500.0, 10.0, 1.0),
]


def test_ratios_set_pairs_beside_pairs_and_sides_beside_sides() -> None:
    found = {one.what: (one.times, one.reached) for one in ratios(FOUND)}
    assert found == {
        "set-up": (12.0, True),
        "loops/s": (10.0, False),
        "CPU of the vehicle": (12.0, True),
        "memory of the vehicle": (12.0, True),
        "CPU of the station": (6.0, False),
        "memory of the station": (6.0, True),
    }


def test_without_their_own_pair_there_is_nothing_to_compare_with() -> None:
    assert not list(ratios([FOUND[0], FOUND[3]]))


def test_the_table_goes_between_the_marks_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    table.put_into(page, table.markdown({"rounds": "1"}, FOUND))
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| -2 AC EIM | loops/s | 10.0 | 1.0 | 10.0 (not reached) | 20 |" in text
    page.write_text("no marks")
    with pytest.raises(ValueError, match="interop: begin"):
        table.put_into(page, "")


def test_every_form_says_the_same(tmp_path: Path) -> None:
    table.write(tmp_path, {"iso15118": "0.31.2"}, FOUND)
    told = json.loads((tmp_path / "interop.json").read_text())
    assert [one["station"] for one in told["cells"]] == ["theirs", "ours", "theirs", "ours"]
    assert "0.31.2" in (tmp_path / "interop.html").read_text()


def test_a_peer_that_is_not_here_is_told_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "HOME", tmp_path)
    absent = Environment("iso15118", ())
    with pytest.raises(PeerMissing, match="v2g interop setup"):
        absent.use()
    (tmp_path / "iso15118" / "bin").mkdir(parents=True)
    (tmp_path / "iso15118" / "bin" / "python").touch()
    assert absent.missing() == ""
    bare = Environment("iso15118", (), ("no-such-program",))
    assert "no-such-program" in bare.missing()


def test_a_case_that_is_none_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interop", "run", "--case", "-2 AC EMI"]) == 2
    assert "did you mean -2 AC EIM" in capsys.readouterr().err


def test_a_slac_program_that_is_not_here_leaves_its_pairs_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "HOME", tmp_path)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert [entry.key for entry in slac.entries(slac.PAIRS)] == [("SLAC", "ours", "ours")]
    left_out = list(slac.missing())
    assert len(left_out) == len(slac.PAIRS) - 1
    assert all("v2g interop setup" in line for line in left_out)


@pytest.mark.root
@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_our_two_halves_match_over_the_line_of_the_matrix(tmp_path: Path) -> None:
    (entry,) = slac.entries([("ours", "ours")])
    found = entry.play(tmp_path / "run")
    assert found.good, found.explain()
    assert found.vehicle.figures["nid"] == found.station.figures["nid"]
    assert found.vehicle.figures["set_up"] > 0


def test_what_their_vehicle_cannot_do_is_not_asked_of_it() -> None:
    case = Case("-2 DC EIM renegotiation", "iso2", "DC_extended", their_vehicle=False)
    found = sessions([case], [("ours", "theirs"), ("theirs", "ours"), ("theirs", "theirs")], Pace())
    assert [(one.vehicle, one.station) for one in found] == [("ours", "theirs")]
