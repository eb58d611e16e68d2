"""A station that goes on waiting behind a half-closed connection is told so."""

import pytest

from bsw.net.channel import Channel
from bsw.net.ports import StreamEnd
from tools.conformance.bench import Deviation, Setup
from tools.conformance.half_closed import to_station
from tools.conformance.lab import StationLab


def deaf(monkeypatch: pytest.MonkeyPatch, *, to_the_end: bool) -> None:
    """A station that does not hear its vehicle finish; ``to_the_end``: nor does the tester."""
    real, stations = Channel.ended, set[int]()

    def ended(self: Channel, how: StreamEnd) -> None:
        first = not stations
        stations.add(id(self))
        if how is StreamEnd.CLOSED and (first or to_the_end):
            return
        real(self, how)

    monkeypatch.setattr(Channel, "ended", ended)


def test_a_station_that_never_closes_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf(monkeypatch, to_the_end=True)
    with pytest.raises(Deviation, match="open 65 s after the vehicle's last octet"):
        to_station("ServiceDiscovery", Setup())


def test_a_station_that_waits_for_the_next_request_is_remarked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labs: list[StationLab] = []

    def made(setup: Setup) -> StationLab:
        labs.append(StationLab(setup))
        return labs[-1]

    deaf(monkeypatch, to_the_end=False)
    to_station("ServiceDiscovery", Setup(bench=made))
    assert labs[0].remarks == ["closed 60 s after the vehicle's last octet"]
