"""``v2g decode`` on captures and logs: everything is read, and what is wrong is found out."""

import base64
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from bsw import exi
from bsw.chrgm.messages import din, iso2
from bsw.chrgm.messages.model import Message
from bsw.chrgm.placeholder import smallest
from bsw.os.clock import MS, S
from bsw.v2gtp import PayloadType, pack
from tests.capture.makers import START, Spoken, connection, framed, pcap_of, pcapng_of
from tests.capture.test_tls import SUITES
from tests.peers.recordings import Recording, everything
from tools.capture.events import Event, Layer, Side
from tools.capture.sources import Unreadable, events
from tools.capture.text import clock
from tools.capture.words import values
from tools.cli import main
from tools.monitor.finding import Finding
from tools.monitor.judge import Judge

RECORDINGS = everything()
ONE = next(
    one
    for one in RECORDINGS
    if one.mode == "DC_extended"
    and one.ours == "vehicle"
    and not one.secure
    and one.protocol == "iso2"
)


def write(folder: Path, recording: Recording, name: str = "one.pcapng") -> Path:
    path = folder / name
    path.write_bytes(pcapng_of(connection(framed(recording))))
    return path


def judged(path: Path) -> list[tuple[Event, tuple[Finding, ...]]]:
    return list(Judge().judged(events(path)))


def v2g(path: Path) -> list[Event]:
    return [event for event in events(path) if event.layer is Layer.V2G]


def findings(path: Path) -> list[Finding]:
    return [finding for _, found in judged(path) for finding in found]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
def test_every_message_of_a_recording_is_read_on_its_side(
    recording: Recording, tmp_path: Path
) -> None:
    found = v2g(write(tmp_path, recording))
    assert [event.octets for event in found] == [frame.payload for frame in recording.frames]
    assert [event.side.value for event in found] == [frame.who for frame in recording.frames]
    assert all(event.message is not None for event in found)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
def test_a_recording_that_went_well_breaks_no_rule(recording: Recording, tmp_path: Path) -> None:
    """But for answers that came late: the busy foreign station really took that long."""
    assert {one.rule for one in findings(write(tmp_path, recording))} <= {"answer"}


@pytest.mark.parametrize(("version", "suite"), SUITES)
def test_through_tls_with_the_secrets_in_the_capture(
    version: object, suite: str, tmp_path: Path
) -> None:
    spoken = Spoken(tmp_path, version, suite)  # type: ignore[arg-type]  # of the standard library
    greeting = len(spoken.wire)
    times = [START] * greeting
    for when, upward, octets in framed(ONE):
        spoken.say(octets, upward=upward)
        times += [when] * (len(spoken.wire) - len(times))
    said = [(when, *one) for when, one in zip(times, spoken.wire, strict=True)]
    path = tmp_path / "tls.pcapng"
    path.write_bytes(pcapng_of(connection(said), keys=spoken.keys()))
    assert [one.octets for one in v2g(path)] == [frame.payload for frame in ONE.frames]
    path.write_bytes(pcapng_of(connection(said)))
    assert v2g(path) == []
    assert len([one for one in events(path, spoken.keys()) if one.layer is Layer.V2G]) == len(
        ONE.frames
    )


# What is wrong


def place(recording: Recording, kind: str) -> int:
    codec = exi.codec(recording.protocol)
    for number, frame in enumerate(recording.frames[2:], start=2):
        message = codec.decode(frame.payload)
        if type(message.body).__name__ == kind:  # type: ignore[attr-defined]  # a V2G message
            return number
    raise AssertionError(f"no {kind} in {recording.name}")


def moved(recording: Recording, first: int, by: int) -> Recording:
    frames = [
        replace(frame, at=frame.at + (by if number >= first else 0))
        for number, frame in enumerate(recording.frames)
    ]
    return replace(recording, frames=tuple(frames))


def test_an_order_no_table_allows_is_found(tmp_path: Path) -> None:
    at = place(ONE, "CableCheckReq")
    frames = list(ONE.frames)
    del frames[at : place(ONE, "PreChargeReq")]
    found = findings(write(tmp_path, replace(ONE, frames=tuple(frames))))
    assert [one.rule for one in found] == ["order"]
    assert "PreCharge where only CableCheck" in found[0].text


def test_an_answer_that_is_late_is_found_with_its_limit(tmp_path: Path) -> None:
    late = moved(ONE, place(ONE, "CurrentDemandRes"), 400)
    (found,) = findings(write(tmp_path, late))
    assert (found.rule, found.limit) == ("answer", 250 * MS)
    assert found.took is not None
    assert found.took > 400 * MS


def test_a_request_after_a_minute_of_silence_is_found(tmp_path: Path) -> None:
    late = moved(ONE, place(ONE, "PreChargeReq"), 61_000)
    assert "next request" in {one.rule for one in findings(write(tmp_path, late))}


def changed(recording: Recording, number: int, change: dict[str, object]) -> Recording:
    codec = exi.codec(recording.protocol)
    message = codec.decode(recording.frames[number].payload)
    body = replace_message(message.body, change)  # type: ignore[attr-defined]  # a V2G message
    payload = codec.encode(replace_message(message, {"body": body}))
    frames = list(recording.frames)
    frames[number] = replace(frames[number], payload=payload)
    return replace(recording, frames=tuple(frames))


def replace_message(message: Message, change: dict[str, object]) -> Message:
    names = [field.name for field in type(message).__fields__]
    made: Message = type(message)(**({name: getattr(message, name) for name in names} | change))
    return made


def test_a_voltage_nobody_has_is_found(tmp_path: Path) -> None:
    absurd = iso2.PhysicalValue(multiplier=3, unit=iso2.Unit.V, value=32_767)
    told = changed(ONE, place(ONE, "CurrentDemandRes"), {"evse_present_voltage": absurd})
    found, *more = findings(write(tmp_path, told))
    assert (found.rule, "32767000 V" in found.text) == ("value", True)
    assert {one.rule for one in more} <= {"limit"}  # more than the vehicle can take, too


def test_amperes_in_a_field_of_volts_are_found(tmp_path: Path) -> None:
    wrong = iso2.PhysicalValue(multiplier=0, unit=iso2.Unit.A, value=400)
    told = changed(ONE, place(ONE, "PreChargeRes"), {"evse_present_voltage": wrong})
    (found,) = findings(write(tmp_path, told))
    assert found.rule == "value"


def test_a_signature_over_something_else_is_found(tmp_path: Path) -> None:
    contract = next(one for one in RECORDINGS if one.secure and one.protocol == "iso2")
    at = place(contract, "AuthorizationReq")
    told = changed(contract, at, {"gen_challenge": bytes(16)})
    found = findings(write(tmp_path, told))
    assert {one.rule for one in found} == {"signature"}
    assert len(found) == 2  # the challenge, and the digest over it


def test_a_foreign_session_id_is_found(tmp_path: Path) -> None:
    at = place(ONE, "CableCheckReq")
    codec = exi.codec("iso2")
    message = codec.decode(ONE.frames[at].payload)
    header = replace_message(message.header, {"session_id": b"\x77" * 8})  # type: ignore[attr-defined]
    payload = codec.encode(replace_message(message, {"header": header}))
    frames = list(ONE.frames)
    frames[at] = replace(frames[at], payload=payload)
    (found,) = findings(write(tmp_path, replace(ONE, frames=tuple(frames))))
    assert found.rule == "session id"


def test_a_connection_that_ends_in_the_middle_is_found(tmp_path: Path) -> None:
    cut = replace(ONE, frames=ONE.frames[: place(ONE, "CurrentDemandReq")])
    (found,) = findings(write(tmp_path, cut))
    assert found.rule == "end"
    open_one = replace(ONE, frames=ONE.frames[: place(ONE, "CurrentDemandReq") + 1])
    (found,) = findings(write(tmp_path, open_one))
    assert "while CurrentDemand was open" in found.text


def test_octets_between_frames_are_told_and_passed_over(tmp_path: Path) -> None:
    said = framed(ONE)
    when, upward, octets = said[10]
    said[10] = (when, upward, b"\xde\xad\xbe\xef\x00" + octets)
    path = tmp_path / "noise.pcap"
    path.write_bytes(pcap_of(connection(said)))
    found = v2g(path)
    assert [one.octets for one in found if one.message is not None] == [
        frame.payload for frame in ONE.frames
    ]
    assert "5 octets that are no V2GTP frame" in [text for one in found for text in one.wrong]


# Other files


def test_lines_of_hexadecimal_and_base64_are_read(tmp_path: Path) -> None:
    path = tmp_path / "some.log"
    first, second, third = (frame.payload for frame in ONE.frames[:3])
    path.write_text(
        "nothing here\n"
        f"2026-11-30 12:00:00,250 DEBUG received {first.hex()}\n"
        f"2026-11-30T12:00:01.5Z sent EXI: {base64.b64encode(second).decode()}\n"
        f"{pack(PayloadType.EXI, third).hex(' ')}\n"
    )
    found = list(events(path))
    assert [one.name for one in found] == [
        "SupportedAppProtocolReq",
        "SupportedAppProtocolRes",
        "SessionSetupReq",
    ]
    assert [one.side for one in found] == [Side.VEHICLE, Side.STATION, Side.VEHICLE]
    assert found[1].when - found[0].when == 1_250 * MS


def test_a_candump_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "can.log"
    path.write_text(
        "(1790000000.000250) can0 123#0102\n"
        "(1790000000.500000) can0 18FF50E5#DEADBEEF00112233\n"
        "(1790000001.000000) vcan1 2A0##1000102030405060708090A0B\n"
    )
    found = list(events(path))
    assert [one.name for one in found] == ["CAN 123", "CAN 18FF50E5", "CAN 2A0"]
    assert found[2].octets == bytes(range(12))
    assert found[1].when - found[0].when == 499_750_000


def test_a_file_of_nothing_says_what_would_be_read(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text("this is prose\n")
    with pytest.raises(Unreadable, match="pcapng"):
        list(events(path))


def test_a_clock_of_any_form_is_read() -> None:
    base = clock("at 2026-11-30 12:00:00")
    assert base is not None
    assert clock("2026-11-30T12:00:00.000001Z") == base + 1_000
    assert clock("2026-11-30 13:00:00,5+01:00") == base + S // 2
    assert clock("no clock") is None


def test_noise_in_a_capture_never_raises(tmp_path: Path) -> None:
    chance = random.Random(4)
    good = write(tmp_path, ONE).read_bytes()
    path = tmp_path / "noise.pcapng"
    for _ in range(60):
        damaged = bytearray(good)
        for _ in range(chance.randrange(1, 30)):
            damaged[chance.randrange(28, len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        judged(path)


# The command


def test_the_command_prints_a_conversation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decode", str(write(tmp_path, ONE))]) == 0
    text = capsys.readouterr().out
    assert "seconds since 2026-" in text
    assert "CurrentDemandReq" in text
    assert text.rstrip().endswith("0 findings")


def test_one_value_over_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write(tmp_path, ONE))
    assert main(["decode", "--field", "EVSEPresentVoltage", path]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head == "seconds\tEVSEPresentVoltage"
    assert len(rows) > 5
    assert all(float(row.split("\t")[1]) >= 0 for row in rows)
    assert main(["decode", "--field", "NoSuchThing", path]) == 1


def test_json_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "--json", "--layer", "v2g", str(write(tmp_path, ONE))]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["octets"] for row in rows] == [frame.payload.hex() for frame in ONE.frames]


def test_only_what_is_wrong_and_the_exit_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = moved(ONE, place(ONE, "CurrentDemandRes"), 400)
    assert main(["decode", "--wrong", str(write(tmp_path, late))]) == 1
    assert "! answer: CurrentDemandRes after" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nothing.pcap", "."])
def test_what_cannot_be_opened_is_said_in_a_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decode", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.startswith("v2g decode: ")


def test_a_value_without_unit_is_shown_as_a_number() -> None:
    """DIN 70121 leaves the unit out where it is clear."""
    limit = din.PhysicalValue(multiplier=0, unit=None, value=410)
    demand = smallest(din.CurrentDemandReq, ev_target_voltage=limit)
    shown = {value.path: (value.value, value.unit) for value in values(demand)}
    assert shown["EVTargetVoltage"] == (410, "")
