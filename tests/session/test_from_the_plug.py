"""The whole way in simulation: plug, pilot, SLAC, link, discovery, session, and back."""

from collections.abc import Callable

from bsw.chrgm.endings import Ending
from bsw.chrgm.modes import mode_of
from bsw.cp.duty import duty_from_current
from bsw.cp.pilot import Drive
from bsw.dlt import silent
from bsw.os.clock import MS, S
from bsw.sim.cable import SimulatedCable
from bsw.sim.site import Site
from bsw.slac.links.link import StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from csm.randomness import SeededRandomness
from evcc.plug.basic import BasicCharging
from evcc.plug.charging import ChargingManager, RetryRules
from evcc.plug.charging import PilotOnPort as VehiclePilotView
from evcc.session.session import VehicleSession
from secc.plug.plug_side import OutletPlug
from secc.plug.plug_side import PilotOnPort as StationPilotView
from tests.net import worlds
from tools.bench.world.network import NetRig, Options
from tools.bench.world.plug import NoUser, OpenGates


class Place:
    """One parking space: a cable, a line with two modems, a network over it, both ECUs."""

    def __init__(
        self,
        mode: str = "DC_extended",
        protocols: tuple[str, ...] = ("iso2",),
        *,
        options: Callable[[worlds.World], Options] | None = None,
    ) -> None:
        self.world = worlds.simulated()
        scheduler = self.scheduler = self.world.scheduler
        chance = SeededRandomness(7)
        site = Site(scheduler, chance)
        self.cable = SimulatedCable(scheduler)
        vehicle, station = site.vehicle(), site.station()
        site.attenuate(vehicle, station, 10)
        log = silent().logger("test")
        usual = Options(mode=mode, protocols=protocols)
        self.rig = NetRig(self.world, usual if options is None else options(self.world))
        self.rig.vehicle_pilot = VehiclePilotView(self.cable.vehicle)
        self.rig.station_pilot = StationPilotView(self.cable.station)
        self.service = OutletPlug(
            self.rig.charger, self.rig.outlet, self.cable.station, scheduler=scheduler, log=log
        )
        self.service.attach(
            StationLink(
                Host(scheduler, station.port, chance, log),
                self.cable.station,
                StationLinkConfig(),
                self.service,
            )
        )
        basic = BasicCharging(scheduler, self.cable.vehicle, self.rig.state, self.rig.pack)
        self.manager = ChargingManager(
            scheduler,
            self.rig.state,
            self.cable.vehicle,
            lambda ended: VehicleSession(self.rig.vehicle_means(), self.rig.make_car, ended),
            user=NoUser(),
            basic=basic,
            gates=OpenGates(),
            rules=RetryRules(),
            log=log,
        )
        self.manager.attach(
            VehicleLink(
                Host(scheduler, vehicle.port, chance, log),
                self.cable.vehicle,
                VehicleLinkConfig(energy="ac" if mode_of(mode).ac else "dc"),
                self.manager,
            )
        )
        self.service.link.start()
        self.manager.link.start()

    def ended(self, count: int = 1, within: int = 120 * S) -> None:
        self.world.run_until(lambda: len(self.manager.results) >= count, within)


def nominal(amps: float) -> Drive:
    return Drive(duty_from_current(amps))


def test_a_plug_leads_to_a_charge_and_an_unplug_back_to_the_start() -> None:
    place = Place()
    place.cable.plug()
    place.rig.full_after(40 * S)
    place.ended()
    assert place.manager.results[0].ending is Ending.TERMINATED
    assert place.rig.outlet.results[0].ending is Ending.TERMINATED
    assert place.rig.electronics.energy > 100
    place.world.run_for(10 * S)
    place.cable.unplug()
    place.world.run_for(5 * S)
    place.rig.state.charging_complete = False
    place.cable.plug()
    place.rig.full_after(30 * S)
    place.ended(2)
    assert place.manager.results[1].ending is Ending.TERMINATED


def test_pulling_the_plug_in_the_loop_is_safe_on_both_sides() -> None:
    place = Place()
    place.cable.plug()
    place.world.run_for(30 * S)
    assert place.rig.electronics.current > 10
    place.cable.unplug()
    place.world.run_for(300 * MS)
    assert place.manager.results[0].ending is Ending.PILOT_FAULT
    assert place.rig.outlet.results[0].ending is Ending.PILOT_FAULT
    assert place.rig.electronics.current == 0.0
    assert place.rig.state.contactors_closed is False


def test_a_pause_sleeps_and_a_wake_up_resumes_the_same_session() -> None:
    place = Place()
    place.cable.plug()
    place.world.run_for(30 * S)
    place.manager.pause()
    place.ended()
    assert place.manager.results[0].ending is Ending.PAUSED
    place.world.run_for(60 * S)
    assert str(place.cable.vehicle.read()) == "B1"
    place.manager.wake_up()
    place.scheduler.after(60 * S, place.manager.stop, name="stop")
    place.ended(2)
    assert place.manager.results[1].ending is Ending.TERMINATED
    first, second = place.rig.stations[:2]
    assert first.record.session_id == second.record.session_id


def test_both_protocols_find_each_other_from_the_plug() -> None:
    place = Place(protocols=("iso2", "din"))
    place.cable.plug()
    place.world.run_for(30 * S)
    assert place.rig.view.protocol == "iso2"
    place.manager.stop()
    place.ended()
    assert place.manager.results[0].ending is Ending.TERMINATED


def test_an_ac_vehicle_without_a_common_protocol_charges_by_the_duty_cycle() -> None:
    place = Place(mode="AC_three_phase_core", protocols=("din",))
    place.cable.plug()
    place.world.run_for(60 * S)
    assert place.manager.results
    place.service.link.close()
    place.cable.source(nominal(16.0))
    place.world.run_for(60 * S)
    assert place.rig.pack.ac_allowed == 16.0
    place.cable.source(nominal(10.0))
    place.world.run_for(1 * S)
    assert place.rig.pack.ac_allowed == 10.0


def test_in_a_session_of_ac_the_smaller_of_duty_cycle_and_words_counts() -> None:
    """[V2G2-853]."""
    place = Place(mode="AC_three_phase_core")
    place.cable.plug()
    place.world.run_for(30 * S)
    assert place.rig.pack.ac_allowed == 16.0
    place.cable.source(nominal(10.0))
    place.world.run_for(2 * S)
    assert place.rig.pack.ac_allowed == 10.0
    place.cable.source(nominal(32.0))
    place.world.run_for(2 * S)
    assert place.rig.pack.ac_allowed == 16.0
    place.cable.source(Drive(98.0))
    place.world.run_for(2 * S)
    assert place.rig.pack.ac_allowed == 0.0, "a duty cycle that allows nothing"


def test_in_a_session_of_ac_the_pilot_follows_the_word_within_a_quarter_second() -> None:
    """[V2G2-847] for C, [V2G2-848] for B."""
    place = Place(mode="AC_three_phase_core")
    pilots: list[tuple[int, str]] = []
    place.cable.station.listen(lambda pilot: pilots.append((place.scheduler.now, pilot.state.name)))
    place.cable.plug()
    place.rig.full_after(40 * S)
    place.ended()
    start, stop = (
        record.time
        for record in place.rig.vehicle_trace.records
        if record.fields.get("name") == "PowerDeliveryReq" and record.fields["way"] == "out"
    )
    ready = next(at for at, state in pilots if state == "C")
    waits = next(at for at, state in pilots if state == "B" and at > ready)
    assert 0 <= ready - start <= 250 * MS
    assert 0 <= waits - stop <= 250 * MS
