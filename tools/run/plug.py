"""The plug as a process: a cable with a pilot, a power line with two modems, and copper.

Both ECUs, and the vehicle's battery, connect to it over loopback.  It prints the port it listens
on as a log record, plugs in when all have come, and unplugs when told to by a signal.
"""

import argparse
import json
import os
import sys
from typing import Any

from bsw.cp.pilot import Drive, Pilot, PilotState, Source
from bsw.cp.simulated import SimulatedCable
from bsw.net.ports import Stream, StreamEnd, StreamUser
from bsw.net.tcpip import HostNetwork
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.plug.wire import BrokenLine, Lines, say
from bsw.slac.site import Seat, Site
from csm.randomness import SeededRandomness

ROLES = ("vehicle", "station", "battery")
COPPER_EACH = 10 * MS


class Guest:
    """One connection.  What it says depends on who it is."""

    def __init__(self, plug: "Plug", stream: Stream) -> None:
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

    def ended(self, how: StreamEnd) -> None:
        self.stream = None
        self._plug.left(self, how)

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
        elif "battery" in message:
            plug.battery, plug.closed = message["battery"]
        elif "output" in message:
            plug.volts, plug.amps = message["output"]


class Plug:
    def __init__(self, scheduler: Scheduler, wanted: tuple[str, ...], attenuation: int) -> None:
        self.cable = SimulatedCable(scheduler)
        self.volts = self.amps = self.battery = 0.0
        self.closed = False
        site = Site(scheduler, SeededRandomness("plug"))
        self.seats: dict[str, Seat] = {"vehicle": site.vehicle(), "station": site.station()}
        site.attenuate(self.seats["vehicle"], self.seats["station"], attenuation)
        self._scheduler = scheduler
        self._wanted = wanted
        self._guests: dict[str, Guest] = {}
        self._came = False
        self.cable.vehicle.listen(lambda pilot: self._tell_pilot("vehicle", pilot))
        self.cable.station.listen(lambda pilot: self._tell_pilot("station", pilot))
        for name, seat in self.seats.items():
            seat.port.listen(lambda frame, name=name: self._carry(name, frame))  # type: ignore[misc]
        scheduler.every(COPPER_EACH, self._tell_copper, name="copper")

    def accept(self, stream: Stream) -> StreamUser:
        return Guest(self, stream)

    def welcome(self, guest: Guest, role: str) -> None:
        if role not in ROLES or role in self._guests:
            raise ValueError(f"{role!r} is not expected here")
        guest.role = role
        self._guests[role] = guest
        mac = self.seats[role].port.mac if role in self.seats else bytes(6)
        guest.say(welcome=mac.hex())
        if role in self.seats:
            side = self.cable.vehicle if role == "vehicle" else self.cable.station
            self._tell_pilot(role, side.read())
        if set(self._wanted) <= set(self._guests) and not self._came:
            self._came = True
            report("info", "plugged in")
            self._scheduler.after(200 * MS, self.cable.plug, name="plug")

    def left(self, guest: Guest, _how: StreamEnd) -> None:
        self._guests.pop(guest.role, None)
        if self._came and not self._guests:
            self._scheduler.stop()

    def _tell_pilot(self, role: str, pilot: Pilot) -> None:
        guest = self._guests.get(role)
        if guest is not None:
            guest.say(pilot=[pilot.state.name, pilot.duty])

    def _carry(self, role: str, frame: bytes) -> None:
        guest = self._guests.get(role)
        if guest is not None:
            guest.say(frame=frame.hex())

    def _tell_copper(self) -> None:
        volts = self.battery if self.closed else self.volts
        for guest in self._guests.values():
            guest.say(copper=[volts, self.amps, self.battery, self.closed])


def report(level: str, event: str, **fields: object) -> None:
    """A log record as the ECUs write theirs."""
    record = {"time": 0, "room": "plug", "level": level, "event": event, "fields": fields}
    sys.stderr.write(json.dumps(record) + "\n")
    sys.stderr.flush()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="plug", description=__doc__)
    parser.add_argument("--wait-for", nargs="+", default=["vehicle", "station"], choices=ROLES)
    parser.add_argument("--attenuation", type=int, default=10, help="dB on the cable")
    parser.add_argument("--seconds", type=float, default=600.0, help="at most so long")
    arguments = parser.parse_args(argv)
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    network = HostNetwork(scheduler, clock, "lo")
    plug = Plug(scheduler, tuple(arguments.wait_for), arguments.attenuation)
    listener = network.listen(plug.accept)
    report("info", "listening", port=listener.local.port, pid=os.getpid())
    scheduler.run(scheduler.now + int(arguments.seconds * S))
    listener.close()
    network.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
