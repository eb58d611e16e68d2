"""The plug for ECUs in processes of their own: a cable with a pilot, a power line with two modems.

Both ECUs connect to it over loopback, say who they are, and get their end of the pilot and an
Ethernet port behind a modem.  What flows in the power contacts is the physics' business.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from bsw.cp.pilot import Drive, Pilot, PilotState, Source
from bsw.net.ports import Stream, StreamEnd, StreamUser
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from bsw.plug.wire import BrokenLine, Lines, say
from bsw.sim.cable import SimulatedCable
from bsw.sim.site import Seat, Site
from csm.randomness import SeededRandomness

VEHICLES: Final = ("vehicle", "vehicle-2")
"""What the inlets of a vehicle call themselves."""
SETTLE: Final = 200 * MS
DECIBEL: Final = 10
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
            plug.vehicles_cable(self.role).vehicle.show(PilotState[message["show"]])
        elif "drive" in message:
            duty, source = message["drive"]
            plug.cable.station.drive(Drive(duty, Source[source]))


class PlugServer:
    """``complete`` is called when both ECUs have come; then it is time to plug in.

    A vehicle with two inlets comes twice.  Each of its inlets has a cable; the station's plug hangs
    on one of them, and what the other one leads to says nothing.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        complete: Callable[[], None],
        inlets: int = 1,
        attenuation: int = DECIBEL,
    ) -> None:
        self.cables = {number: SimulatedCable(scheduler) for number in range(1, inlets + 1)}
        self._site = site = Site(scheduler, SeededRandomness("plug"))
        self.seats: dict[str, Seat] = {name: site.vehicle() for name in VEHICLES[:inlets]}
        self.seats["station"] = site.station()
        self.attenuate(attenuation)
        self.inlet = 1
        self._scheduler = scheduler
        self._complete = complete
        self._guests: dict[str, Guest] = {}
        for number, cable in self.cables.items():
            cable.vehicle.listen(partial(self._tell_pilot, VEHICLES[number - 1]))
            cable.station.listen(partial(self._tell_station, number))
        for name, seat in self.seats.items():
            seat.port.listen(partial(self._carry, name))

    @property
    def cable(self) -> SimulatedCable:
        """The station's."""
        return self.cables[self.inlet]

    def plug(self, inlet: int) -> None:
        """The station's plug goes into this inlet."""
        if inlet not in self.cables:
            raise ValueError(f"there is no inlet {inlet}")
        if self.cable.plugged:
            self.cable.unplug()
        drive, self.inlet = self.cable.driven, inlet
        self.cable.source(drive)
        self.cable.plug()

    def unplug(self) -> None:
        self.cable.unplug()

    def attenuate(self, decibel: int) -> None:
        """Of the way between the station's modem and those of the vehicle."""
        for name in VEHICLES:
            if name in self.seats:
                self._site.attenuate(self.seats[name], self.seats["station"], decibel)

    def accept(self, stream: Stream) -> StreamUser:
        return Guest(self, stream)

    def welcome(self, guest: Guest, role: str) -> None:
        if role not in self.seats or role in self._guests:
            raise ValueError(f"{role!r} is not expected here")
        guest.role = role
        self._guests[role] = guest
        guest.say(welcome=self.seats[role].port.mac.hex())
        if role == "station":
            self._tell_pilot(role, self.cable.station.read())
        else:
            self._tell_pilot(role, self.vehicles_cable(role).vehicle.read())
        if len(self._guests) == len(self.seats):
            self._scheduler.after(SETTLE, self._complete, name="plug")

    def here(self, role: str) -> bool:
        """Whether this ECU has come, and is still there."""
        return role in self._guests

    def vehicles_cable(self, role: str) -> SimulatedCable:
        return self.cables[VEHICLES.index(role) + 1]

    def left(self, guest: Guest) -> None:
        if self._guests.get(guest.role) is guest:
            del self._guests[guest.role]

    def _tell_station(self, number: int, pilot: Pilot) -> None:
        if number == self.inlet:
            self._tell_pilot("station", pilot)

    def _tell_pilot(self, role: str, pilot: Pilot) -> None:
        guest = self._guests.get(role)
        if guest is not None:
            guest.say(pilot=[pilot.state.name, pilot.duty, pilot.diode_short])

    def _carry(self, role: str, frame: bytes) -> None:
        guest = self._guests.get(role)
        if guest is not None:
            guest.say(frame=frame.hex())


def report(level: str, event: str, **fields: object) -> None:
    """A log record as the ECUs write theirs."""
    record = {"time": 0, "room": "plug", "level": level, "event": event, "fields": fields}
    sys.stderr.write(json.dumps(record) + "\n")
    sys.stderr.flush()
