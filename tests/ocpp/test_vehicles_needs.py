"""A vehicle's needs, from the charger interface to the back end's words: K15."""

from pathlib import Path

from ocpp.versions import Version
from secc.api.extensions import ChargingNeeds, DCChargingParameters
from secc.api.literals import ControlMode, EnergyTransferMode
from secc.ocpp.schedules import needs_of
from tests.ocpp.blocks.steps import SINCE_2, charge
from tests.ocpp.site import site

DC = ChargingNeeds(
    requested_energy_transfer=EnergyTransferMode("DC_extended"),
    control_mode=ControlMode.SCHEDULED,
    dc_charging_parameters=DCChargingParameters(
        ev_max_current=400.0,
        ev_max_voltage=800.5,
        state_of_charge=62,
        full_soc=100.0,
        bulk_soc=80.9,
    ),
)


@SINCE_2
def test_a_state_of_charge_is_told_in_whole_per_cent(version: Version, folder: Path) -> None:
    """Whatever the charger interface makes of it: K15.FR.01."""
    with site(folder, version) as whole:
        whole.answers["NotifyEVChargingNeeds"] = {"status": "Accepted"}
        charge(whole)
        whole.station.smart.needs.tell(1, needs_of(DC), lambda: None)
        whole.run()
        [told] = whole.said("NotifyEVChargingNeeds")
        dc = told["chargingNeeds"]["dcChargingParameters"]
        assert [dc[name] for name in ("stateOfCharge", "fullSoC", "bulkSoC")] == [62, 100, 80]
