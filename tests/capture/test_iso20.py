"""A conversation of ISO 15118-20 from the trace of a whole charge: read, judged by its table."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bsw.os.clock import S
from tools.bench.scenarios.find import read
from tools.bench.scenarios.player import Player
from tools.capture.events import Event, Layer
from tools.capture.text import TextReader
from tools.monitor.judge import Judge


@pytest.fixture(scope="module")
def told() -> list[Event]:
    """What a vehicle's trace tells of a DC charge."""
    player = Player(read("iso20-dc"))
    assert player.play().wrong == ()
    reader = TextReader()
    records = player.pair.vehicle_base.memory.records
    found = [event for record in records for event in reader.line(record.line)]
    player.close()
    return found


def broken(events: list[Event]) -> Iterator[tuple[str, str]]:
    for event, findings in Judge().judged(events):
        yield from ((event.name, finding.rule) for finding in findings)


def test_every_message_of_the_trace_is_read_and_breaks_no_rule(told: list[Event]) -> None:
    names = {event.name for event in told if event.layer is Layer.V2G}
    assert {"SessionSetupReq", "DC_CableCheckRes", "DC_ChargeLoopReq", "SessionStopRes"} <= names
    assert all(event.message is not None for event in told if event.layer is Layer.V2G)
    assert list(broken(told)) == []


def test_a_pre_charge_without_a_cable_check_is_found_out(told: list[Event]) -> None:
    left = [event for event in told if not event.name.startswith("DC_CableCheck")]
    assert ("DC_PreChargeReq", "order") in list(broken(left))


def test_a_late_answer_is_found_out(told: list[Event]) -> None:
    place = next(n for n, event in enumerate(told) if event.name == "DC_PreChargeRes")
    late = [replace(event, when=event.when + 10 * S) for event in told[place:]]
    assert ("DC_PreChargeRes", "answer") in list(broken([*told[:place], *late]))
