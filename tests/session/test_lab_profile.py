"""A station that simulates messages without a voltage behind them: refused, but for a lab.

Its limits stay below the battery and its present voltage is 1 V whatever is asked for, as
simulated stations say it that come with a protocol stack.
"""

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.record import Heard
from bsw.os.clock import MS, S
from evcc.session.profile import FIELD, LAB, VehicleProfile, profile_of
from tools.bench.world.direct import Rig

OFFERS = ("dc_evse_charge_parameter", "evse_charge_parameter")  # of DIN, of ISO 15118-2


def powerless(heard: Heard) -> Heard:
    body = heard.body
    changes = {}
    for name in OFFERS:
        offer = getattr(body, name, None)
        if offer is not None:
            volts = offer.evse_maximum_voltage_limit.replace(value=40, multiplier=0)
            changes[name] = offer.replace(
                evse_maximum_voltage_limit=volts, evse_minimum_voltage_limit=volts
            )
    present = getattr(body, "evse_present_voltage", None)
    if present is not None:
        changes["evse_present_voltage"] = present.replace(value=1, multiplier=0)
    return Heard(heard.session_id, body.replace(**changes), heard.signature)


def at_powerless_station(protocol: str, profile: VehicleProfile) -> Rig:
    rig = Rig(protocol, vehicle_profile=profile)
    rig.twist = powerless
    rig.at(9 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig.run(40 * S)


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_in_the_field_it_does_not_fit(protocol: str) -> None:
    rig = at_powerless_station(protocol, FIELD)
    assert rig.ending("vehicle") is Ending.INCOMPATIBLE
    assert "station up to 40 V" in rig.results["vehicle"].detail
    assert not rig.state.contactors_closed


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_in_a_lab_the_session_is_played_to_its_end(protocol: str) -> None:
    rig = at_powerless_station(protocol, LAB)
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert "CurrentDemandReq" in rig.names("vehicle")


def test_the_pause_in_the_loop_may_be_another_than_the_profiles() -> None:
    assert profile_of("field", None) is FIELD
    assert profile_of("field", 0).loop_pause == 0
    assert profile_of("lab", 50 * MS).lab_station_without_power
