"""A meter's reading that no message carries, and a vehicle that says what no line carries."""

from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.dlt import silent
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from secc.api.charger import Charger
from secc.api.literals import EnergyTransferMode, SupportedAppProtocol
from secc.api.objects import AcEvPresentPowerValues, Energy, Power, Powermeter
from secc.power.simulated import Ratings, SimulatedElectronics
from tests.iso20.test_lifecycle import rig_of
from tools.bench.world.direct import Rig

HUGE = 1e100
BEGUN = 8 * S
"""ISO 15118-20 counts from where the session began."""


def rig_with(protocol: str, mode: str) -> Rig:
    if protocol.startswith("iso20"):
        return rig_of(protocol, mode)
    return Rig(protocol, mode=mode)


@pytest.mark.parametrize(
    ("protocol", "mode"),
    [("iso2", "AC_three_phase_core"), ("iso20-ac", "AC_three_phase_core"), ("iso20-dc", "DC")],
)
def test_what_no_message_carries_is_not_told_and_ends_nothing(protocol: str, mode: str) -> None:
    rig = rig_with(protocol, mode)
    rig.electronics.ratings = Ratings(meter_every=3600 * S)
    broken = Powermeter(timestamp="", energy_Wh_import=Energy(total=HUGE))
    sound = Powermeter(timestamp="", energy_Wh_import=Energy(total=77.0))
    rig.at(BEGUN, lambda: rig.charger.update_meter_info(powermeter=broken))
    rig.at(15 * S, lambda: rig.charger.update_meter_info(powermeter=sound))
    rig.at(20 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    shown: list[tuple[int, Any]] = [
        (at, heard.body.meter_info)
        for at, _, heard in rig.said
        if getattr(heard.body, "meter_info", None) is not None
    ]
    assert [one for at, one in shown if BEGUN < at < 15 * S] == []
    assert shown, "the reading that is one is told"


def test_what_is_given_back_may_be_too_much_alone() -> None:
    rig = rig_of("iso20-dc", "DC")
    rig.electronics.ratings = Ratings(meter_every=3600 * S)
    told = Powermeter(
        timestamp="",
        energy_Wh_import=Energy(total=5.0),
        energy_Wh_export=Energy(total=HUGE),
    )
    rig.at(BEGUN, lambda: rig.charger.update_meter_info(powermeter=told))
    rig.at(20 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    shown = [b.meter_info for b in rig.bodies("DCChargeLoopRes") if b.meter_info is not None]
    assert shown
    assert {one.bpt_discharged_energy_reading_wh for one in shown} == {None}


@pytest.mark.parametrize("watts", [HUGE, -HUGE])
def test_a_vehicle_that_says_what_no_line_carries_is_not_believed(watts: float) -> None:
    scheduler = Scheduler(VirtualClock())
    charger = Charger(tuple(SupportedAppProtocol), lambda: scheduler.now, silent().logger("test"))
    modes = [EnergyTransferMode.AC_THREE_PHASE]
    charger.update_energy_transfer_modes(supported_energy_transfer_modes=modes)
    electronics = SimulatedElectronics(charger, scheduler)
    electronics.start()
    charger.ac_contactor_closed(status=True)
    told = AcEvPresentPowerValues(present_active_power=Power(total=watts))
    charger.variables.publish("ac_ev_present_powers", told)
    scheduler.run(500 * MS)
    assert abs(electronics.ac_power) == 3 * 400.0 * 230.0
    assert abs(electronics.energy) < 300_000.0
