"""What the station tolerates and how long it waits: named switches in two profiles.

``conformance`` is the letter of the norms; ``field`` accepts what real cars are known to do.
Every deviation is a switch of its own, so an integrator can mix.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from bsw import exi
from bsw.chrgm.agreement import Tolerance
from bsw.chrgm.sequence.timing import Change, Timing
from bsw.os.clock import MS, S

SETUP_SPAN: Final = "communication set-up"
SETUP_TIME: Final = 18 * S


@dataclass(frozen=True, slots=True)
class StationProfile:
    tolerated: frozenset[Tolerance] = frozenset()
    reading: exi.Tolerance = exi.CONFORMANCE  # what the codec lets pass, each use with a note
    timing: Timing = field(default_factory=Timing)
    demand_pilot_states: bool = True  # C/D before CableCheck, B before Welding and SessionStop
    pilot_wait_din: int = 1500 * MS
    pilot_wait: int = 250 * MS
    contactor_wait: int = 3 * S
    profile_tolerance: float = 0.0  # share by which a charging profile may exceed PMax
    clamp_precharge: bool = False  # bring an impossible pre-charge target into range
    no_energy_delay: int = 300 * S  # how long a vehicle is sent away where there is no power
    lenient_chains: bool = False  # what PKIs in the field do and what harms nobody
    # ISO 15118-20 from here
    violation_warned: int = 3 * S  # more than the vehicle's power profile, so long
    violation_ends: int | None = 30 * S  # and so long; None: warned only
    three_phase_connectors: tuple[int, ...] = (3, 2)  # a set for each: both are in the field
    levels_without_prices: bool = (
        False  # a schedule without prices has one price level all the same
    )
    namespace_settles_service: bool = True  # otherwise the amendment's reading: any service
    negative_discharge: bool = False  # the sign of discharge limits that go out
    service_renegotiation: bool = True
    meets_after_selection: bool = False  # the device, and not right after the session set-up
    standby: bool = True
    standbys: int = 20  # in a session; in AC each costs the contactor another closing
    contactor_wait_iso20: int = 1400 * MS  # its answer is due after 1.5 s
    pause_delay: int = 60 * S  # how soon a pause has to be there in dynamic mode
    pause_delay_scheduled: int = 0  # the same in scheduled mode; the amendment has 60 s for both
    vehicle_pauses_in_dynamic: bool = False  # though only the station may [V2G20-1195]
    lab_resume_without_certificate: bool = False  # nothing binds such a pause to its vehicle
    setup_stops_discovery: bool = True  # the set-up time begins with the link, and its end closes
    # discovery and listeners; otherwise it begins with each connection

    @property
    def setup_within(self) -> int:
        """V2G_SECC_CommunicationSetup_Performance_Time, up to SessionSetupRes."""
        return self.timing.spans.get(SETUP_SPAN, SETUP_TIME)

    def with_setup(self, within: int) -> "StationProfile":
        spans = {**self.timing.spans, SETUP_SPAN: within}
        return replace(self, timing=replace(self.timing, spans=spans))


CONFORMANCE: Final = StationProfile()

FIELD: Final = StationProfile(
    tolerated=frozenset(
        {
            Tolerance.AUTHORIZATION_AGAIN,
            Tolerance.STOP_IN_LOOP,
            Tolerance.STOP_BEFORE_LOOP,
            Tolerance.DISCOVERY_AGAIN,
            Tolerance.SKIP_RECEIPT,
            Tolerance.DIRECT_RENEGOTIATION,
            Tolerance.STOP_CONNECTED,
        }
    ),
    reading=exi.FIELD,
    timing=Timing(
        exchanges={
            "Authorization": Change(chain_perform=300 * S),
            "ContractAuthentication": Change(chain_perform=300 * S),
            "AC_ChargeLoop": Change(next_request=60 * S),
            "DC_ChargeLoop": Change(next_request=60 * S),
        },
        spans={SETUP_SPAN: 60 * S},
    ),
    pilot_wait=1500 * MS,
    profile_tolerance=0.02,
    violation_ends=None,
    clamp_precharge=True,
    levels_without_prices=True,
    vehicle_pauses_in_dynamic=True,
    setup_stops_discovery=False,
    lenient_chains=True,
)

PROFILES: Final = {"conformance": CONFORMANCE, "field": FIELD}
