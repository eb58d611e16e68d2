"""Carries out a scenario's orders in a simulated world, as hands at the car and at the station."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bsw.ecuc.quantities import ATTENUATION, SHARE, TIME
from bsw.os.clock import MS, S
from csm.drivers.simulated import Faults
from ecu.world import World
from secc.api.charger import Charger
from tools.bench.hardware.faults import faults
from tools.bench.hardware.module_faults import MODULE_FAULTS
from tools.bench.scenarios.words import Order
from tools.bench.world.device_faults import DEVICE_FAULTS
from tools.bench.world.pair import Pair

FAULTS: Final = faults()
RISE: Final = 200 * MS
"""How long a vehicle holds a request that is heard by its rise."""


class Hands:
    """``do`` takes every order there is."""

    def __init__(self, pair: Pair, token: Faults) -> None:
        self._pair = pair
        self._world: World = pair.world
        self._vehicle = pair.hardware.vehicle
        self._module = pair.hardware.module
        self._charger: Charger = pair.station.charger
        self._device = pair.station.device
        self._token = token
        self.made: list[str] = []
        """Faults that stand, by the order that made them."""

        self._acts: Mapping[str, Callable[[str], None]] = {
            "plug": lambda _: pair.plug(),
            "pull": lambda _: pair.unplug(),
            "soc": self._soc,
            "target": self._target,
            "permit": self._permit,
            "pause": self._pause,
            "wake": lambda _: self._wake(),
            "renegotiate": lambda _: self._renegotiate(),
            "fault": self._fault,
            "mend": self._mend,
            "diode": lambda said: self._world.cables[0].diode(shorted=said == "short"),
            "break": self._break,
            "repair": self._repair,
            "disturb": self._disturb,
            "settle": self._settle,
            "derate": self._derate,
            "line": lambda said: self._world.attenuate(round(ATTENUATION.read(said))),
            "station": self._operate,
            "token": self._take_token,
            "lag": self._lag,
            "lose": lambda said: self._world.lose(SHARE.read(said) / 100.0),
            "spoil": self._world.spoil,
            "net": self._net,
            "modem": self._world.reset_modem,
            "noise": self._noise,
            "clock": self._clock,
        }

    def do(self, order: Order) -> None:
        self._acts[order.verb](order.argument)

    def _soc(self, said: str) -> None:
        self._vehicle.battery.soc = SHARE.read(said)

    def _target(self, said: str) -> None:
        self._vehicle.bms.moods.target_soc = self._vehicle.ems.target_soc = SHARE.read(said)

    def _permit(self, said: str) -> None:
        self._vehicle.vcu.wishes.charge = said == "yes"

    def _pause(self, said: str) -> None:
        wishes = self._vehicle.vcu.wishes
        wishes.pause = said == "yes"
        wishes.wake_station = wishes.wake_station and not wishes.pause

    def _wake(self) -> None:
        wishes = self._vehicle.vcu.wishes
        wishes.pause, wishes.wake_station = False, True

    def _renegotiate(self) -> None:
        """A rise of the signal asks; it falls before the next one."""
        wishes = self._vehicle.vcu.wishes
        wishes.renegotiate = True

        def fall() -> None:
            wishes.renegotiate = False

        self._pair.scheduler.after(RISE, fall, name="renegotiation")

    def _fault(self, name: str) -> None:
        if name not in self.made:
            FAULTS[name].make(self._vehicle)
            self.made.append(name)

    def _mend(self, name: str) -> None:
        if name in self.made:
            FAULTS[name].mend(self._vehicle)
            self.made.remove(name)

    def _break(self, name: str) -> None:
        MODULE_FAULTS[name].make(self._module)
        if name not in self.made:
            self.made.append(name)

    def _repair(self, name: str) -> None:
        MODULE_FAULTS[name].mend(self._module)
        if name in self.made:
            self.made.remove(name)

    def _disturb(self, name: str) -> None:
        if self._device is not None and name not in self.made:
            DEVICE_FAULTS[name].make(self._device)
            self.made.append(name)

    def _settle(self, name: str) -> None:
        if self._device is not None and name in self.made:
            DEVICE_FAULTS[name].mend(self._device)
            self.made.remove(name)

    def _derate(self, said: str) -> None:
        self._module.trouble.derating = SHARE.read(said) / 100.0

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
