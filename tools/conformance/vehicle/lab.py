"""Where a vehicle is tested: its cable, power line, network, battery, in virtual time.

Everything of the vehicle is real but the copper, the charging manager included.  There is no
station here; a tester takes its place.
"""

from dataclasses import replace
from typing import Final

from bsw.cp.pilot import PilotListener, PilotState
from bsw.dlt import silent
from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.sim.site import Site
from bsw.slac.links.link import Link, LinkUser, StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from csm.randomness import SeededRandomness
from evcc.plug.basic import BasicCharging
from evcc.plug.charging import ChargingManager, PilotOnPort, RetryRules
from evcc.session.session import VehicleSession
from tools.bench.world.dials import Dials
from tools.bench.world.network import NetRig, Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import NoUser, OpenGates, Pack, Today
from tools.conformance.bench import Clockwork
from tools.conformance.lab import World
from tools.conformance.vehicle.bench import VehicleBench, VehicleSetup

STEP: Final = 10 * MS


class WatchedPack(Pack):
    """A battery that remembers when its contactors were closed, and at what current opened."""

    closings: int = 0
    opened_at_current: float = 0.0

    def request_contactors(self, *, closed: bool) -> None:
        if closed and not self.wanted_closed:
            self.closings += 1
        if not closed and self.wanted_closed:
            self.opened_at_current = self.state.battery_current or 0.0
        super().request_contactors(closed=closed)


class VehicleLab(Clockwork):
    """One vehicle under test, its link started, not plugged in."""

    def __init__(self, setup: VehicleSetup) -> None:
        super().__init__(Scheduler(VirtualClock()))
        self.setup = setup
        self.world = World(self.scheduler)
        self.network, self.worker = self.world.station, self.world.worker
        self.crypto = self._crypto()
        self.rig = NetRig(self.world, self._options())
        self.rig.electronics.stop()
        self.rig.pack = self.rig.actuators = WatchedPack(self.scheduler, self.rig.state)
        chance = SeededRandomness("site")
        self.site = Site(self.scheduler, chance)
        modem, self.station_modem = self.site.vehicle(), self.site.station()
        self.site.attenuate(modem, self.station_modem, 10)
        self.cable = SimulatedCable(self.scheduler)
        self.rig.vehicle_pilot = PilotOnPort(self.cable.vehicle)
        log = silent().logger("lab")
        self.manager = ChargingManager(
            self.scheduler,
            self.rig.state,
            self.cable.vehicle,
            lambda ended: VehicleSession(self.rig.vehicle_means(), self.rig.make_car, ended),
            user=NoUser(),
            basic=BasicCharging(self.scheduler, self.cable.vehicle, self.rig.state, self.rig.pack),
            gates=OpenGates(),
            rules=RetryRules(sessions=1),
            log=log,
        )
        config = VehicleLinkConfig(energy="ac" if setup.ac else "dc")
        host = Host(self.scheduler, modem.port, chance, log)
        self.manager.attach(VehicleLink(host, self.cable.vehicle, config, self.manager))
        self.manager.link.start()

    def _crypto(self) -> Crypto | None:
        if not self.setup.tls:
            return None
        contract = not self.setup.certificates
        return Crypto(Today(self.scheduler), self.world.worker, contract=contract)

    def _options(self) -> Options:
        setup, crypto = self.setup, self.crypto
        return Options(
            protocols=(setup.protocol,),
            mode=setup.mode,
            vehicle_profile=replace(setup.profile),
            vehicle_tls=None if crypto is None else crypto.vehicle_tls,
            wallet=crypto.wallet if crypto is not None and setup.contract else None,
        )

    @property
    def state(self) -> Dials:
        return self.rig.state

    @property
    def pack(self) -> WatchedPack:
        assert isinstance(self.rig.pack, WatchedPack)
        return self.rig.pack

    @property
    def today(self) -> Today:
        return self.rig.today

    @property
    def inside(self) -> "VehicleLab":
        return self

    # The tester's half of the plug

    def link(self, user: LinkUser) -> Link:
        log = silent().logger("tester")
        host = Host(self.scheduler, self.station_modem.port, SeededRandomness("tester"), log)
        return StationLink(host, self.cable.station, StationLinkConfig(), user)

    def plug(self) -> None:
        self.cable.plug()

    def listen(self, changed: PilotListener) -> None:
        self.cable.station.listen(changed)

    @property
    def pilot(self) -> PilotState:
        return self.cable.station.read().state

    def charge(self, volts: float, amps: float) -> None:
        """What the tester's source puts out now."""
        electronics = self.rig.electronics
        closed = bool(self.state.contactors_closed)
        electronics.voltage = volts if not closed else self.pack.ocv + self.pack.ohms * amps
        electronics.current = amps if closed else 0.0

    @property
    def volts(self) -> float:
        return self.rig.electronics.voltage

    # What the driver wants

    begins_within = 0
    can_order = True

    def stop(self) -> None:
        self.manager.stop()

    def pause(self) -> None:
        self.manager.pause()

    def wake_up(self) -> None:
        self.manager.wake_up()


def opened(setup: VehicleSetup) -> VehicleBench:
    """The place this set-up names."""
    return (setup.bench or VehicleLab)(setup)
