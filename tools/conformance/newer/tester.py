"""A scripted vehicle before our station's ISO 15118-20 engine: real octets, virtual time."""

from collections.abc import Callable
from typing import Any, Final

from bsw.chrgm.endings import SessionResult
from bsw.chrgm.modes import Approach
from bsw.chrgm.protocols import ISO20
from bsw.chrgm.record import NO_SESSION, Said
from bsw.chrgm.services import energy_by_word
from bsw.os.clock import MS, S
from secc.session.memory import Memory
from secc.session.profile import CONFORMANCE, StationProfile
from tools.bench.world.direct import Rig
from tools.conformance.newer import requests as ask

AC_MODE: Final = "AC_three_phase_core"
PATIENCE: Final = 5 * S


def application_of(service: str) -> str:
    """What carries the service."""
    return next(one.name for one in ISO20.applications if service in one.services)


class ScriptedVehicle:
    """``to`` walks with valid content up to the place where a request is due."""

    def __init__(
        self,
        service: str = "DC",
        *,
        profile: StationProfile = CONFORMANCE,
        memory: Memory | None = None,
        leaf: bytes = b"tester",
        contactor: bool = True,
        parameters: int = 1,
    ) -> None:
        record = energy_by_word("iso20")[service]
        self.service = record.number
        self.parameters = parameters
        self.ac = record.mode.ac
        self.both_ways = record.mode.discharges
        self.pantograph = record.mode.approach is Approach.PANTOGRAPH
        self.pad = record.mode.approach is Approach.PAD
        mode = AC_MODE if service == "AC" else service
        self.rig = rig = Rig(
            application_of(service),
            mode=mode,
            secure=True,
            station_profile=profile,
            station_memory=memory,
        )
        rig.station.vehicle_leaf = leaf
        rig.lose = lambda side, _heard: side == "station"  # nobody but the tester hears it
        self.session = NO_SESSION
        if not contactor:
            rig.charger.ac_contactor_closed = lambda **_status: None  # type: ignore[method-assign]
        rig.electronics.start()
        if self.pantograph:
            rig.pantograph.start()
        if self.pad:
            rig.pad.start()
        rig.scheduler.every(10 * MS, self._battery, name="battery")
        rig.responder.start(rig.scheduler.now)
        self.run(50 * MS)

    def _battery(self) -> None:
        self.rig.pack.tick(self.rig.electronics, 10 * MS)

    @property
    def now(self) -> int:
        return self.rig.scheduler.now

    @property
    def result(self) -> SessionResult | None:
        return self.rig.responder.result

    @property
    def energised(self) -> bool:
        return self.rig.electronics.current > 0 or self.rig.charger.state.ac_contactor_closed

    def run(self, duration: int) -> None:
        deadline = self.now + duration
        while self.now < deadline:
            self.rig.scheduler.run(deadline)

    def say(self, body: Any, stream: int | None = None) -> Any:  # noqa: ANN401 - a message
        """The answer, ``None`` if none comes."""
        rig = self.rig
        known = len(rig.said)
        dialect = rig.dialect
        heard = dialect.decode(*dialect.encode(self.session, Said(body, payload_type=stream)))
        rig.responder.received(heard)
        deadline = self.now + PATIENCE
        while len(rig.said) == known and self.now < deadline and self.result is None:
            self.run(5 * MS)
        if len(rig.said) == known:
            return None
        answer = rig.said[-1][2]
        if type(body).__name__ == "SessionSetupReq":
            self.session = answer.session_id
        return answer.body

    def repeat(self, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - a message
        """Until the answer is Finished, or refused."""
        for _ in range(100):
            answer = self.say(make())
            processing = getattr(answer, "evse_processing", None)
            if processing is None or processing.value == "Finished":
                return answer
            self.run(100 * MS)
        raise TimeoutError(f"{make.__name__} stays ongoing")

    @property
    def allowed(self) -> tuple[str, ...]:
        """The exchanges that are due, by the table."""
        return self.rig.responder.due

    # The way

    def to(self, place: str) -> "ScriptedVehicle":
        """Everything before ``place`` was said and answered well."""
        for name, step in self.way():
            if name == place:
                return self
            step()
        raise KeyError(place)

    def way(self) -> list[tuple[str, Callable[[], Any]]]:
        placing: list[tuple[str, Callable[[], Any]]] = []
        down: list[tuple[str, Callable[[], Any]]] = []
        up: list[tuple[str, Callable[[], Any]]] = []
        if self.pantograph:
            placing = [("VehiclePositioning", lambda: self.repeat(ask.positioning))]
            down = [("Connect", lambda: self.repeat(ask.connect))]
            up = [("Disconnect", lambda: self.repeat(ask.disconnect))]
        aligning: list[tuple[str, Callable[[], Any]]] = []
        if self.pad:
            placing = [
                ("FinePositioningSetup", lambda: self.say(ask.pad_setup())),
                ("FinePositioning", lambda: self.repeat(ask.fine_positioning)),
                ("Pairing", lambda: self.repeat(ask.pairing)),
            ]
            aligning = [("AlignmentCheck", lambda: self.repeat(ask.alignment))]
        common: list[tuple[str, Callable[[], Any]]] = [
            ("SessionSetup", lambda: self.say(ask.session_setup())),
            *placing,
            ("AuthorizationSetup", lambda: self.say(ask.authorization_setup())),
            ("Authorization", lambda: self.repeat(ask.authorization)),
            ("ServiceDiscovery", lambda: self.say(ask.service_discovery())),
            ("ServiceDetail", lambda: self.say(ask.service_detail(self.service))),
            (
                "ServiceSelection",
                lambda: self.say(ask.service_selection(self.service, self.parameters)),
            ),
            ("ChargeParameterDiscovery", self.discover),
            *aligning,
            ("ScheduleExchange", self.plan),
        ]
        direct = not (self.ac or self.pad)
        before = [("CableCheck", self._check), ("PreCharge", self._pre_charge)] if direct else []
        after = [("WeldingDetection", self._weld)] if direct else []
        return [
            *common,
            *down,
            *before,
            ("PowerDelivery", self.start),
            ("Loop", self.loop),
            ("Stop", self.stop),
            *after,
            *up,
            ("SessionStop", lambda: self.say(ask.session_stop())),
        ]

    def discover(self) -> Any:  # noqa: ANN401 - a message
        if self.pad:
            return self.say(ask.pad_discovery())
        make = ask.ac_discovery if self.ac else ask.dc_discovery
        return self.say(make(both_ways=self.both_ways))

    def plan(self) -> Any:  # noqa: ANN401 - a message
        self.schedules = self.repeat(ask.schedule)
        return self.schedules

    def _check(self) -> None:
        self.rig.plug.ready = True
        self.repeat(ask.cable_check)

    def _pre_charge(self) -> None:
        for _ in range(20):
            self.say(ask.pre_charge())
            self.run(50 * MS)
        self.say(ask.pre_charge(finished=True))
        self.rig.state.contactors_closed = True

    @property
    def first_tuple(self) -> Any:  # noqa: ANN401 - a message
        return self.schedules.scheduled_se_res_control_mode.schedule_tuple[0]

    def profile(self, power: float) -> Any:  # noqa: ANN401 - a message
        offered = self.first_tuple
        anchor = offered.charging_schedule.power_schedule.time_anchor
        return ask.profile(offered.schedule_tuple_id, power, anchor)

    def start(self, power: float = 3_000.0) -> Any:  # noqa: ANN401 - a message
        self.rig.plug.ready = True
        return self.say(ask.delivery(ask.STEP.START, self.profile(power)))

    def loop(self, *, meter: bool = False) -> Any:  # noqa: ANN401 - a message
        if self.pad:
            return self.say(ask.pad_loop(meter=meter))
        make = ask.ac_loop if self.ac else ask.dc_loop
        return self.say(make(meter=meter, both_ways=self.both_ways))

    def stop(self) -> Any:  # noqa: ANN401 - a message
        answer = self.say(ask.delivery(ask.STEP.STOP))
        self.rig.plug.ready = False
        self.rig.state.contactors_closed = False
        return answer

    def _weld(self) -> None:
        self.say(ask.welding())
        self.say(ask.welding(finished=True))
