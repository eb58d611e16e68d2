"""Sessions of ISO 15118-20 with faults by seed: every service, either control mode.

``verdict(seed)`` plays one and says what was promised and did not hold; the same seed is the same
session.  ``python -m tests.iso20.campaign 0 10000`` plays many.
"""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bsw.chrgm.modes import Approach, mode_of
from bsw.chrgm.record import Heard
from bsw.os.clock import MS, S
from evcc.plan import Choice, Entry
from evcc.session.profile import CONFORMANCE
from secc.api.devices import PadIssue, PantographPosition
from secc.api.objects import AcEvseMaximumPower, AcTargetValues, Power
from secc.power.lane import Lane
from tests.session.test_fault_campaign import FAULTS, RATINGS, Campaign, broken_promises
from tools.bench.world.device_faults import DEVICE_FAULTS
from tools.bench.world.direct import Rig

CASES = (
    ("iso20-dc", "DC"),
    ("iso20-dc", "DC_BPT"),
    ("iso20-dc", "MCS"),
    ("iso20-dc", "MCS_BPT"),
    ("iso20-ac", "AC_single_phase_core"),
    ("iso20-ac", "AC_three_phase_core"),
    ("iso20-ac", "AC_BPT"),
    ("iso20-acdp", "DC_ACDP"),
    ("iso20-acdp", "DC_ACDP_BPT"),
    ("iso20-wpt", "WPT"),
)
BOTH_WAYS = replace(RATINGS, back_current=40.0, back_power=15_000.0)
GIVEN_UP = 1 * S
"""After the permission is withdrawn nothing flows out of the battery any more."""
FLOWS = 0.5
"""A: less is nothing."""
MET_AFTER = {Approach.PLUG: 0, Approach.PANTOGRAPH: 5 * S, Approach.PAD: 2 * S}
"""How much later the loop begins where a device has to meet the vehicle first."""
CONTACTOR = 100 * MS
"""What a contactor may take to open, and the look at it."""
OBJECTS = {PadIssue.FOREIGN_OBJECT, PadIssue.LIVING_OBJECT}


@dataclass
class Newer(Campaign):
    """One session of ISO 15118-20."""

    forbidden_since: int | None = None
    object_since: int | None = None
    dynamic: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        every = self.rig.scheduler.every
        if self.mode.endswith("BPT"):
            self._give()
            every(50 * MS, self._watch_giving, name="watch")
        if self.approach is not Approach.PLUG:
            every(50 * MS, self._watch_device, name="watch")

    def _possible(self) -> dict[str, Callable[[Any], None]]:
        met = self.approach is not Approach.PLUG
        return FAULTS | NEWER_FAULTS | (DEVICES_FAIL if met else {})

    def _begins(self) -> int:
        return MET_AFTER[self.approach]

    def _bound(self) -> int:
        """A vehicle may take ten minutes to its place."""
        return super()._bound() + (0 if self.approach is Approach.PLUG else 600 * S)

    @property
    def approach(self) -> Approach:
        return mode_of(self.mode).approach

    @property
    def device(self) -> Lane:
        return self.rig.pad if self.approach is Approach.PAD else self.rig.pantograph

    def _begin(self) -> Rig:
        self.protocol, self.mode = self.chance.choice(CASES)
        self.dynamic = self.chance.random() < 0.5
        needs = self.dynamic and self.chance.random() < 0.5
        ac_both = self.mode == "AC_BPT"
        rig = Rig(
            self.protocol,
            mode=self.mode,
            secure=True,
            offered=("AC_three_phase_core", "AC_BPT") if ac_both else (),
            vehicle_profile=replace(
                CONFORMANCE, prefers_dynamic=self.dynamic, prefers_needs_of_station=needs
            ),
            ratings=BOTH_WAYS,
            seed=self.seed,
        )
        rig.station.vehicle_leaf, rig.car.station_leaf = b"vehicle", b"station"
        return rig

    def _give(self) -> None:
        """Half of the time energy flows out of the battery."""
        rig = self.rig
        rig.charger.update_ac_maximum_limits(
            maximum_limits=AcEvseMaximumPower(
                charge_power=Power(total=22_000.0), discharge_power=Power(total=11_000.0)
            )
        )
        rig.state.put(
            discharge_permission=True,
            discharge_max_current=30.0,
            discharge_max_power=10_000.0,
            discharge_min_soc=20.0,
            ac_max_back=9_000.0,
        )
        out = Choice(1, (Entry(0, -6_000.0),), 0.0, 0.0)
        if self.chance.random() < 0.5 and not self.dynamic:
            rig.at(7 * S + self._begins(), lambda: rig.car.adopt(out))

    def _watch(self, heard: Heard) -> None:
        control = getattr(heard.body, "cl_req_control_mode", None)
        asked = getattr(control, "ev_target_current", None)
        if asked is None or self.limit is None:
            return
        known = min(self.limit, self.rig.state.max_current or self.limit)
        if asked.si() > known + 0.1:
            self.excess.append(f"{asked.si():g} A, {known:g} are allowed")

    def _told_limit(self, heard: Heard) -> float | None:
        for name in ("dc_cpd_res_energy_transfer_mode", "cl_res_control_mode"):
            mode = getattr(heard.body, name, None)
            limit = getattr(mode, "evse_maximum_charge_current", None)
            if limit is not None:
                return float(limit.si())
        return None

    def _watch_giving(self) -> None:
        rig, now = self.rig, self.rig.scheduler.now
        if rig.state.discharge_permission is True and rig.state.permission:
            return
        if self.forbidden_since is None:
            self.forbidden_since = now
        amps = min(rig.electronics.current, rig.pack.ac_allowed)
        if amps < -FLOWS and now - self.forbidden_since > GIVEN_UP:
            self.excess.append(f"{amps:g} A out of the battery without permission")

    def _watch_device(self) -> None:
        """No power over an object, and no current through a pantograph that is not down."""
        rig = self.rig
        now = rig.scheduler.now
        if rig.pad.issue not in OBJECTS or not rig.charger.state.ac_contactor_closed:
            self.object_since = None
        elif self.object_since is None:
            self.object_since = now
        elif now - self.object_since > CONTACTOR:
            self.excess.append(f"power on over a {rig.pad.issue.value}")
        down = rig.pantograph.position is PantographPosition.END_POSITION
        if self.approach is Approach.PANTOGRAPH and not down and abs(rig.electronics.current) > 0:
            self.excess.append(f"{rig.electronics.current:g} A through the air")


# What can go wrong besides


def discharge_forbidden(campaign: Newer) -> None:
    campaign.rig.state.discharge_permission = False


def station_pauses(campaign: Newer) -> None:
    campaign.rig.charger.pause_charging(pause=True)


def other_service(campaign: Newer) -> None:
    campaign.rig.charger.renegotiate_service()


def standby(campaign: Newer) -> None:
    rig, lasts = campaign.rig, campaign.chance.randrange(1, 5) * S
    rig.state.standby = True
    rig.scheduler.after(lasts, lambda: setattr(rig.state, "standby", False), name="standby")


def schedules_late(campaign: Newer) -> None:
    """The back end thinks, for a while or for ever."""
    rig = campaign.rig
    rig.station.schedules.ready = False
    if campaign.chance.random() < 0.7:
        lasts = campaign.chance.randrange(1, 70) * S
        ready = rig.station.schedules
        rig.scheduler.after(lasts, lambda: setattr(ready, "ready", True), name="schedules")


def other_target(campaign: Newer) -> None:
    watts = campaign.chance.choice((-50_000.0, -4_000.0, 0.0, 4_000.0, 50_000.0))
    campaign.rig.charger.update_ac_target_values(
        target_values=AcTargetValues(target_active_power=Power(total=watts))
    )


def wanted_out(campaign: Newer) -> None:
    campaign.rig.state.discharge_wanted = campaign.chance.choice((0.0, 5.0, 500.0))


def device_fails(campaign: Newer) -> None:
    """For a while or for ever."""
    rig, device = campaign.rig, campaign.device
    fault = DEVICE_FAULTS[campaign.chance.choice(DEVICES_FAULTS[campaign.approach])]
    campaign.faults.append(fault.name)
    fault.make(device)
    if campaign.chance.random() < 0.5:
        lasts = campaign.chance.randrange(1, 20) * S
        rig.scheduler.after(lasts, lambda: fault.mend(device), name="mended")


PLACES = ("vehicle out of reach", "vehicle rolls away")
DEVICES_FAULTS = {
    Approach.PANTOGRAPH: (*PLACES, "pantograph stuck"),
    Approach.PAD: tuple(name for name in DEVICE_FAULTS if name != "pantograph stuck"),
}
DEVICES_FAIL: dict[str, Callable[[Any], None]] = {
    f"device_fails_{again}": device_fails for again in range(8)
}
"""As often as eight of the others."""
NEWER_FAULTS: dict[str, Callable[[Any], None]] = {
    act.__name__: act
    for act in (
        discharge_forbidden,
        station_pauses,
        other_service,
        standby,
        schedules_late,
        other_target,
        wanted_out,
    )
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """``broken`` is empty where everything held."""

    where: str
    ending: str
    faults: tuple[str, ...]
    broken: tuple[str, ...]


def verdict(seed: int) -> Verdict:
    campaign = Newer(seed).run()
    ended = campaign.rig.results.get("vehicle")
    return Verdict(
        campaign.where,
        "none" if ended is None else ended.ending.name,
        tuple(campaign.faults),
        tuple(broken_promises(campaign)),
    )


def main(first: int, last: int) -> int:
    """Say what did not hold, and how the sessions ended."""
    endings: Counter[str] = Counter()
    broken = 0
    for seed in range(first, last):
        found = verdict(seed)
        endings[found.ending] += 1
        if found.broken:
            broken += 1
            sys.stdout.write(f"seed {seed}, {found.where}, {found.faults}: {found.broken}\n")
    sys.stdout.write(f"{last - first} sessions, {broken} broken; {dict(endings.most_common())}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
