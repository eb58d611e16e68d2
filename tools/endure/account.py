"""Holds what a back end has booked against what a station had written: nothing lost, nothing twice.

``given`` is all that was to be written, ``written`` what the store said to be on the disk; between
the two lies what a power cut took or left.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from ocpp.station.records import Phase, TxEvent
from tools.endure.counting import Counting, Json


class Wrong(AssertionError):
    """The books do not agree."""


def check_2(backend: Counting, given: list[TxEvent], written: list[TxEvent], *, full: bool) -> None:
    """2.0.1 and 2.1; ``full``: values in the middle may have been dropped for want of room."""
    booked = Counter(
        _mark(event) for events in backend.events.values() for event in events.values()
    )
    _once(booked)
    known = {_told(event): event for event in given}
    for mark in booked:
        _is(mark in known, "told, but never happened", mark)
    for event in written:
        dropped = full and event.phase is Phase.UPDATED
        _is(dropped or booked[_told(event)] == 1, "written, but not told", event)
    for name, events in backend.events.items():
        _whole(name, events, full=full)
    if not full:  # a start for which there was no room is told when there is some
        _in_order([backend.events[name][seq]["timestamp"] for name, seq in backend.order])
    for name, events in backend.events.items():
        told = [seq for other, seq in backend.order if other == name]
        _is(told == sorted(told), "out of order", name)
        _in_order([events[seq]["timestamp"] for seq in told])


def check_16(backend: Counting, given: list[TxEvent], written: list[TxEvent]) -> None:
    """1.6: one start and one stop for each transaction with a driver, each value once."""
    calls = list(backend.calls.values())
    starts = [fields for action, fields in calls if action == "StartTransaction"]
    stops = [fields["transactionId"] for action, fields in calls if action == "StopTransaction"]
    _is(sorted(stops) == list(range(1, len(starts) + 1)), "starts and stops", stops)
    told = Counter(data for _, fields in calls for data in _signed(fields))
    least, most = _values_16(written), _values_16(given)
    for data, count in least.items():
        _is(told[data] >= count, "written, but not told", data)
    for data, count in told.items():
        _is(count <= most[data], "told too often", data)
    _in_order([_moment(fields) for _, fields in calls])


def _whole(name: str, events: dict[int, Json], *, full: bool) -> None:
    phases = [events[seq]["eventType"] for seq in sorted(events)]
    _is(phases == ["Started", *["Updated"] * (len(phases) - 2), "Ended"], "phases", name)
    _is(full or sorted(events) == list(range(len(events))), "a gap", name)


def _values_16(events: Iterable[TxEvent]) -> Counter[str]:
    """What a 1.6 back end hears of: all after the event that tells the driver."""
    started: set[str] = set()
    found: Counter[str] = Counter()
    for event in events:
        if event.transaction in started:
            found.update(_signed_in(event))
        elif event.token is not None:
            started.add(event.transaction)
    return found


def _told(event: TxEvent) -> tuple[str, ...]:
    trigger = event.trigger.value
    return event.transaction, event.phase.value, trigger, *_signed_in(event)


def _mark(fields: Json) -> tuple[str, ...]:
    info = fields["transactionInfo"]
    return info["transactionId"], fields["eventType"], fields["triggerReason"], *_signed(fields)


def _signed(fields: Json) -> list[str]:
    """Signed records of a message, of any version."""
    values = fields.get("meterValue") or fields.get("transactionData") or []
    samples = [sample for value in values for sample in value["sampledValue"]]
    return [
        sample["value"] if "signedMeterValue" not in sample else _data(sample)
        for sample in samples
        if "signedMeterValue" in sample or sample.get("format") == "SignedData"
    ]


def _data(sample: Json) -> str:
    return str(sample["signedMeterValue"]["signedMeterData"])


def _signed_in(event: TxEvent) -> list[str]:
    samples = [sample for reading in event.readings for sample in reading.samples]
    return [sample.signed.data for sample in samples if sample.signed is not None]


def _moment(fields: Json) -> str:
    return str(
        fields["timestamp"] if "timestamp" in fields else fields["meterValue"][0]["timestamp"]
    )


def _once(booked: Counter[tuple[str, ...]]) -> None:
    twice = [mark for mark, count in booked.items() if count > 1]
    _is(not twice, "told twice", twice)


def _in_order(moments: list[str]) -> None:
    back = [pair for pair in pairwise(moments) if pair[0] > pair[1]]
    _is(not back, "back in time", back)


def _is(holds: bool, what: str, where: object) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise Wrong(f"{what}: {where}")
