"""A vehicle that takes more than the power profile it named is warned, and later sent away."""

from dataclasses import replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.iso20.words import number
from bsw.chrgm.record import Heard
from bsw.os.clock import S
from secc.session.profile import CONFORMANCE, FIELD, StationProfile
from tests.iso20.test_lifecycle import rig_of
from tools.bench.world.direct import Rig

WARNED, ENDED = "WARNING_EVPowerProfileViolation", "FAILED_EVPowerProfileViolation"
BACK = 60 * S


def modest(mode: str, profile: StationProfile = CONFORMANCE, *, dynamic: bool = False) -> Rig:
    """It names a tenth of what it goes on to take."""
    rig = rig_of(f"iso20-{mode[:2].lower()}", mode, dynamic=dynamic)
    rig.station.profile = profile

    def forge(heard: Heard) -> Heard:
        named = getattr(heard.body, "ev_power_profile", None)
        if named is None:
            return heard
        entries = named.ev_power_profile_entries
        less = tuple(
            entry.replace(power=number(entry.power.si() / 10.0))
            for entry in entries.ev_power_profile_entry
        )
        made = named.replace(ev_power_profile_entries=entries.replace(ev_power_profile_entry=less))
        return replace(heard, body=heard.body.replace(ev_power_profile=made))

    rig.forge = forge
    rig.at(BACK, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def codes(rig: Rig) -> list[str]:
    loops = [*rig.bodies("DCChargeLoopRes"), *rig.bodies("ACChargeLoopRes")]
    return list(dict.fromkeys(body.response_code.value for body in loops))


@pytest.mark.parametrize("mode", ["DC", "AC_three_phase_core"])
def test_it_is_warned_and_later_sent_away(mode: str) -> None:
    """[V2G20-1864]."""
    rig = modest(mode).run()
    assert codes(rig) == ["OK", WARNED, ENDED]
    assert rig.ending("vehicle") is rig.ending("station") is Ending.REFUSED
    assert rig.ended_at["station"] < BACK
    assert (rig.electronics.current, rig.pack.ac_allowed) == (0.0, 0.0)


def test_in_the_field_it_is_warned_alone() -> None:
    rig = modest("DC", FIELD).run()
    assert codes(rig) == ["OK", WARNED]
    assert rig.ending("station") is Ending.TERMINATED


def test_in_dynamic_mode_it_promised_nothing() -> None:
    rig = modest("DC", dynamic=True).run()
    assert codes(rig) == ["OK"]
    assert rig.ending("station") is Ending.TERMINATED


def test_who_keeps_to_it_is_told_nothing() -> None:
    rig = modest("DC")
    rig.forge = lambda heard: heard
    assert codes(rig.run()) == ["OK"]
