"""Charging while power and line fail: the back end has every event once, in order."""

from dataclasses import replace
from pathlib import Path

import pytest

from ocpp.station.records import Instant, Phase, Stop, Trigger, TxEvent, written
from ocpp.versions import Version
from tools.cli import main
from tools.endure.account import Wrong
from tools.endure.journal import Journal
from tools.endure.killer import Killer
from tools.endure.storm import Storm


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("seed", range(20))
def test_every_event_is_known_once_and_in_order(seed: int, version: Version, folder: Path) -> None:
    storm = Storm(seed, version, folder)
    storm.run()
    storm.check()


@pytest.mark.parametrize("version", [Version.V16, Version.V21])
def test_processes_killed_by_signal_9_lose_nothing(version: Version, tmp_path: Path) -> None:
    killer = Killer(1, version, tmp_path, 4)
    killer.run()
    killer.check()
    ended = [event for event in killer.written if event.stop is Stop.POWER_LOSS]
    assert len(ended) >= 4, "a death without an open transaction was counted"


@pytest.mark.long
def test_many_runs_and_kills_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["endure", "--first", "1000", "--seeds", "100"]) == 0
    assert main(["endure", "--kills", "20"]) == 0
    assert capsys.readouterr().out.count(" 0 wrong") == 2


def test_runs_that_stand_in_the_record_are_not_played_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["endure", "--speak", "2.1", "--record", str(tmp_path / "runs")]
    assert main([*words, "--seeds", "1"]) == 0
    assert main([*words, "--seeds", "2"]) == 0
    assert "2 runs (1 of them before)" in capsys.readouterr().out
    (tmp_path / "runs").write_text("no record\n")
    assert main([*words, "--seeds", "1"]) == 2
    assert "name a new file" in capsys.readouterr().err
    assert main(["endure", "--record", "/dev/full", "--seeds", "1"]) == 2
    assert "/dev/full: is no file to keep runs in" in capsys.readouterr().err
    nowhere = str(tmp_path / "no folder" / "runs")
    assert main(["endure", "--record", nowhere, "--seeds", "1"]) == 2
    assert f"{nowhere}: No such file or directory; name one" in capsys.readouterr().err


def test_a_journal_is_read_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "written"
    event = TxEvent(
        transaction="T1", phase=Phase.STARTED, trigger=Trigger.PLUGGED, at=Instant(1, 0)
    )
    journal = Journal(path)
    journal.look()
    whole = written(event) + b"\n"
    path.write_bytes(whole + whole[:10])
    journal.look()
    assert (journal.count, journal.open) == (1, {"T1"})
    path.write_bytes(whole + written(replace(event, phase=Phase.ENDED)) + b"\n")
    journal.look()
    assert (journal.count, journal.open) == (2, set())


def a_run(folder: Path, version: Version = Version.V201) -> Storm:
    storm = Storm(3, version, folder)
    storm.run()
    return storm


def test_an_event_that_is_lost_shows(folder: Path) -> None:
    storm = a_run(folder)
    name, seq = storm.backend.order.pop(1)
    del storm.backend.events[name][seq]
    with pytest.raises(Wrong, match="not told"):
        storm.check()


def test_an_event_that_is_told_twice_shows(folder: Path) -> None:
    storm = a_run(folder)
    events = next(iter(storm.backend.events.values()))
    events[len(events)] = events[0]
    with pytest.raises(Wrong, match="told twice"):
        storm.check()


def test_a_signed_record_that_was_altered_shows(folder: Path) -> None:
    storm = a_run(folder)
    event = next(each for each in storm.written if each.phase is Phase.UPDATED)
    number = storm.written.index(event)
    storm.written[number] = replace(event, transaction="another")
    with pytest.raises(Wrong, match="not told"):
        storm.check()


def test_events_out_of_order_show(folder: Path) -> None:
    storm = a_run(folder)
    storm.backend.order.reverse()
    with pytest.raises(Wrong, match="back in time"):
        storm.check()
