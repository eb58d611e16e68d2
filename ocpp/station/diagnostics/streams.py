"""Periodic event streams of 2.1: a monitor's values in bundles, not one event each [N11 to N15].

Which monitor has one, and what it finds, is the monitoring's; this owns opening, filling, sending
and closing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from bsw.os.clock import S
from bsw.os.scheduler import Alarm
from ocpp.catalogue import Message
from ocpp.station.charging.wire import sent
from ocpp.station.desk import ACCEPTED, ONLY_21, REJECTED, Desk, Json, Reply
from ocpp.station.ground import Ground
from ocpp.station.translation import timestamp
from ocpp.versions import Version

CONTROLLER: Final = "MonitoringCtrlr"
MOST_WAITING: Final = 1000
"""Values of one stream; beyond them the oldest goes."""


@dataclass(slots=True)
class Stream:
    """``values`` are nanoseconds on the scheduler's clock and what was there then."""

    id: int
    monitor: int
    params: Json
    alarm: Alarm
    open: bool = False
    values: list[tuple[int, str]] = field(default_factory=list)

    @property
    def every(self) -> float:
        return float(self.params.get("interval", 0))

    @property
    def most(self) -> int:
        return int(self.params.get("values", 0))


class Streams:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground) -> None:
        self._ground = ground
        self._all: dict[int, Stream] = {}
        self._numbers = 0
        desk.take(
            {"AdjustPeriodicEventStream": self._adjust, "GetPeriodicEventStream": self._get},
            versions=ONLY_21,
        )

    def close(self) -> None:
        for stream in self._all.values():
            stream.alarm.cancel()

    def wish(self, monitor: int, params: Mapping[str, Any] | None) -> None:
        """A monitor was set, with a stream or without [N11.FR.01, N13.FR.04 to N13.FR.06]."""
        before = self._of(monitor)
        if before is not None:
            self.drop(monitor)
        most = self._ground.model.number(CONTROLLER, "MaxPeriodicEventStreams")
        if params is None or self._ground.version is not Version.V21 or len(self._all) >= most:
            return
        self._numbers += 1
        number = self._numbers
        alarm = self._ground.scheduler.alarm(partial(self._due, number), name="ocpp.stream")
        stream = self._all[number] = Stream(number, monitor, dict(params), alarm)
        fields = {"constantStreamData": _constant(stream)}
        self._ground.ask("OpenPeriodicEventStream", fields, partial(self._opened, number))

    def drop(self, monitor: int) -> None:
        """The monitor is gone: what waits is sent, then the stream is closed [N13]."""
        stream = self._of(monitor)
        if stream is None:
            return
        del self._all[stream.id]
        stream.alarm.cancel()
        if stream.open:
            while stream.values:
                self._send(stream)
            self._ground.tell("ClosePeriodicEventStream", {"id": stream.id})

    def takes(self, monitor: int, value: str) -> bool:
        """False: it has no open stream, and is told as an event [N11.FR.03, N11.FR.07]."""
        stream = self._of(monitor)
        if stream is None or not stream.open or self._ground.version not in {None, Version.V21}:
            return False
        stream.values.append((self._ground.scheduler.now, value))
        del stream.values[:-MOST_WAITING]
        if not stream.every or (stream.most and len(stream.values) >= stream.most):
            self._bundle(stream)
        return True

    def online(self) -> None:
        """What could not be sent is sent now."""
        for stream in self._all.values():
            self._bundle(stream)

    def _of(self, monitor: int) -> Stream | None:
        return next((each for each in self._all.values() if each.monitor == monitor), None)

    def _opened(self, number: int, answer: Message | None) -> None:
        stream = self._all.get(number)
        if stream is None:
            return
        if answer is None or answer.status != "Accepted":
            del self._all[number]
            return
        stream.open = True
        self._wake(stream)

    def _wake(self, stream: Stream) -> None:
        if stream.every:
            stream.alarm.rearm(max(1, round(stream.every * S)))
        else:
            stream.alarm.cancel()

    def _due(self, number: int) -> None:
        stream = self._all[number]
        self._wake(stream)
        if stream.values:
            self._send(stream)

    def _bundle(self, stream: Stream) -> None:
        """As soon as there are as many as go into one message [N15.FR.07]."""
        while stream.values and len(stream.values) >= max(1, stream.most):
            if not self._send(stream):
                return

    def _send(self, stream: Stream) -> bool:
        """At most so many, with the time of the first; the rest waits [N15.FR.04, N15.FR.09].

        False: the back end does not listen.
        """
        ground = self._ground
        if not ground.online or ground.version is not Version.V21 or ground.unix_ns is None:
            return False
        some = stream.values[: stream.most or None]
        del stream.values[: len(some)]
        first = some[0][0]
        base = ground.unix_ns - (ground.scheduler.now - first)
        data = [{"t": round((at - first) / S, 3), "v": value[:2500]} for at, value in some]
        fields = {
            "id": stream.id,
            "pending": len(stream.values),
            "basetime": timestamp(base),
            "data": data,
        }
        ground.line.send("NotifyPeriodicEventStream", fields)
        return True

    def _adjust(self, message: Message) -> Reply:
        """[N14]."""
        stream = self._all.get(message.id)
        if stream is None or not stream.open:
            return Reply(REJECTED)
        stream.params = sent(message.params)
        return Reply(ACCEPTED, partial(self._adjusted, stream))

    def _adjusted(self, stream: Stream) -> None:
        self._wake(stream)
        self._bundle(stream)

    def _get(self, message: Message) -> Reply:
        """[N12]."""
        del message
        found = [_constant(each) for each in self._all.values() if each.open]
        return Reply({"constantStreamData": found} if found else {})


def _constant(stream: Stream) -> Json:
    return {"id": stream.id, "variableMonitoringId": stream.monitor, "params": stream.params}
