"""A scripted vehicle in ISO 15118-20: its way through a session, whatever stands before it.

``ScriptedVehicle`` stands before our own engine, with real octets and in virtual time;
``outside.WireVehicle`` before a station behind a real interface.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.iso20.parameters import CONTROL_MODE, DYNAMIC, SCHEDULED, read
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.model import Message
from bsw.chrgm.modes import Approach
from bsw.chrgm.record import NO_SESSION, Heard, Said, code_of, refused
from bsw.chrgm.services import energy_by_word
from bsw.os.clock import MS, S
from secc.session.memory import Memory
from secc.session.profile import CONFORMANCE, StationProfile
from tools.bench.world.direct import Rig
from tools.conformance.bench import NotReached
from tools.conformance.judge import require
from tools.conformance.newer import requests as ask
from tools.conformance.newer.setup import AC_MODE, application_of

if TYPE_CHECKING:
    from typing_extensions import Self

PATIENCE: Final = 5 * S
ONGOING: Final = 60 * S
"""So long an exchange may stay ongoing."""
RAMP: Final = 10 * S
NEARLY: Final = 20.0
"""Volts from the target at which the voltage is there."""
NEAR: Final = 200 * MS
"""So near to its limit a silence is looked at from inside."""
MODES: Final = {"scheduled": SCHEDULED, "dynamic": DYNAMIC}
"""ControlMode as a parameter of a service."""


def parameter_set(detail: common.ServiceDetailRes, control: str) -> int:
    """The first set of a ServiceDetailRes for this control mode."""
    for one in detail.service_parameter_list.parameter_set:
        if read(one).parameters.get(CONTROL_MODE, SCHEDULED) == MODES[control]:
            return int(one.parameter_set_id)
    raise NotReached(f"the station offers no {control} control mode")


def profile_for(offered: common.ScheduleTuple, power: float) -> common.EVPowerProfile:
    """Of a schedule tuple that was offered."""
    anchor = offered.charging_schedule.power_schedule.time_anchor
    return ask.profile(offered.schedule_tuple_id, power, anchor)


class NewerVehicle(ABC):
    """``to`` walks with valid content up to the place where a request is due."""

    def __init__(self, service: str, control: str) -> None:
        record = energy_by_word("iso20")[service]
        self.service = record.number
        self.control = control
        self.ac = record.mode.ac
        self.both_ways = record.mode.discharges
        self.pantograph = record.mode.approach is Approach.PANTOGRAPH
        self.pad = record.mode.approach is Approach.PAD
        self.session = NO_SESSION
        self.detail: Any = None
        self.walking = ""
        """The place it is on its way to."""

    # What stands before it

    @property
    @abstractmethod
    def now(self) -> int: ...
    @property
    @abstractmethod
    def allowed(self) -> tuple[str, ...]:
        """The exchanges that are due, by the table."""

    @property
    @abstractmethod
    def energised(self) -> bool | None:
        """Whether energy flows; ``None`` where nobody sees it."""

    @abstractmethod
    def run(self, duration: int) -> None: ...
    @abstractmethod
    def ask(self, body: Message, stream: int | None) -> Heard | None:
        """The answer with its header, ``None`` if none comes."""

    @abstractmethod
    def ready(self, *, ready: bool) -> None:
        """State C or D, or B."""

    @abstractmethod
    def contactors(self, *, closed: bool) -> None:
        """The vehicle's own."""

    @abstractmethod
    def ended(self, *endings: Ending) -> None:
        """The session is over, for one of these reasons; ``Deviation`` if not."""

    @abstractmethod
    def silence_ends(self, limit: int, ending: Ending) -> None:
        """Nothing is said, and the session ends when the limit has passed, not before."""

    @abstractmethod
    def again(self) -> "NewerVehicle":
        """The same vehicle comes back after a pause."""

    def pay(self) -> None:  # noqa: B027 - beside our own engine he comes by himself
        """The station waits for its customer."""

    @abstractmethod
    def unseen(self, what: str) -> None:
        """It could not be looked at from here."""

    def still(self) -> None:
        """No energy flows any more."""
        energised = self.energised
        if energised is None:
            self.unseen("whether energy flows on")
        else:
            require(not energised, "energy flows on")

    # What it says

    def say(self, body: Message, stream: int | None = None) -> Any:  # noqa: ANN401 - a message
        """The answer, ``None`` if none comes."""
        answer = self.ask(body, stream)
        if self.walking:
            self._came_along(type(body).__name__, answer)
        if answer is None:
            return None
        if type(body).__name__ == "SessionSetupReq":
            self.session = answer.session_id
        if type(answer.body).__name__ == "ServiceDetailRes":
            self.detail = answer.body
        return answer.body

    def _came_along(self, name: str, answer: Heard | None) -> None:
        code = "nothing" if answer is None else code_of(answer.body)
        if answer is None or refused(code):
            raise NotReached(f"before {self.walking}: {name} answered with {code}")

    def repeat(self, make: Callable[[], Message]) -> Any:  # noqa: ANN401 - a message
        """Until the answer is Finished, or refused."""
        since = self.now
        while self.now - since <= ONGOING:
            answer = self.say(make())
            processing = getattr(answer, "evse_processing", None)
            if processing is None or processing.value == "Finished":
                return answer
            if make is ask.authorization:
                self.pay()
            self.run(100 * MS)
        raise NotReached(f"{make.__name__} stays ongoing")

    # The way

    def to(self, place: str) -> "Self":
        """Everything before ``place`` was said and answered well."""
        self.walking = place
        for name, step in self.way():
            if name == place:
                self.walking = ""
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
        first: list[tuple[str, Callable[[], Any]]] = [
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
            *first,
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

    @property
    def parameters(self) -> int:
        """The parameter set of its control mode."""
        return parameter_set(self.detail, self.control)

    def _check(self) -> None:
        self.ready(ready=True)
        self.repeat(ask.cable_check)

    def _pre_charge(self) -> None:
        since, there = self.now, False
        while not there and self.now - since <= RAMP:
            volts = self.say(ask.pre_charge()).evse_present_voltage.si()
            there = abs(volts - ask.VOLTS) <= NEARLY
            self.run(50 * MS)
        self.say(ask.pre_charge(finished=True))
        self.contactors(closed=True)

    @property
    def first_tuple(self) -> common.ScheduleTuple:
        mode: common.ScheduledSEResControlMode = self.schedules.scheduled_se_res_control_mode
        return mode.schedule_tuple[0]

    def profile(self, power: float) -> common.EVPowerProfile:
        return profile_for(self.first_tuple, power)

    def start(self, power: float = 3_000.0) -> Any:  # noqa: ANN401 - a message
        self.ready(ready=True)
        return self.say(ask.delivery(ask.STEP.START, self.profile(power)))

    def loop(self, *, meter: bool = False) -> Any:  # noqa: ANN401 - a message
        if self.pad:
            return self.say(ask.pad_loop(meter=meter))
        make = ask.ac_loop if self.ac else ask.dc_loop
        return self.say(make(meter=meter, both_ways=self.both_ways))

    def stop(self) -> Any:  # noqa: ANN401 - a message
        answer = self.say(ask.delivery(ask.STEP.STOP))
        self.ready(ready=False)
        self.contactors(closed=False)
        return answer

    def _weld(self) -> None:
        self.say(ask.welding())
        self.say(ask.welding(finished=True))


class ScriptedVehicle(NewerVehicle):
    """Before our station's engine; what it is made of is in ``rig``."""

    def __init__(
        self,
        service: str = "DC",
        *,
        profile: StationProfile = CONFORMANCE,
        memory: Memory | None = None,
        leaf: bytes = b"tester",
        contactor: bool = True,
        control: str = "scheduled",
    ) -> None:
        super().__init__(service, control)
        self._word = service
        self._memory = memory or Memory()
        self._leaf = leaf
        mode = AC_MODE if service == "AC" else service
        self.rig = rig = Rig(
            application_of(service),
            mode=mode,
            secure=True,
            station_profile=profile,
            station_memory=self._memory,
        )
        rig.station.vehicle_leaf = leaf
        rig.lose = lambda side, _heard: side == "station"  # nobody but the tester hears it
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
    def allowed(self) -> tuple[str, ...]:
        return self.rig.responder.due

    @property
    def energised(self) -> bool:
        return self.rig.electronics.current > 0 or self.rig.charger.state.ac_contactor_closed

    def run(self, duration: int) -> None:
        deadline = self.now + duration
        while self.now < deadline:
            self.rig.scheduler.run(deadline)

    def ask(self, body: Message, stream: int | None) -> Heard | None:
        rig = self.rig
        known = len(rig.said)
        dialect = rig.dialect
        heard = dialect.decode(*dialect.encode(self.session, Said(body, payload_type=stream)))
        rig.responder.received(heard)
        deadline = self.now + PATIENCE
        while len(rig.said) == known and self.now < deadline and self.result is None:
            self.run(5 * MS)
        return None if len(rig.said) == known else rig.said[-1][2]

    def ready(self, *, ready: bool) -> None:
        self.rig.plug.ready = ready

    def contactors(self, *, closed: bool) -> None:
        self.rig.state.contactors_closed = closed

    def ended(self, *endings: Ending) -> None:
        result = self.result
        require(result is not None and result.ending in endings, f"ended with {result}")

    def silence_ends(self, limit: int, ending: Ending) -> None:
        self.run(limit - NEAR)
        require(self.result is None, f"ended before {limit / S:.1f} s")
        self.run(2 * NEAR)
        self.ended(ending)

    def again(self) -> "ScriptedVehicle":
        made = ScriptedVehicle(self._word, memory=self._memory, leaf=self._leaf)
        made.session = self.session
        return made

    def unseen(self, what: str) -> None:
        raise AssertionError(f"everything is seen from inside: {what}")
