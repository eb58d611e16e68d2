"""Where a station is tested: its cable, power line, network and electronics, in virtual time.

Everything of the station is real but the copper.  There is no vehicle here; a tester takes its
place.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages import iso2
from bsw.chrgm.protocols import SPOKEN
from bsw.cp.pilot import PilotState
from bsw.dlt import silent
from bsw.net.ports import Network
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from bsw.sim.cable import SimulatedCable
from bsw.sim.network import SimLink
from bsw.sim.site import Site
from bsw.slac.links.link import Link, LinkUser, StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from csm.randomness import SeededRandomness
from secc.api.literals import AuthorizationStatus, CertificateStatus, PaymentOption
from secc.plug.plug_side import OutletPlug, PilotOnPort
from secc.power.simulated import Ratings
from secc.session.schedules import Plan, Step
from tools.bench.world.network import NetRig, Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today
from tools.conformance.bench import Clockwork, Setup, StationBench

HOUR: Final = 3600


def _served(name: str) -> tuple[str, ...]:
    """The protocol under test and the older ones, as a station has them."""
    names = tuple(one.name for one in SPOKEN)
    return names[names.index(name) :]


@dataclass
class World:
    """Two ends of a simulated link."""

    scheduler: Scheduler
    link: SimLink = field(init=False)
    worker: SimulatedWorker = field(init=False)

    def __post_init__(self) -> None:
        self.link = SimLink(self.scheduler, SeededRandomness("lab"))
        self.vehicle: Network = self.link.node("vehicle")
        self.station: Network = self.link.node("station")
        self.worker = SimulatedWorker(self.scheduler, lambda _name: 5 * MS)


RATINGS: Final = Ratings(volts_per_second=20_000.0, amps_per_second=1_000.0, step=50 * MS)
CABLE_CHECKS: Final = {"CableCheck": 5 * S, "CableCheck for ever": 600 * S}


class StationLab(Clockwork):
    """One station under test, its link started, nobody plugged in."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(Scheduler(VirtualClock()))
        self.setup = setup
        self.world = World(self.scheduler)
        self.network, self.worker = self.world.vehicle, self.world.worker
        self.crypto = self._crypto()
        self.rig = NetRig(self.world, self._options())
        self.charger, self.outlet = self.rig.charger, self.rig.outlet
        chance = SeededRandomness("site")
        self.site = Site(self.scheduler, chance)
        self.modem, station_modem = self.site.vehicle(), self.site.station()
        self.site.attenuate(self.modem, station_modem, 10)
        self.cable = SimulatedCable(self.scheduler)
        log = silent().logger("lab")
        self.rig.station_pilot = PilotOnPort(self.cable.station)
        self.service = OutletPlug(
            self.charger, self.outlet, self.cable.station, scheduler=self.scheduler, log=log
        )
        self.station_link = StationLink(
            Host(self.scheduler, station_modem.port, chance, log),
            self.cable.station,
            StationLinkConfig(),
            self.service,
        )
        self.service.attach(self.station_link)
        self.rig.customer_after = None
        self.charger.subscribe("require_auth_eim", lambda _none: self._authorize())
        self.charger.subscribe("require_auth_pnc", lambda _token: self._authorize())
        self.listening_since = 0
        self.charger.on_command(self._note_link)
        self._prepare()
        self.station_link.start()

    def _note_link(self, name: str) -> None:
        if name == "dlink_ready" and self.charger.state.dlink:
            self.listening_since = self.now

    def _crypto(self) -> Crypto | None:
        setup = self.setup
        if not (setup.tls or setup.station_tls):
            return None
        return Crypto(Today(self.scheduler), self.world.worker)

    def _options(self) -> Options:
        setup, crypto = self.setup, self.crypto
        payment: tuple[PaymentOption, ...] = (PaymentOption.EXTERNAL,)
        if setup.contract:
            payment = (PaymentOption.CONTRACT,)
            if not setup.only_contract:
                payment = (PaymentOption.CONTRACT, PaymentOption.EXTERNAL)
        return Options(
            mode=setup.mode,
            served=_served(setup.protocol),
            ratings=replace(RATINGS, cable_check=CABLE_CHECKS.get(setup.slow, 300 * MS)),
            station_profile=setup.profile,
            station_tls=None if crypto is None else crypto.station_tls,
            desk=None if crypto is None else crypto.desk,
            payment=payment,
            certificate_service=setup.contract or setup.detail or bool(setup.certificates),
        )

    def _prepare(self) -> None:
        """What the station's own side says before a vehicle comes."""
        setup = self.setup
        if setup.tariff or setup.entries is not None or setup.resumed:
            self.rig.schedules.plans = tuple(plan(number, setup) for number in (1, 2))
        if setup.slow.startswith("ChargeParameterDiscovery"):
            self.rig.schedules.ready = False
            self.charger.subscribe("requested_energy_transfer_mode", lambda _mode: self._plan())
        if setup.internet:
            self.charger.offer_internet()
        if setup.receipts:
            self.charger.receipt_is_required(receipt_required=True)
            self.charger.subscribe("v2g_setup_finished", lambda _none: self._demand_receipt())

    def _plan(self) -> None:
        """The back end needs a while for its schedules."""

        def ready() -> None:
            self.rig.schedules.ready = True

        if self.setup.slow.endswith("for ever"):
            return
        self.scheduler.after(3 * S, ready, name="back end")

    def _demand_receipt(self) -> None:
        self.charger.receipt_is_required(receipt_required=True)

    def _authorize(self) -> None:
        if self.setup.slow == "Authorization for ever":
            return
        delay = 3 * S if self.setup.slow == "Authorization" else 20 * MS
        self.scheduler.after(delay, self.accept, name="customer")

    def accept(self) -> None:
        """The customer's card, or the contract, was accepted."""
        self.charger.authorization_response(
            authorization_status=AuthorizationStatus.ACCEPTED,
            certificate_status=CertificateStatus.ACCEPTED,
        )

    # The tester's half of the plug

    def link(self, user: LinkUser) -> Link:
        log = silent().logger("tester")
        host = Host(self.scheduler, self.modem.port, SeededRandomness("tester"), log)
        config = VehicleLinkConfig(energy="ac" if self.setup.ac else "dc")
        return VehicleLink(host, self.cable.vehicle, config, user)

    def plug(self) -> None:
        self.cable.plug()

    def unplug(self) -> None:
        self.cable.unplug()

    def show(self, state: PilotState) -> None:
        self.cable.vehicle.show(state)

    def load(self, resistance: float) -> None:
        self.cable.load(resistance)

    def battery(self, *, connected: bool) -> None:
        self.rig.state.contactors_closed = connected

    def pay(self) -> None:
        """The customer comes by himself, see ``_authorize``."""

    def wake_station(self) -> None:
        self.station_link.wake()

    # What shows of the station

    @property
    def today(self) -> Today:
        return self.rig.today

    @property
    def energised(self) -> bool:
        electronics = self.rig.electronics
        return electronics.current > 0 or self.charger.state.ac_contactor_closed

    @property
    def endings(self) -> tuple[Ending, ...]:
        return tuple(result.ending for result in self.outlet.results)

    @property
    def left_network(self) -> bool:
        return self.station_link.phase.name in {"ENDED", "OFFERING", "STEPPING"}


def opened(setup: Setup) -> StationBench:
    """The place this set-up names."""
    return (setup.bench or StationLab)(setup)


def plan(number: int, setup: Setup) -> Plan:
    """A schedule tuple of 20 steps, the second one cheaper."""
    steps = tuple(Step(hour * HOUR, 11_000.0 - 100.0 * hour) for hour in range(20))
    return Plan(number, steps, tariff=tariff(number) if setup.tariff else None)


def tariff(number: int, entries: int = 6) -> iso2.SalesTariff:
    return iso2.SalesTariff(
        id=f"tariff{number}",
        sales_tariff_id=number,
        num_e_price_levels=3,
        sales_tariff_entry=tuple(
            iso2.SalesTariffEntry(
                time_interval=iso2.RelativeTimeInterval(start=place * HOUR),
                e_price_level=place % 3,
            )
            for place in range(entries)
        ),
    )
