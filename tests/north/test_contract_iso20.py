"""ISO 15118-20 between two processes: TLS 1.3 with both certificates, every vehicle key in a token.

The vehicle has no contract, gets one from the station and pays with it.
"""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from csm.drivers.pkcs11 import Pkcs11Driver
from tests.csm.conftest import (  # noqa: F401 - fixtures
    PIN,
    make_token,
    token_module,
    token_path,
)
from tests.north.processes import Role, free_port, heard
from tools.cli import main as v2g

pytestmark = pytest.mark.long
AC = "AC_three_phase_core"

EVCC = """
session: {{protocols: [iso20, iso2], security: tls}}
keym: {{folder: {base}/evcc, secc: {{revocation: soft-fail}}}}
csm: {{drivers: [pkcs11], pkcs11: {{token: evcc, pin: {{dangerously_in_clear: "{pin}"}}}}}}
"""
SECC = """
session: {{protocols: [iso20, iso2], modes: [{mode}], tls: true, plain: false, payment: [Contract]}}
keym: {{folder: {base}/secc}}
csm: {{software: {{folder: {base}/keys}}}}
provisioning:
  service: lab
  lab_contracts: [{{chain: {pki}/chains/contract.pem, key: {pki}/keys/contract.key}}]
"""


def pki(*words: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert v2g(["pki", *words]) == 0


def test_a_contract_comes_into_the_token_and_pays(
    tmp_path: Path,
    make_token: Callable[..., Pkcs11Driver],  # noqa: F811 - the fixture
) -> None:
    token = make_token()
    pki("make", "--kind", "iso20", str(tmp_path / "pki"))
    files = {
        "evcc": EVCC.format(base=tmp_path, pin=PIN.decode()),
        "secc": SECC.format(base=tmp_path, pki=tmp_path / "pki" / "iso20", mode=AC),
    }
    for role, text in files.items():
        config = tmp_path / f"{role}.own.yaml"
        config.write_text(text)
        without = ("--without", "contract") if role == "evcc" else ()
        made = str(tmp_path / "pki")
        pki("install", made, "--role", role, "--config", str(config), *without)
    port = {"network.sdp_port": free_port()}
    alone = {"api.values": "north", "can.bus.interface": "none"}
    station = Role("secc", tmp_path, port, files["secc"])
    vehicle = Role("evcc", tmp_path, {**port, **alone}, files["evcc"])
    try:
        with station.client() as box, vehicle.client() as car:
            car.ask(
                cmd="set_ac_params",
                args={"parameters": {"max_voltage": 400, "max_current": 16}},
            )
            car.ask(
                cmd="start_charging",
                args={
                    "EnergyTransferMode": AC,
                    "SelectedPaymentOption": {"payment_option": "Contract"},
                    "DepartureTime": 0,
                    "EAmount": 5,
                },
            )
            heard(car, "session_state", "AC_ChargeLoop")
            assert car.ask(get="tls_info")["version"] == "TLSv1.3"
            assert box.ask(get="selected_payment_option") == "Contract"
            car.ask(watch=["session_result"])
            car.ask(cmd="stop_charging")
            assert heard(car, "session_result")["ending"] == "terminated"
        said = station.messages()
    finally:
        for process in (vehicle, station):
            process.stop()
    assert said.index("CertificateInstallationRes") < said.index("AuthorizationReq")
    labels = [line.handle.label for line in token.stored() if not line.extractable]
    assert sorted(label.split("-")[0] for label in labels) == [
        "contract",
        "provisioning",
        "vehicle",
    ]
    assert any(path.name.startswith("contract-iso20-") for path in (tmp_path / "evcc").iterdir())
