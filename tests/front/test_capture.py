"""``pilotwire.Capture``: what ``v2g decode`` reads, as objects."""

from pathlib import Path

import pytest

import pilotwire
from bsw.os.clock import S
from tests.capture.makers import connection, framed, pcapng_of
from tests.peers.recordings import everything

ONE = next(one for one in everything() if one.mode == "DC_extended" and not one.secure)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "one.pcapng"
    file.write_bytes(pcapng_of(connection(framed(ONE))))
    return file


def test_all_messages_are_there_in_their_order(path: Path) -> None:
    heard = list(pilotwire.Capture(path).messages())
    assert [pilotwire.encode(one.decoded) for one in heard] == [one.payload for one in ONE.frames]
    assert [one.side.value for one in heard] == [frame.who for frame in ONE.frames]


def test_a_file_can_be_walked_more_than_once(path: Path) -> None:
    capture = pilotwire.Capture(str(path))
    assert len(list(capture)) == len(list(capture)) > len(ONE.frames)


def test_messages_are_chosen_by_name(path: Path) -> None:
    volts = [
        one.values["EVSEPresentVoltage"]
        for one in pilotwire.Capture(path).messages("CurrentDemandRes")
    ]
    assert len(volts) > 1


def test_what_broke_a_rule_stands_at_its_event(tmp_path: Path) -> None:
    said = [
        (when + (100 * S if number > 20 else 0), upward, octets)
        for number, (when, upward, octets) in enumerate(framed(ONE))
    ]
    file = tmp_path / "late.pcapng"
    file.write_bytes(pcapng_of(connection(said)))
    found = pilotwire.Capture(file).findings()
    assert any(one.took and one.took > 99 * S for _, one in found)


def test_a_file_of_nothing_is_said(tmp_path: Path) -> None:
    file = tmp_path / "nothing.txt"
    file.write_text("nothing at all\n")
    with pytest.raises(ValueError, match="nothing to decode in it"):
        list(pilotwire.Capture(file))
