"""An ECU's end of the simulated plug: what it says, what it hears, and how it ends."""

import json
from typing import Any

import pytest

from bsw.cp.pilot import Drive, F, Pilot, PilotState
from bsw.dlt import silent
from bsw.net.ports import Endpoint, StreamEnd, StreamUser
from bsw.os.clock import S
from bsw.plug.client import PlugClient
from bsw.plug.wire import LONGEST, BrokenLine, Lines


class Line:
    """A network with one stream that keeps what is written."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.asked: tuple[Endpoint, int] | None = None
        self.closed = False

    def connect(self, to: Endpoint, _user: StreamUser, *, timeout: int) -> "Line":
        self.asked = to, timeout
        return self

    def write(self, data: bytes) -> None:
        assert data.endswith(b"\n")
        assert b" " not in data
        self.said.append(json.loads(data))

    def close(self) -> None:
        self.closed = True


class Ecu:
    def __init__(self) -> None:
        self.client = PlugClient("vehicle", silent().logger("plug"))
        self.line = Line()
        self.ready = 0
        self.lost: list[str] = []
        self.frames: list[bytes] = []
        self.client.connect(
            self.line,  # type: ignore[arg-type]
            Endpoint("::1", 7),
            ready=self._count,
            lost=self.lost.append,
        )

    def _count(self) -> None:
        self.ready += 1

    def hear(self, **message: object) -> None:
        self.client.received(json.dumps(message).encode() + b"\n")


def test_it_says_who_it_is_and_is_ready_when_the_plug_has_answered() -> None:
    ecu = Ecu()
    assert ecu.line.asked == (Endpoint("::1", 7), 5 * S)
    ecu.client.connected()
    assert ecu.line.said == [{"hello": "vehicle"}]
    assert (ecu.ready, ecu.client.ethernet.mac) == (0, bytes(6))
    ecu.hear(welcome="0200000000aa")
    assert (ecu.ready, ecu.client.ethernet.mac.hex()) == (1, "0200000000aa")


def test_what_it_does_goes_over_the_line() -> None:
    ecu = Ecu()
    ecu.client.ethernet.send(b"\x01\x02")
    ecu.client.pilot.show(PilotState.C)
    ecu.client.pilot.drive(Drive(5.0))
    ecu.client.pilot.drive(F)
    assert ecu.line.said == [
        {"frame": "0102"},
        {"show": "C"},
        {"drive": [5.0, "OSCILLATOR"]},
        {"drive": [100.0, "UNAVAILABLE"]},
    ]


def test_frames_go_to_whoever_listens_and_to_nobody_else() -> None:
    ecu = Ecu()
    ecu.hear(frame="01")
    ecu.client.ethernet.listen(ecu.frames.append)
    ecu.hear(frame="02")
    ecu.hear(pilot=["B", 5.0])
    ecu.client.ethernet.close()
    ecu.hear(frame="03")
    assert ecu.frames == [b"\x02"]
    assert ecu.client.pilot.read() == Pilot(PilotState.B, 5.0, diode_short=False)
    assert ecu.ready == 0


def test_nothing_is_plugged_in_before_the_plug_says_so() -> None:
    assert Ecu().client.pilot.read() == Pilot(PilotState.A)


def test_a_line_that_cannot_be_read_ends_it_with_the_reason() -> None:
    ecu = Ecu()
    ecu.client.received(b"[]\n")
    assert ecu.line.closed
    assert ecu.lost == ["the plug says what cannot be read: a line is an object"]
    ecu.client.pilot.show(PilotState.C)
    assert ecu.line.said == []


def test_a_plug_that_is_gone_is_told_with_the_remedy() -> None:
    ecu = Ecu()
    ecu.client.ended(StreamEnd.CLOSED)
    assert len(ecu.lost) == 1
    assert ecu.lost[0].startswith("hardware.plug_port: the plug is gone")
    ecu.client.pilot.show(PilotState.C)
    ecu.client.close()
    assert ecu.line.said == []
    assert not ecu.line.closed


def test_the_longest_rest_of_a_line_is_still_waited_for() -> None:
    Lines(lambda _message: None).feed(b"x" * LONGEST)
    with pytest.raises(BrokenLine, match="without an end"):
        Lines(lambda _message: None).feed(b"x" * 65_537)
