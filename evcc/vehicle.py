"""The vehicle as a charging session sees it: what it says, what it is asked to do.

Plain SI values.  Where they come from - CAN, the EV interface, the bench - is not known here.  A
value that is not there, or too old to be believed, is ``None``: nobody downstream guesses.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from evcc.plan import NOTHING_OFFERED, Offered


class Intent(Enum):
    """What the vehicle side wants of the session."""

    CHARGE = "charge"
    STOP = "stop"
    PAUSE = "pause"


@dataclass(slots=True)
class VehicleState:
    """Present values.  Optional protocol elements are left out where these are ``None``."""

    # consent and readiness
    permission: bool = False
    intent: Intent = Intent.CHARGE
    ending: bool = False
    """The ECU itself comes to its end, or was told to stop: whatever the vehicle says, stop."""
    renegotiate: bool = False
    ready: bool = True
    error: str = "NO_ERROR"
    mode: str = "DC_extended"
    prefer_contract: bool = True
    install_contract: bool = False  # ask for a contract even if there is one; -2 only
    # state of charge and wishes
    soc: float | None = None
    full_soc: float | None = None
    bulk_soc: float | None = None
    energy_capacity: float | None = None
    energy_request: float | None = None
    departure: int | None = None  # seconds from now
    remaining_to_full: float | None = None
    remaining_to_bulk: float | None = None
    charging_complete: bool = False
    bulk_complete: bool | None = None
    # limits and set points, DC
    max_current: float | None = None
    max_voltage: float | None = None
    max_power: float | None = None
    target_voltage: float | None = None
    target_current: float | None = None
    # limits, AC
    ac_max_voltage: float | None = None
    ac_max_current: float | None = None
    ac_min_current: float | None = None
    # measurements and feedback
    battery_voltage: float | None = None
    inlet_voltage: float | None = None
    battery_current: float | None = None
    contactors_closed: bool | None = None
    locked: bool | None = None
    isolation_monitor_active: bool | None = None
    cable_current: float | None = None  # ampacity by the proximity pilot
    derating: float = 1.0  # inlet temperature: share of the current that may flow
    cabin_conditioning: bool | None = None
    battery_conditioning: bool | None = None


@dataclass(slots=True)
class StationView:
    """What the station told, for the vehicle to see.  ``None``: not told yet, or withdrawn."""

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
        """How much the on-board charger may draw per phase; zero is the safe state."""

    def view_changed(self, view: StationView) -> None: ...


class Pilot(Protocol):
    """The control pilot as the vehicle drives and measures it."""

    @property
    def state(self) -> str:
        """One letter, ``A`` to ``F``, as measured."""

    def set_ready(self, *, ready: bool) -> None:
        """State C (or D) when ready, B when not."""
