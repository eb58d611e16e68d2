"""What the vehicle tolerates and how long it waits: named switches in two profiles."""

from dataclasses import dataclass, field, replace
from typing import Final

from bsw import exi
from bsw.chrgm.agreement import Tolerance
from bsw.chrgm.sequence.timing import Change, Timing
from bsw.os.clock import MS, S
from evcc.giving import Giving
from evcc.session.receiver import Receiver

OPEN_CURRENT: Final = 5.0
"""A: more than that is an opening under load."""


@dataclass(frozen=True, slots=True)
class VehicleProfile:
    tolerated: frozenset[Tolerance] = frozenset()
    reading: exi.Tolerance = exi.CONFORMANCE  # what the codec lets pass, each use with a note
    timing: Timing = field(default_factory=Timing)
    connect_again: int = 0  # how often, where nobody listens yet at the address that SDP named
    connect_pause: int = 200 * MS
    loop_pause: int = 100 * MS  # between a loop response and the next request
    ongoing_pause: int = 250 * MS  # between an Ongoing and asking again
    precharge_pause: int = 50 * MS
    precharge_window: float = 20.0  # V between inlet and battery
    precharge_stable: int = 500 * MS
    precharge_current: float = 1.0
    contactor_limit: int = 2 * S
    condition_limit: int = 30 * S
    ramp_up: float = 20.0  # A/s
    ramp_down: float = 100.0
    ramp_limit: int = 5 * S  # how long a normal stop may take to bring the current down
    low_current: float = 1.0
    open_current: float = OPEN_CURRENT  # A: above it contactors open only when the time is over
    fast_open_limit: int = 1 * S  # after a fault of messages or line
    emergency_open_limit: int = 200 * MS  # after a fault of the plug, the isolation, the station
    overvoltage: float = 1.05  # share of the maximum voltage
    overvoltage_time: int = 100 * MS
    welding_detection: bool = True
    welding_limit: int = 10 * S
    welding_contradiction: int = 3 * S  # one side live and the other dead, for so long
    welding_pause: int = 250 * MS
    safe_voltage: float = 60.0
    accept_no_imd: bool = True
    accept_isolation_warning: bool = True
    accept_missing_staple: bool = False  # one that is there has to hold
    lenient_chains: bool = False  # what PKIs in the field do and what harms nobody
    lab_station_without_power: bool = False  # its limits and voltages are not believed
    renegotiate_in_state_b: bool = True
    pause_from: int = 900  # seconds without power from which on the session is paused
    update_before: int = 86_400  # seconds before expiry at which a contract is updated
    schedule_entries: int = 24
    # ISO 15118-20 from here
    supporting_points: int = 1024  # MaximumSupportingPoints: entries of a schedule that we take
    prefers_dynamic: bool = False  # the station says how much, where it offers that
    prefers_needs_of_station: bool = False  # the station may say when and how full
    meter_info_each: int = 10 * S  # how often the loop asks for a meter reading
    meets_after_selection: bool = False  # the device, and not right after the session set-up
    giving: Giving = field(default_factory=Giving)  # whom energy is given to
    receiver: Receiver = field(default_factory=Receiver)  # of wireless energy
    positions_itself: bool = False  # EVPositioningSupport: the vehicle steers to its place
    parking: str = ""  # check-in or check-out at the parking place, where it is offered
    pauses_in_dynamic: bool = False  # only the station may pause there [V2G20-1195]


CONFORMANCE: Final = VehicleProfile()

FIELD: Final = VehicleProfile(
    tolerated=frozenset(
        {Tolerance.STOP_BEFORE_LOOP, Tolerance.SKIP_RECEIPT, Tolerance.RECEIPT_OF_LAST_METER}
    ),
    reading=exi.FIELD,
    timing=Timing(
        exchanges={
            "CurrentDemand": Change(answer=2 * S),
            "PowerDelivery": Change(answer=6 * S),
            "ChargeParameterDiscovery": Change(answer=6 * S),
            "PreCharge": Change(chain=30 * S),
            "Authorization": Change(chain=180 * S),
            "ContractAuthentication": Change(chain=180 * S),
            "AC_ChargeParameterDiscovery": Change(answer=6 * S),
            "DC_ChargeParameterDiscovery": Change(answer=6 * S),
            "ScheduleExchange": Change(answer=6 * S),
            "DC_PreCharge": Change(chain=30 * S),
            "AC_ChargeLoop": Change(answer=2 * S),
            "DC_ChargeLoop": Change(answer=2 * S),
        }
    ),
    accept_missing_staple=True,
    lenient_chains=True,
    connect_again=3,
)

LAB: Final = replace(FIELD, lab_station_without_power=True)
"""For stations that simulate messages without a voltage behind them; never in a car."""

PROFILES: Final = {"conformance": CONFORMANCE, "field": FIELD, "lab": LAB}


def profile_of(
    name: str,
    loop_pause: int | None,
    *,
    prefers_dynamic: bool = False,
    prefers_needs_of_station: bool = False,
    meets_after_selection: bool = False,
    parking: str = "",
) -> VehicleProfile:
    """By its name; ``loop_pause`` as configured, if it is, and what the vehicle prefers."""
    profile = PROFILES[name]
    if prefers_dynamic or prefers_needs_of_station or meets_after_selection or parking:
        profile = replace(
            profile,
            prefers_dynamic=prefers_dynamic,
            prefers_needs_of_station=prefers_needs_of_station,
            meets_after_selection=meets_after_selection,
            parking=parking,
        )
    return profile if loop_pause is None else replace(profile, loop_pause=loop_pause)
