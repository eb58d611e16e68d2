"""A device that takes what is no message of ISO 15118-20 for one is seen to do so."""

from dataclasses import replace
from typing import Any

import pytest

from bsw.chrgm.coding.dialect import Typed
from bsw.chrgm.coding.wire import UNREADABLE
from bsw.chrgm.record import Heard
from tools.conformance.bench import Deviation
from tools.conformance.newer import requests as ask
from tools.conformance.newer.answers import NewerStation
from tools.conformance.newer.malformed import cases

CASES = {one.id: one for one in cases()}


def forgiving(monkeypatch: pytest.MonkeyPatch, body: Any) -> None:  # noqa: ANN401 - a message
    """Whoever decodes takes what cannot be read for this."""
    real, seen = Typed.decode, list[Heard]()

    def decode(self: Typed, payload_type: int, payload: bytes) -> Heard:
        try:
            heard = real(self, payload_type, payload)
        except UNREADABLE:
            return replace(seen[-1], body=body)
        seen.append(heard)
        return heard

    monkeypatch.setattr(Typed, "decode", decode)


def test_a_station_that_answers_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    forgiving(monkeypatch, ask.schedule())
    with pytest.raises(Deviation, match="what is no message was answered with ScheduleExchangeRes"):
        CASES["NEG-SECC20-MSG-DC-ScheduleExchange-zeros"].play()


def test_a_vehicle_that_goes_on_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    forgiving(monkeypatch, NewerStation("DC").answers["DCChargeLoop"](None))
    with pytest.raises(Deviation, match="went on to DCChargeLoop"):
        CASES["NEG-EVCC20-MSG-DC-DCChargeLoop-zeros"].play()


def test_a_vehicle_that_does_not_wait_fails() -> None:
    slow = CASES["NEG-EVCC20-MSG-DC-ScheduleExchange-late-80"]
    late = replace(slow, how=_later(slow.how))
    with pytest.raises(Deviation, match="ended after ScheduleExchangeReq"):
        late.play()


def _later(how: Any) -> Any:  # noqa: ANN401 - a play of any case
    """Three times as late: what the case is to a vehicle of a third of the patience."""
    parts, name = how.args
    return lambda setup: how.func(lambda patience, whole: parts(3 * patience, whole), name, setup)
