"""The mapping that is proposed for somebody else's matrix can be checked as it is printed."""

from contextlib import redirect_stdout
from pathlib import Path

import pytest

from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from can_adapter.vehicle.config import VehicleCanConfig
from evcc.cli import main as evcc
from evcc.config import EvccConfig
from tools.cli import main

FRAMES = """BO_ 256 BMS_Status: 8 BMS
 SG_ {soc} : 0|8@1+ (0.5,0) [0|100] "%" EVCC
 SG_ {present_current} : 24|16@1- (0.1,0) [-1000|1000] "A" EVCC
 SG_ {min_cell_temperature} : 40|8@1+ (1,-40) [-40|120] "degC" EVCC
 SG_ {max_cell_temperature} : 48|8@1+ (1,-40) [-40|120] "degC" EVCC
BO_ 257 BMS_More: 8 BMS
 SG_ {max_current_limit} : 0|16@1+ (0.1,0) [0|1000] "A" EVCC
 SG_ {max_voltage_limit} : 16|16@1+ (0.1,0) [0|1000] "V" EVCC
 SG_ {max_power_limit} : 32|16@1+ (0.1,0) [0|400] "kW" EVCC
 SG_ CoolantFlow : 48|8@1+ (1,0) [0|100] "l/min" EVCC
BO_ 258 BMS_Third: 8 BMS
 SG_ {target_current} : 0|16@1+ (0.1,0) [0|1000] "A" EVCC
 SG_ {target_voltage} : 16|16@1+ (0.1,0) [0|1000] "V" EVCC
 SG_ {energy_capacity} : 32|16@1+ (0.1,0) [0|200] "kWh" EVCC
BO_ 259 VCU_Frame: 8 VCU
 SG_ {charge_permission} : 0|1@1+ (1,0) [0|1] "" EVCC
 SG_ {hv_interlock_closed} : 1|1@1+ (1,0) [0|1] "" EVCC
 SG_ {ambient_temperature} : 8|8@1+ (1,-40) [-40|100] "degC" EVCC
BO_ 260 SENDER_Out: 8 SENDER
 SG_ EVSE_PresentVoltage : 0|16@1+ (0.1,0) [0|1000] "V" BMS
 SG_ EVSE_PresentCurrent : 16|16@1- (0.1,0) [-1000|1000] "A" BMS
"""
ROLES = (
    "soc", "present_current", "min_cell_temperature", "max_cell_temperature", "max_current_limit",
    "max_voltage_limit", "max_power_limit", "target_current", "target_voltage", "energy_capacity",
    "charge_permission", "hv_interlock_closed", "ambient_temperature",
)  # fmt: skip
ENGLISH = (
    "BMS_SOC PackCurrent CellTempMin CellTempMax MaxChargeCurrent MaxChargeVoltage MaxChargePower "
    "CurrentSetpoint VoltageRequest EnergyCapacity ChargeEnable HVIL_Closed OutsideTemp"
)
GERMAN = (
    "Batterie_Ladezustand Batteriestrom_Ist Zelltemperatur_Min Zelltemperatur_Max MaxLadestrom "
    "MaxLadespannung MaxLadeleistung Sollstrom Sollspannung Energie_Kapazitaet Lade_Freigabe "
    "HVIL_geschlossen Aussentemperatur"
)


def mapped(
    tmp_path: Path, names: str, *words: str, sender: str = "EVCC"
) -> tuple[Path, VehicleCanConfig]:
    """What the command prints for a matrix, and what the ECU reads from it."""
    matrix, made = tmp_path / "usual.dbc", tmp_path / "mapping.yaml"
    text = FRAMES.format_map(dict(zip(ROLES, names.split(), strict=True)))
    nodes = "BU_: BMS VCU EVCC GW CHARGER"
    matrix.write_text(f'VERSION ""\n{nodes}\n{text.replace("SENDER", sender)}', encoding="ascii")
    with made.open("w") as file, redirect_stdout(file):
        assert main(["dbc", "mapping", str(matrix), *words]) == 0
    return made, load(EvccConfig, (made,)).config.can


@pytest.mark.parametrize("names", [ENGLISH, GERMAN], ids=["english", "german"])
def test_a_usual_matrix_gets_a_mapping_that_passes_the_check(
    names: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, can = mapped(tmp_path, names)
    assert evcc(["check", "-c", str(path)]) == 0, capsys.readouterr().err
    found = {name: entry.signal[0].partition(".")[2] for name, entry in can.receive.items()}
    assert found == dict(zip(ROLES, names.split(), strict=True))
    assert can.receive["max_power_limit"].scale == 1000
    assert set(can.transmit) == {"evse_present_voltage", "evse_present_current"}


@pytest.mark.parametrize("sender", ["GW", "BMS", "CHARGER"])
def test_frames_of_other_nodes_are_never_sent(sender: str, tmp_path: Path) -> None:
    assert not mapped(tmp_path, ENGLISH, sender=sender)[1].transmit


def test_a_node_that_we_are_told_to_be_sends(tmp_path: Path) -> None:
    _, can = mapped(tmp_path, ENGLISH, "--node", "GW", sender="GW")
    assert set(can.transmit) == {"evse_present_voltage", "evse_present_current"}


def test_without_a_permission_the_mapping_and_the_check_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No constant may stand for it; everything else is proposed all the same."""
    with pytest.raises(ConfigurationError, match="would never charge"):
        mapped(tmp_path, ENGLISH.replace("ChargeEnable", "Something"))
    path = tmp_path / "mapping.yaml"
    assert "# charge_permission: Message.Signal  # NEEDED: " in path.read_text()
    assert evcc(["check", "-c", str(path)]) == 2
    assert capsys.readouterr().err.count("mapping.yaml") == 1
