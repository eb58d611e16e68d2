"""Carries out a scenario's orders in a simulated world, as hands at the car and at the station."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bsw.ecuc.quantities import ATTENUATION, SHARE, TIME
from bsw.os.clock import S
from csm.drivers.simulated import Faults
from ecu.world import World
from secc.api.charger import Charger
from tools.bench.scenarios.near import NearHands
from tools.bench.scenarios.words import Order
from tools.bench.world.device_faults import DEVICE_FAULTS
from tools.bench.world.pair import Pair


class Hands:
    """``do`` takes every order there is."""

    def __init__(self, pair: Pair, token: Faults) -> None:
        self._pair = pair
        self._world: World = pair.world
        self._near = near = NearHands(pair.hardware.vehicle, pair.hardware.module, pair.scheduler)
        self._charger: Charger = pair.station.charger
        self._device = pair.station.device
        self._token = token
        self.made = near.made
        """Faults that stand, by the order that made them."""

        self._acts: Mapping[str, Callable[[str], None]] = {
            **near.acts,
            "plug": lambda _: pair.plug(),
            "pull": lambda _: pair.unplug(),
            "diode": lambda said: self._world.cables[0].diode(shorted=said == "short"),
            "disturb": self._disturb,
            "settle": self._settle,
            "line": lambda said: self._world.attenuate(round(ATTENUATION.read(said))),
            "station": self._operate,
            "token": self._take_token,
            "lag": self._lag,
            "lose": lambda said: self._world.lose(SHARE.read(said) / 100.0),
            "spoil": self._spoil,
            "net": self._net,
            "modem": self._world.reset_modem,
            "noise": self._noise,
            "clock": self._clock,
        }

    def do(self, order: Order) -> None:
        self._acts[order.verb](order.argument)

    def _disturb(self, name: str) -> None:
        if self._device is not None and name not in self.made:
            DEVICE_FAULTS[name].make(self._device)
            self.made.append(name)

    def _settle(self, name: str) -> None:
        if self._device is not None and name in self.made:
            DEVICE_FAULTS[name].mend(self._device)
            self.made.remove(name)

    def _operate(self, said: str) -> None:
        if said == "stop":
            self._charger.stop_charging(stop=True)
        elif said == "pause":
            self._charger.pause_charging(pause=True)
        else:
            self._charger.renegotiate()

    def _take_token(self, said: str) -> None:
        self._token.plugged_in = said == "in"

    def _lag(self, said: str) -> None:
        way = self._world.site.ip
        way.impairment = replace(way.impairment, latency=int(TIME.read(said)))

    def _spoil(self, said: str) -> None:
        role, _, how = said.partition(" ")
        self._world.spoil(role, wholly=bool(how))

    def _net(self, said: str) -> None:
        role, state = said.split()
        self._world.interfaces[role].up = state == "up"

    def _noise(self, said: str) -> None:
        role, share = said.split(maxsplit=1)
        bus = self._world.station_bus if role == "station" else self._world.vehicle_bus
        bus.errors = SHARE.read(share) / 100.0

    def _clock(self, said: str) -> None:
        role, span = said.split(maxsplit=1)
        pair = self._pair
        doors = pair.station_doors if role == "station" else pair.vehicle_doors
        for calendar in doors.calendars:
            calendar.set(calendar.unix() + int(TIME.read(span)) // S, calendar.quality)
