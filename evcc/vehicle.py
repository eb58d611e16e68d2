"""The vehicle as a charging session sees it: what it says, what it is asked to do.

Plain SI values.  Where they come from - CAN, the EV interface, the bench - is not known here,
only by which role a bus would bring them and who counts when two speak of one.  A value that is
not there, or too old to be believed, is ``None``: nobody downstream guesses.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Protocol

from evcc.plan import NOTHING_OFFERED, Offered
from evcc.rules import (
    FAULT,
    NO_ERROR,
    PERMISSION,
    WISH,
    Declared,
    Rule,
    by,
    declared,
    floor,
    limit,
    measured,
    permitted,
    wished,
)

if TYPE_CHECKING:
    from typing_extensions import Self


class Intent(Enum):
    """What the vehicle side wants of the session."""

    CHARGE = "charge"
    STOP = "stop"
    PAUSE = "pause"


STRENGTH: Final = (Intent.CHARGE, Intent.PAUSE, Intent.STOP)
STOP: Final = Rule("stop", lambda *told: max(told, key=STRENGTH.index))


class Moment:
    """Values of one moment, of which those of another are made.  For frozen ones without slots."""

    def but(self, **changes: Any) -> "Self":  # noqa: ANN401 - values of any type
        """With other values: what ``replace`` does, at a tenth of its cost.

        Each frame that says something new makes one, and so does each answer of a station.  Where
        nothing is another value, it is the same object: who looks by identity finds nothing new.
        """
        here = self.__dict__
        assert changes.keys() <= here.keys(), f"no values: {changes.keys() - here.keys()}"
        for name, value in changes.items():
            if here[name] != value:
                break
        else:
            return self
        other = object.__new__(type(self))
        object.__setattr__(other, "__dict__", here | changes)
        return other


@dataclass(frozen=True, kw_only=True)
class VehicleValues(Moment):
    """What holds at one moment.  Optional protocol elements are left out where it is ``None``.

    Flat, because a message takes its values from several groups and nobody takes a group whole;
    what belongs together is told by the rule, which is declared with each value.
    """

    # consent and readiness
    permission: bool = by(PERMISSION, default=False)
    intent: Intent = by(STOP, Intent.CHARGE, lasting=False)  # noqa: RUF009 - declares, as above
    ready: bool = measured(default=True)
    error: str = by(FAULT, NO_ERROR)
    mode: str = by(WISH, "DC_extended", lasting=False)
    prefer_contract: bool = wished(default=True)
    standby: bool = wished(default=False)  # no energy for a while, but the session goes on
    # state of charge and wishes
    soc: float | None = measured("soc")
    full_soc: float | None = wished("full_soc")
    bulk_soc: float | None = wished("bulk_soc")
    energy_capacity: float | None = wished("energy_capacity", lasting=True)
    energy_request: float | None = wished("energy_request")
    departure: int | None = wished("departure_time")  # seconds from now
    # Wh as energy management wants them, else they follow from the battery; below zero: to give
    target_energy: float | None = wished("target_energy_request")
    most_energy: float | None = wished("max_energy_request")
    least_energy: float | None = wished("min_energy_request")
    most_cycled: float | None = wished("max_v2x_energy_request")
    least_cycled: float | None = wished("min_v2x_energy_request")
    minimum_soc: float | None = wished("minimum_soc")  # as soon as possible, whatever it costs
    remaining_to_full: float | None = measured("remaining_time_to_full_soc")
    remaining_to_bulk: float | None = measured("remaining_time_to_bulk_soc")
    charging_complete: bool = measured(default=False)
    bulk_complete: bool | None = measured("bulk_charging_complete")
    # limits and set points, DC
    max_current: float | None = limit("max_current_limit")
    max_voltage: float | None = limit("max_voltage_limit")
    max_power: float | None = limit("max_power_limit")
    target_voltage: float | None = limit("target_voltage")
    target_current: float | None = limit("target_current")
    # out of the battery, as magnitudes
    discharge_permission: bool | None = permitted("discharge_permission")
    discharge_max_current: float | None = limit("discharge_max_current_limit")
    discharge_max_power: float | None = limit("discharge_max_power_limit")
    discharge_min_soc: float | None = floor("discharge_minimal_soc")
    discharge_wanted: float | None = wished("discharge_target_current")  # A to give now
    # limits, AC
    ac_max_voltage: float | None = limit("ac_max_voltage")
    ac_max_current: float | None = limit("ac_max_current")
    ac_min_current: float | None = floor("ac_min_current")
    # W: of the first line, or in total where no other line is told; out of it as magnitudes
    ac_max_power: float | None = limit("max_charge_power")
    ac_max_power_l2: float | None = limit("max_charge_power_l2")
    ac_max_power_l3: float | None = limit("max_charge_power_l3")
    ac_max_back: float | None = limit("max_discharge_power")
    ac_max_back_l2: float | None = limit("max_discharge_power_l2")
    ac_max_back_l3: float | None = limit("max_discharge_power_l3")
    ac_active: float | None = measured("present_active_power")
    ac_active_l2: float | None = measured("present_active_power_l2")
    ac_active_l3: float | None = measured("present_active_power_l3")
    # measurements and feedback
    battery_voltage: float | None = measured("link_voltage")
    inlet_voltage: float | None = measured("contactor_voltage")
    battery_current: float | None = measured("present_current")
    contactors_closed: bool | None = measured()
    locked: bool | None = measured()
    pad_code: int | None = measured()  # what the receiver observes of the pad below
    pad_power: float | None = measured()  # W that it gets in the alignment check
    immobilized: bool | None = measured("immobilized")
    isolation_monitor_active: bool | None = measured("isolation_monitoring_active")
    cable_current: float | None = limit("cable_current_limit")  # by the proximity pilot
    derating: float = limit(default=1.0)  # inlet temperature: share of the current that may flow
    cabin_conditioning: bool | None = measured("cabin_conditioning")
    battery_conditioning: bool | None = measured("ress_conditioning")


DECLARED: Final[dict[str, Declared]] = declared(VehicleValues)
NOTHING_SAID: Final = VehicleValues()


class Bars(Protocol):
    @property
    def barred(self) -> bool:
        """A fault of ours stands: nothing may be charged."""


class Holds(Bars, Protocol):
    """What the ECU itself holds back, whoever tells it the values."""

    @property
    def withheld(self) -> bool:
        """No permission, without a fault."""

    @property
    def share(self) -> float:
        """At most so much of the current."""


class Values(Protocol):
    """Where the values are read.  What holds later is another object."""

    @property
    def now(self) -> VehicleValues: ...


class OwnValues(Values, Protocol):
    """The same, for whoever has a will of its own about them."""

    def want(self, *, intent: Intent, contracts: bool, running: bool) -> None:
        """What the ECU itself wants, whether it would pay by contract, and whether a session
        runs, whose mode stays the one that was agreed.  Tells nobody.
        """


class Once:
    """Something asked for once: an event that waits for whoever does it."""

    __slots__ = ("_level", "asked")

    def __init__(self) -> None:
        self.asked = False
        self._level = False

    def ask(self) -> None:
        self.asked = True

    def done(self) -> None:
        """Or no longer wanted."""
        self.asked = False

    def follow(self, *, level: bool) -> None:
        """A signal that stays: its rise asks, its fall takes back."""
        if level is not self._level:
            self._level = self.asked = level


@dataclass(frozen=True, slots=True)
class Asked:
    """What the vehicle side asks for once, from wherever."""

    renegotiation: Once = field(default_factory=Once)
    contract: Once = field(default_factory=Once)  # a new one, even if there is one; -2 only


@dataclass(frozen=True, kw_only=True)
class StationView(Moment):
    """What the station told, for the vehicle to see.  ``None``: not told yet, or withdrawn.

    As it was at one moment: an answer that tells something new makes another one.
    """

    protocol: str = ""
    phase: str = ""
    evse_id: str = ""
    offered_modes: tuple[str, ...] = ()
    payment: str = ""
    processing: str = ""
    authorization: str = ""  # the same of the authorization alone
    notification: str = "None"
    notification_delay: int = 0
    status_code: str = ""
    isolation: str = ""
    rcd: bool = False
    max_current: float | None = None
    max_voltage: float | None = None
    max_power: float | None = None
    min_current: float | None = None
    min_voltage: float | None = None
    tolerance: float | None = None
    ripple: float | None = None
    energy_to_deliver: float | None = None
    nominal_voltage: float | None = None
    present_voltage: float | None = None
    present_current: float | None = None
    current_limit_achieved: bool = False
    voltage_limit_achieved: bool = False
    power_limit_achieved: bool = False
    offered: Offered = NOTHING_OFFERED
    schedule_power: float | None = None  # what we take of what is offered
    schedule_remaining: int | None = None
    next_power: float | None = None
    meter_id: str = ""
    meter_reading: int | None = None
    meter_time: int | None = None
    receipt_required: bool | None = None
    evse_time: int | None = None
    offered_payments: tuple[str, ...] = ()
    schedule_tuple: int | None = None
    session_id: str = ""
    service: str = ""  # the energy service of ISO 15118-20
    max_discharge_current: float | None = None  # A that the station takes back, as a magnitude
    max_discharge_power: float | None = None
    control_mode: str = ""  # scheduled or dynamic
    in_place: bool | None = None  # under the pantograph, or over the pad
    along: int | None = None  # mm from there
    across: int | None = None
    pad_issue: str = ""  # what the pad detects, by its word in ISO 15118-20
    device: str = ""  # Home, Moving or EndPosition
    wanted_departure: int | None = None  # by the station, seconds from then, in dynamic control
    wanted_minimum_soc: int | None = None
    wanted_target_soc: int | None = None
    target_power: float | None = None  # W that the station sets, below zero for discharge
    target_lines: tuple[float, ...] = ()  # the same by line, where the station names them
    meter_discharged: int | None = None  # Wh out of the vehicle


NOTHING_TOLD: Final = StationView()


class Actuators(Protocol):
    """What the session asks the vehicle to do.  Idempotent: asked as often as it likes."""

    def request_contactors(self, *, closed: bool) -> None: ...
    def request_lock(self, *, locked: bool) -> None: ...
    def request_isolation_monitor(self, *, active: bool) -> None: ...
    def request_current(self, amps: float) -> None:
        """The current the session asks of the station now; zero is the safe state."""

    def allow_dc_current(self, amps: float) -> None:
        """How much the battery may ask for; zero is the safe state."""

    def allow_ac_current(self, amps: float) -> None:
        """How much the on-board charger may draw per phase; below zero it shall give so much.

        Zero is the safe state.
        """

    def view_changed(self, view: StationView) -> None: ...


class Pilot(Protocol):
    """The control pilot as the vehicle drives and measures it."""

    @property
    def state(self) -> str:
        """One letter, ``A`` to ``F``, as measured."""

    @property
    def limit(self) -> float | None:
        """Ampere that the duty cycle allows beside all words; none where it says nothing."""

    def set_ready(self, *, ready: bool) -> None:
        """State C (or D) when ready, B when not."""
