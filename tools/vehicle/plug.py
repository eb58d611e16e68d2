"""The plug for ECUs in processes of their own: a cable with a pilot, a power line with two modems.

Both ECUs connect to it over loopback, say who they are, and get their end of the pilot and an
Ethernet port behind a modem.  What flows in the power contacts is the physics' business.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, Final

from bsw.cp.pilot import Drive, Pilot, PilotState, Source
from bsw.cp.simulated import SimulatedCable
from bsw.net.ports import Stream, StreamEnd, StreamUser
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from bsw.plug.wire import BrokenLine, Lines, say
from bsw.slac.site import Seat, Site
from csm.randomness import SeededRandomness

ROLES: Final = ("vehicle", "station")
SETTLE: Final = 200 * MS
ATTENUATION: Final = 10
"""dB between the two modems."""


class Guest:
    """One connection.  What it says depends on who it is."""

    def __init__(self, plug: "PlugServer", stream: Stream) -> None:
        self.role = ""
        self.stream: Stream | None = stream
        self._plug = plug
        self._lines = Lines(self._heard)

    def connected(self) -> None:
        """It says hello first."""

    def received(self, data: bytes) -> None:
        try:
            self._lines.feed(data)
        except (BrokenLine, KeyError, ValueError, TypeError) as error:
            report("warning", "guest refused", why=str(error))
            if self.stream is not None:
                self.stream.abort()

    def ended(self, _how: StreamEnd) -> None:
        self.stream = None
        self._plug.left(self)

    def say(self, **message: object) -> None:
        if self.stream is not None:
            say(self.stream, **message)

    def _heard(self, message: dict[str, Any]) -> None:
        plug = self._plug
        if "hello" in message:
            plug.welcome(self, message["hello"])
        elif "frame" in message:
            plug.seats[self.role].port.send(bytes.fromhex(message["frame"]))
        elif "show" in message:
            plug.cable.vehicle.show(PilotState[message["show"]])
        elif "drive" in message:
            duty, source = message["drive"]
            plug.cable.station.drive(Drive(duty, Source[source]))


class PlugServer:
    """``complete`` is called when both ECUs have come; then it is time to plug in."""

    def __init__(self, scheduler: Scheduler, complete: Callable[[], None]) -> None:
        self.cable = SimulatedCable(scheduler)
        site = Site(scheduler, SeededRandomness("plug"))
        self.seats: dict[str, Seat] = {"vehicle": site.vehicle(), "station": site.station()}
        site.attenuate(self.seats["vehicle"], self.seats["station"], ATTENUATION)
        self._scheduler = scheduler
        self._complete = complete
        self._guests: dict[str, Guest] = {}
        self.cable.vehicle.listen(lambda pilot: self._tell_pilot("vehicle", pilot))
        self.cable.station.listen(lambda pilot: self._tell_pilot("station", pilot))
        for name, seat in self.seats.items():
            seat.port.listen(lambda frame, name=name: self._carry(name, frame))  # type: ignore[misc]

    def accept(self, stream: Stream) -> StreamUser:
        return Guest(self, stream)

    def welcome(self, guest: Guest, role: str) -> None:
        if role not in ROLES or role in self._guests:
            raise ValueError(f"{role!r} is not expected here")
        guest.role = role
        self._guests[role] = guest
        guest.say(welcome=self.seats[role].port.mac.hex())
        side = self.cable.vehicle if role == "vehicle" else self.cable.station
        self._tell_pilot(role, side.read())
        if len(self._guests) == len(ROLES):
            self._scheduler.after(SETTLE, self._complete, name="plug")

    def left(self, guest: Guest) -> None:
        if self._guests.get(guest.role) is guest:
            del self._guests[guest.role]

    def _tell_pilot(self, role: str, pilot: Pilot) -> None:
        guest = self._guests.get(role)
        if guest is not None:
            guest.say(pilot=[pilot.state.name, pilot.duty])

    def _carry(self, role: str, frame: bytes) -> None:
        guest = self._guests.get(role)
        if guest is not None:
            guest.say(frame=frame.hex())


def report(level: str, event: str, **fields: object) -> None:
    """A log record as the ECUs write theirs."""
    record = {"time": 0, "room": "plug", "level": level, "event": event, "fields": fields}
    sys.stderr.write(json.dumps(record) + "\n")
    sys.stderr.flush()
