"""Trouble codes: read them by status, read their circumstances, clear them, freeze the memory."""

from typing import Final

from bsw.dcm.codes import Refusal, Refused
from bsw.dcm.context import Context
from bsw.dem.events import Event, Status
from bsw.dem.memory import Snapshot

ALL_GROUPS: Final = 0xFFFFFF
AVAILABLE: Final = Status(0xFF)
FORMAT_ISO_14229: Final = 0x01
NUMBER_BY_MASK, LIST_BY_MASK, SNAPSHOT, EXTENDED, SUPPORTED = 0x01, 0x02, 0x04, 0x06, 0x0A
FIRST, LATEST, ALL_RECORDS = 0x01, 0x02, 0xFF
OCCURRENCES, FAILED_CYCLES, HEALTHY_CYCLES = 0x01, 0x02, 0x03


def clear(context: Context, data: bytes) -> bytes:
    if len(data) != 3:
        raise Refused(Refusal.INCORRECT_LENGTH)
    context.granted(context.rules.clear)
    group = int.from_bytes(data, "big")
    if not context.dem.clear(None if group == ALL_GROUPS else group):
        raise Refused(Refusal.OUT_OF_RANGE)
    return b""


def read(context: Context, sub: int, data: bytes) -> bytes:
    if sub == SUPPORTED:
        return _with_length(data, 0) or _listed(context, sorted_events(context))
    if sub in {NUMBER_BY_MASK, LIST_BY_MASK}:
        return _by_mask(context, sub, data)
    if sub in {SNAPSHOT, EXTENDED}:
        return _of_one(context, sub, data)
    raise Refused(Refusal.SUB_FUNCTION_NOT_SUPPORTED)


def control_setting(context: Context, sub: int, _data: bytes) -> bytes:
    context.in_extended()  # which the setting ends with
    if sub not in {0x01, 0x02}:
        raise Refused(Refusal.SUB_FUNCTION_NOT_SUPPORTED)
    context.granted(context.rules.dtc_setting)
    context.dem.enabled = sub == 0x01
    return b""


def sorted_events(context: Context) -> list[tuple[Event, Status]]:
    dem = context.dem
    events = sorted(dem.events.values(), key=lambda event: event.code)
    return [(event, dem.status(event.name)) for event in events]


def _by_mask(context: Context, sub: int, data: bytes) -> bytes:
    _with_length(data, 1)
    found = context.dem.matching(Status(data[0]))
    if sub == LIST_BY_MASK:
        return _listed(context, found)
    return bytes([AVAILABLE, FORMAT_ISO_14229]) + len(found).to_bytes(2, "big")


def _listed(_context: Context, events: list[tuple[Event, Status]]) -> bytes:
    return bytes([AVAILABLE]) + b"".join(
        event.code.to_bytes(3, "big") + bytes([status]) for event, status in events
    )


def _of_one(context: Context, sub: int, data: bytes) -> bytes:
    _with_length(data, 4)
    event = context.dem.by_code(int.from_bytes(data[:3], "big"))
    if event is None:
        raise Refused(Refusal.OUT_OF_RANGE)
    record = data[3]
    head = data[:3] + bytes([context.dem.status(event.name)])
    found = _frames(context, event, record) if sub == SNAPSHOT else _counts(context, event, record)
    if found is None:
        raise Refused(Refusal.OUT_OF_RANGE)
    return head + found


def _frames(context: Context, event: Event, record: int) -> bytes | None:
    entry = context.dem.entry(event.name)
    records = {FIRST: entry.first, LATEST: entry.latest}
    if record != ALL_RECORDS and record not in records:
        return None
    wanted = [record] if record != ALL_RECORDS else [FIRST, LATEST]
    return b"".join(
        bytes([number]) + _frame(context, snapshot)
        for number in wanted
        if (snapshot := records[number]) is not None
    )


def _frame(context: Context, snapshot: Snapshot) -> bytes:
    """The same records in each frame, of fixed size, so that any tester can take them apart."""
    records = context.frame
    return bytes([len(records)]) + b"".join(
        record.number.to_bytes(2, "big") + record.pack(snapshot.get(record.name))
        for record in records
    )


def _counts(context: Context, event: Event, record: int) -> bytes | None:
    entry = context.dem.entry(event.name)
    records = {
        OCCURRENCES: entry.occurrences,
        FAILED_CYCLES: entry.failed_cycles,
        HEALTHY_CYCLES: entry.healthy_cycles,
    }
    if record == ALL_RECORDS:
        return b"".join(bytes([number, count]) for number, count in records.items())
    return bytes([record, records[record]]) if record in records else None


def _with_length(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise Refused(Refusal.INCORRECT_LENGTH)
    return b""
