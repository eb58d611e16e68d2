"""A conversation as lines for a person: when, who to whom, what, and the values that matter."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from bsw.chrgm.messages.model import Message
from bsw.exi import Fragment
from bsw.os.clock import S
from tools.capture.events import Event, Layer, Side
from tools.capture.words import Value, values
from tools.monitor.finding import Finding
from tools.monitor.words import sources

_ARROWS: Final = {
    Side.VEHICLE: "vehicle ──▶ station",
    Side.STATION: "vehicle ◀── station",
    Side.UNKNOWN: "                   ",
}
_DULL: Final = frozenset({"EVSEID", "EVSENotification", "NotificationMaxDelay", "ResponseCode"})
"""Left out of the short form; a response code only while it is a good one."""

_FIRST: Final = (
    "EVRESSSOC",
    "EVTargetVoltage",
    "EVTargetCurrent",
    "EVSEPresentVoltage",
    "EVSEPresentCurrent",
    "EVSEProcessing",
    "ChargeProgress",
)
_MOST_MADE: Final = 2048
_MADE: Final[dict[int, tuple[Message | Fragment, list[Value]]]] = {}
_LATEST_SHOWN: Final = 253_402_300_799 * S


class Ladder:
    """``full`` shows every value on a line of its own."""

    def __init__(self, *, full: bool = False, width: int = 140) -> None:
        self._full = full
        self._width = width
        self._start: int | None = None

    def head(self, event: Event) -> str:
        """When it began, by the calendar, where the file has one."""
        if event.when < 31_536_000 * S or event.when > _LATEST_SHOWN:
            return "seconds since the beginning"
        moment = dt.datetime.fromtimestamp(event.when / S, dt.timezone.utc)
        return f"seconds since {moment:%Y-%m-%d %H:%M:%S.%f} UTC"

    def begin(self, event: Event) -> None:
        """Time is counted from the first event, whether it is shown or not."""
        self._start = event.when if self._start is None else self._start

    def lines(self, event: Event, findings: Iterable[Finding]) -> Iterator[str]:
        self.begin(event)
        assert self._start is not None
        seconds = (event.when - self._start) / S
        number = f"{event.connection} " if event.connection else "  "
        head = (
            f"{seconds:11.6f}  {number}{_ARROWS[event.side]}  {event.layer.value:4}  {event.name}"
        )
        yield from self._with_values(head, event)
        for finding in findings:
            of = ", ".join(sources(finding.rule, event.schema))
            yield f"{'':13}! {finding.rule}: {finding.text}  [{of}]"

    def _with_values(self, head: str, event: Event) -> Iterator[str]:
        if self._full:
            yield head
            for value in shown(event):
                yield f"{'':38}{value.path:48} {value.text}"
            return
        text = "  ".join(f"{_last(value.path)} {value.text}" for value in notable(event))
        line = f"{head}  {text}".rstrip()
        yield line if len(line) <= self._width else f"{line[: self._width - 1]}…"


def notable(event: Event) -> list[Value]:
    """The values worth a place in one line, the most telling first."""
    found = [value for value in shown(event) if not _dull(value)]
    order = {name: place for place, name in enumerate(_FIRST)}
    return sorted(found, key=lambda value: order.get(_last(value.path), len(order)))


def shown(event: Event) -> list[Value]:
    if event.message is not None:
        return _values_of(event.message)
    if event.layer is Layer.CAN and "id" in event.fields:
        return [Value("octets", event.octets.hex())]  # no matrix has named what is in it
    return [
        value if isinstance(value, Value) else Value(name, _text(value))
        for name, value in event.fields.items()
        if value != ""
    ]


def _values_of(message: Message | Fragment) -> list[Value]:
    """Made once: the judge, the report and the ladder all ask, and nobody changes them."""
    kept = _MADE.get(id(message))
    if kept is None or kept[0] is not message:
        if len(_MADE) >= _MOST_MADE:
            _MADE.clear()
        kept = _MADE[id(message)] = (message, list(values(message)))
    return kept[1]


def _dull(value: Value) -> bool:
    name = _last(value.path)
    if name == "ResponseCode":
        return value.value == "OK"
    return name in _DULL or (name == "ReceiptRequired" and value.value is False)


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _text(value: object) -> str:
    if isinstance(value, dict) and value.keys() == {"hex"}:
        return str(value["hex"])
    if isinstance(value, bytes):
        return value.hex(":") if len(value) == 6 else value.hex()
    if isinstance(value, tuple) and value and isinstance(value[0], bytes):
        return f"{len(value)} of {', '.join(str(len(one)) for one in value)} octets"
    return str(getattr(value, "name", value))
