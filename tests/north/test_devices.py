"""Two processes, TLS 1.3 with both certificates, and a device that meets the vehicle by itself.

Discovery is that of wireless links; both configurations are files.
"""

import contextlib
import io
from pathlib import Path

import pytest

from tests.north.processes import Role, free_port, heard
from tools.api.client import Client
from tools.cli import main as v2g

pytestmark = pytest.mark.long

EVCC = """
session: {{protocols: [iso20], security: tls, without_tls: refuse, control: {control}}}
wireless: {{evid: BUS7, evse_id: DE*PWX*E000001}}
keym: {{folder: {base}/evcc, secc: {{revocation: soft-fail}}}}
csm: {{software: {{folder: {base}/evcc-keys}}}}
"""
SECC = """
session: {{protocols: [iso20], modes: [{mode}], tls: true, plain: false, payment: [{payment}]}}
keym: {{folder: {base}/secc}}
csm: {{software: {{folder: {base}/secc-keys}}}}
"""


def pki(*words: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert v2g(["pki", *words]) == 0


def files(base: Path, mode: str, payment: str, control: str) -> dict[str, str]:
    pki("make", "--kind", "iso20", str(base / "pki"))
    made = {
        role: text.format(base=base, mode=mode, payment=payment, control=control)
        for role, text in (("evcc", EVCC), ("secc", SECC))
    }
    for role, text in made.items():
        config = base / f"{role}.own.yaml"
        config.write_text(text)
        pki("install", str(base / "pki"), "--role", role, "--config", str(config))
    return made


def begin(car: Client, mode: str, payment: str) -> None:
    limits = {
        "max_current_limit": 200,
        "max_voltage_limit": 420,
        "max_power_limit": 80_000,
        "target_current": 50,
        "target_voltage": 410,
    }
    car.ask(cmd="set_dc_params", args={"EvParameters": limits})
    car.ask(cmd="update_soc", args={"SoC": 40})
    present = {"inlet_voltage": 380, "battery_voltage": 380, "current": 0}
    car.ask(cmd="update_dc_present_values", args=present)
    car.ask(cmd="update_contactor_state", args={"closed": False})
    car.ask(
        cmd="start_charging",
        args={
            "EnergyTransferMode": mode,
            "SelectedPaymentOption": {"payment_option": payment},
            "DepartureTime": 0,
            "EAmount": 5,
        },
    )


@pytest.mark.parametrize(
    ("payment", "control"), [("ExternalPayment", "scheduled"), ("Contract", "dynamic")]
)
def test_a_pantograph_charges_between_two_processes(
    payment: str, control: str, tmp_path: Path
) -> None:
    mode = "DC_ACDP"
    text = files(tmp_path, mode, payment, control)
    port = {"network.sdp_port": free_port()}
    alone = {"api.values": "north", "can.bus.interface": "none", "api.fresh": "0 s"}
    station = Role("secc", tmp_path, port, text["secc"])
    vehicle = Role("evcc", tmp_path, {**port, **alone, "session.tries": 20}, text["evcc"])
    try:
        with station.client() as box, vehicle.client() as car:
            begin(car, mode, payment)
            heard(car, "session_state", "DC_CableCheck")
            car.ask(cmd="update_contactor_state", args={"closed": True})
            heard(car, "session_state", "DC_ChargeLoop")
            assert car.ask(get="tls_info")["version"] == "TLSv1.3"
            assert box.ask(get="vehicle_looks")["evid"] == "BUS7"
            assert box.ask(get="selected_payment_option") == payment
            assert car.ask(get="placement")["in_place"] is True
            car.ask(watch=["session_result"])
            car.ask(cmd="update_contactor_state", args={"closed": False})
            present = {"inlet_voltage": 0, "battery_voltage": 380, "current": 0}
            car.ask(cmd="update_dc_present_values", args=present)
            car.ask(cmd="stop_charging")
            assert heard(car, "session_result")["ending"] == "terminated"
    finally:
        for process in (vehicle, station):
            process.stop()
    said = station.messages()
    order = ["ACDPVehiclePositioningRes", "AuthorizationReq", "ACDPConnectReq", "DCCableCheckReq"]
    order += ["DCChargeLoopReq", "ACDPDisconnectReq", "SessionStopReq"]
    at = [said.index(one) for one in order]
    assert at == sorted(at)
    assert "ACDPSystemStatusReq" in said


@pytest.mark.parametrize(
    ("payment", "control"), [("ExternalPayment", "dynamic"), ("Contract", "scheduled")]
)
def test_a_pad_charges_between_two_processes(payment: str, control: str, tmp_path: Path) -> None:
    text = files(tmp_path, "WPT", payment, control)
    port = {"network.sdp_port": free_port()}
    alone = {"api.values": "north", "can.bus.interface": "none", "api.fresh": "0 s"}
    station = Role("secc", tmp_path, port, text["secc"])
    vehicle = Role("evcc", tmp_path, {**port, **alone, "session.tries": 20}, text["evcc"])
    try:
        with station.client() as box, vehicle.client() as car:
            receiver = {"max_voltage": 250, "max_current": 16}
            car.ask(cmd="set_ac_params", args={"parameters": receiver})
            car.ask(cmd="update_soc", args={"SoC": 40})
            car.ask(cmd="update_receiver", args={"pad_code": 4711, "pad_power": 45})
            wish = {"payment_option": payment}
            car.ask(
                cmd="start_charging",
                args={
                    "EnergyTransferMode": "WPT",
                    "SelectedPaymentOption": wish,
                    "DepartureTime": 0,
                    "EAmount": 5,
                },
            )
            heard(car, "session_state", "WPT_ChargeLoop")
            assert car.ask(get="tls_info")["version"] == "TLSv1.3"
            assert box.ask(get="vehicle_looks")["coupling"] == "wpt"
            assert box.ask(get="selected_payment_option") == payment
            car.ask(watch=["session_result"])
            car.ask(cmd="stop_charging")
            assert heard(car, "session_result")["ending"] == "terminated"
    finally:
        for process in (vehicle, station):
            process.stop()
    said = station.messages()
    order = ["WPTFinePositioningReq", "WPTPairingRes", "AuthorizationReq", "WPTAlignmentCheckReq"]
    order += ["WPTChargeLoopReq", "SessionStopReq"]
    at = [said.index(one) for one in order]
    assert at == sorted(at)
