"""All steps of one device in order: modem, plug, CAN, keys, clock."""

import time
from collections.abc import Iterator

from bsw.base import CannotStart
from bsw.base_host import HostBase
from bsw.hardware.port import PlugHardware, Side
from bsw.os.clock import S
from can_adapter.bus import CanFrame, CanPort
from ecu.host import HostDoors
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.commission import modem, plug
from tools.commission.record import Step, judged, skipped, wrong
from tools.doctor.looks import clock, interface, token

LISTENS = 2.0
"""Seconds on the bus."""
READY_WITHIN = 10.0


class Walk:
    """Runs the device's doors on a base of its own, step by step."""

    def __init__(self, base: HostBase, config: EvccConfig | SeccConfig) -> None:
        self._base = base
        self._config = config
        self._doors = HostDoors(base, config)
        self._vehicle = isinstance(config, EvccConfig)

    def steps(self) -> Iterator[Step]:
        yield from self._modem()
        yield from self._plug()
        yield self._can()
        yield from self._keys()
        found = clock(time.time())
        yield judged("clock", "set", found.detail, "set it before TLS", holds=not found.wrong)

    def wait(self, seconds: float) -> None:
        scheduler = self._base.scheduler
        scheduler.run(until=scheduler.now + int(seconds * S))

    def _modem(self) -> Iterator[Step]:
        config = self._config
        name = config.link.interface or config.network.interface
        found = interface(name)
        expected = "up, with a link-local address"
        yield judged("interface", expected, found.detail, "see there", holds=not found.wrong)
        if config.link.driver == "none":
            yield skipped("modem", "link.driver: none; there is none of its own")
            return
        yield modem.driver(name)
        try:
            door = self._doors.modem()
        except CannotStart as error:
            yield wrong("modem", "an open interface", "cannot be opened", str(error))
            return
        settings = config.link.matching.modem
        yield from modem.look(door.port, settings, self._doors.chance, self.wait)
        door.close()

    def _plug(self) -> Iterator[Step]:
        driver = self._config.hardware.driver
        if driver in {"none", "plug"}:
            yield skipped("plug", f"hardware.driver: {driver}; nobody drives one")
            return
        side = Side.VEHICLE if self._vehicle else Side.STATION
        try:
            hardware = self._doors.hardware(side)
        except CannotStart as error:
            yield wrong("plug", "a driver", "cannot be opened", str(error))
            return
        told = self._start(hardware)
        if told:
            yield wrong("plug", "a driver that is ready", "is not", told)
        else:
            yield from plug.look(hardware, side, self.wait)
        hardware.close()
        self.wait(0.1)

    def _start(self, hardware: PlugHardware) -> str:
        """Why it is not ready; empty if it is."""
        said: list[str] = []
        hardware.start(lambda: said.append(""), said.append)
        for _ in range(int(READY_WITHIN * 10)):
            self.wait(0.1)
            if said:
                return said[0]
        return f"it was not ready within {READY_WITHIN:g} s"

    def _can(self) -> Step:
        config = self._config
        used = config.can.bus.interface != "none"
        if isinstance(config, SeccConfig):
            used = used and config.hardware.power == "can"
        if not used:
            return skipped("CAN", "no bus is configured")
        try:
            port: CanPort = self._doors.can("EVCC" if self._vehicle else "SECC")
        except CannotStart as error:
            return wrong("CAN", "an open bus", "cannot be opened", str(error))
        seen: dict[int, int] = {}

        def hear(frame: CanFrame) -> None:
            seen[frame.key] = seen.get(frame.key, 0) + 1

        port.listen(hear)
        self.wait(LISTENS)
        port.close()
        measured = f"{sum(seen.values())} frames of {len(seen)} messages in {LISTENS:g} s"
        remedy = "bit rate, termination, and whether the others are awake"
        return judged("CAN", "frames of others", measured, remedy, holds=bool(seen))

    def _keys(self) -> Iterator[Step]:
        config = self._config
        if "pkcs11" in config.csm.drivers:
            found = token(config.csm)
            remedy = "see csm.pkcs11"
            yield judged("token", "opens", found.detail, remedy, holds=not found.wrong)
        else:
            yield skipped("token", "keys lie in a folder")
        lacking = list(config.lacking())
        measured = "; ".join(lacking) or "nothing is missing"
        remedy = "install what is missing"
        yield judged("certificates", "all that TLS needs", measured, remedy, holds=not lacking)
