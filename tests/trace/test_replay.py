"""A recorded side is played against our own other side, and where they part is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.capture.makers import connection, framed, pcapng_of
from tests.capture.test_decode import ONE, changed, place
from tests.peers.recordings import Recording, everything
from tools.capture.sources import events
from tools.cli import main
from tools.trace.recorded import Recorded, sessions
from tools.trace.replay import against_station, against_vehicle

RECORDINGS = everything()


def capture(folder: Path, recording: Recording) -> Path:
    path = folder / "one.pcapng"
    path.write_bytes(pcapng_of(connection(framed(recording))))
    return path


def recorded(folder: Path, recording: Recording) -> Recorded:
    (found,) = sessions(events(capture(folder, recording)))
    return found


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
def test_our_station_answers_every_recorded_vehicle_to_the_end(
    recording: Recording, tmp_path: Path
) -> None:
    outcome = against_station(recorded(tmp_path, recording))
    assert outcome.difference is None
    assert outcome.same == outcome.total == len(recording.frames) // 2 - 1


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
def test_our_vehicle_gets_through_with_every_recorded_station(
    recording: Recording, tmp_path: Path
) -> None:
    outcome = against_vehicle(recorded(tmp_path, recording))
    assert outcome.difference is None
    assert outcome.same == outcome.total > 5


def test_a_vehicle_that_leaves_a_step_out_is_where_our_station_parts(tmp_path: Path) -> None:
    frames = list(ONE.frames)
    del frames[place(ONE, "CableCheckReq") : place(ONE, "PreChargeReq")]
    found = against_station(recorded(tmp_path, replace(ONE, frames=tuple(frames)))).difference
    assert found is not None
    assert (found.recorded, found.ours) == ("PreChargeRes OK", "PreChargeRes refused")


def test_a_contract_that_was_tampered_with_is_where_our_station_parts(tmp_path: Path) -> None:
    contract = next(one for one in RECORDINGS if one.secure)
    told = changed(contract, place(contract, "AuthorizationReq"), {"gen_challenge": bytes(16)})
    found = against_station(recorded(tmp_path, told)).difference
    assert found is not None
    assert (found.recorded, found.ours) == ("AuthorizationRes OK", "AuthorizationRes refused")


def test_a_station_that_never_answers_pre_charge_is_where_our_vehicle_parts(tmp_path: Path) -> None:
    frames = ONE.frames[: place(ONE, "PreChargeReq")]
    full = recorded(tmp_path, ONE)
    short = recorded(tmp_path, replace(ONE, frames=frames))
    outcome = against_vehicle(replace(full, lines=short.lines + full.lines[len(short.lines) :][:1]))
    assert outcome.difference is None  # our vehicle asks for it, as the recorded one did
    assert against_vehicle(short).same == outcome.same - 1


def test_what_no_role_of_ours_would_take_is_passed_over(tmp_path: Path) -> None:
    frames = list(ONE.frames)
    at = place(ONE, "CableCheckReq")
    frames[at] = replace(frames[at], payload=frames[at].payload + b"\xff" * 83)
    found = recorded(tmp_path, replace(ONE, frames=tuple(frames)))
    assert len(found.lines) == len(ONE.frames) - 3  # two of the handshake, and that one


def test_the_command_says_who_was_played_against_whom(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(capture(tmp_path, ONE))
    assert main(["trace", "replay", path]) == 0
    told = capsys.readouterr().out
    assert "session 1, iso2, DC_extended, plain" in told
    assert "the vehicle as recorded, our station" in told
    assert "the station as recorded, our vehicle" in told
    frames = list(ONE.frames)
    del frames[place(ONE, "CableCheckReq") : place(ONE, "PreChargeReq")]
    capture(tmp_path, replace(ONE, frames=tuple(frames)))
    assert main(["trace", "replay", "--against", "station", path]) == 1
    assert "then message 6" in capsys.readouterr().out


def test_a_file_without_a_session_is_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hello.log"
    path.write_text(ONE.frames[0].payload.hex())
    assert main(["trace", "replay", str(path)]) == 2
    assert "no session in it that could be played" in capsys.readouterr().err
