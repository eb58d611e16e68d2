"""A contract comes from the back end through the station into the vehicle's token, and pays.

Three processes from their configurations, TLS, a PKCS#11 token in the vehicle; the back end makes
contracts of a test PKI, and fetches what the station staples: the vehicle believes no other.  The
second charge is paid while the back end is away.
"""

import contextlib
import io
from collections.abc import Callable, Iterator
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
from tests.run.test_backend import Csms, backend
from tools.api.client import Client
from tools.cli import main as v2g

pytestmark = pytest.mark.long
AC = "AC_three_phase_core"
EMAID = "DE8AA0012345670"

EVCC = """
session: {{protocols: [{protocol}], security: tls}}
keym: {{folder: {base}/evcc, secc: {{revocation: {revocation}}}}}
csm: {{drivers: [pkcs11], pkcs11: {{token: evcc, pin: {{dangerously_in_clear: "{pin}"}}}}}}
"""
SECC = """
session: {{protocols: [{protocol}], modes: [{mode}], tls: true, plain: false, payment: [Contract]}}
keym: {{folder: {base}/secc}}
csm: {{software: {{folder: {base}/keys}}}}
provisioning: {{service: north}}
ocpp:
  url: "{url}/ocpp"
  identity: CS-7
  versions: ["{version}"]
  store: {{file: {base}/store}}
  transactions: {{start: [Authorized]}}
"""


class Town:
    """A test PKI, a station and a vehicle; who they are stays over restarts of the processes."""

    def __init__(self, base: Path, protocol: str, version: str, url: str) -> None:
        self.base = base
        self.port = {"network.sdp_port": free_port()}
        known = {"base": base, "protocol": protocol, "version": version, "url": url}
        self.files = {
            "evcc": EVCC.format(pin=PIN.decode(), revocation="strict", **known),
            "secc": SECC.format(mode=AC, **known),
        }
        for role, text in self.files.items():
            config = base / f"{role}.own.yaml"
            config.write_text(text)
            without = ("--without", "contract") if role == "evcc" else ()
            pki("install", str(base / "pki"), "--role", role, "--config", str(config), *without)

    @contextlib.contextmanager
    def vehicle(self) -> Iterator[Client]:
        alone = {"api.values": "north", "can.bus.interface": "none"}
        role = Role("evcc", self.base, {**self.port, **alone}, self.files["evcc"])
        try:
            with role.client() as car:
                yield car
        finally:
            role.stop()

    @contextlib.contextmanager
    def station(self) -> Iterator[Role]:
        role = Role("secc", self.base, self.port, self.files["secc"])
        try:
            with role.client():
                yield role
        finally:
            role.stop()


def pki(*words: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert v2g(["pki", *words]) == 0


def charge(car: Client, loop: str) -> None:
    limits = {"parameters": {"max_voltage": 400, "max_current": 16}}
    car.ask(cmd="set_ac_params", args=limits)
    wanted = {"SelectedPaymentOption": {"payment_option": "Contract"}, "DepartureTime": 0}
    car.ask(
        cmd="start_charging",
        args={"EnergyTransferMode": AC, "EAmount": 5, **wanted},
    )
    heard(car, "session_state", loop)
    car.ask(watch=["session_result"])
    car.ask(cmd="stop_charging")
    assert heard(car, "session_result")["ending"] == "terminated"


def contracts(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith("contract-")]


def asked(csms: Csms, version: str, action: str) -> list[str]:
    """The calls of an action as text; in 1.6 they are carried."""
    if version != "1.6":
        return [str(each) for each in csms.calls(action)]
    return [str(each) for each in csms.calls("DataTransfer") if each["messageId"] == action]


@pytest.mark.parametrize(
    ("protocol", "kind", "version", "loop"),
    [
        ("iso2", "iso2", "2.0.1", "ChargingStatus"),
        ("iso20", "iso20", "2.1", "AC_ChargeLoop"),
        ("iso2", "iso2", "1.6", "ChargingStatus"),
    ],
)
def test_a_contract_from_the_back_end_pays_online_and_offline(
    tmp_path: Path,
    make_token: Callable[..., Pkcs11Driver],  # noqa: F811 - the fixture
    protocol: str,
    kind: str,
    version: str,
    loop: str,
) -> None:
    token = make_token()
    pki("make", "--kind", kind, str(tmp_path / "pki"))
    with contextlib.ExitStack() as stack:
        csms = Csms("--pki", str(tmp_path / "pki"))
        away = stack.enter_context(contextlib.ExitStack())
        away.callback(csms.close)
        town = Town(tmp_path, protocol, version, csms.url)
        station = stack.enter_context(town.station())
        csms.until("call", "DataTransfer" if version == "1.6" else "GetCertificateStatus")
        assert contracts(tmp_path / "evcc") == []
        with town.vehicle() as car:
            charge(car, loop)
        assert len(contracts(tmp_path / "evcc")) == 1
        csms.until("call", "StopTransaction" if version == "1.6" else "TransactionEvent")
        assert len(asked(csms, version, "Get15118EVCertificate")) == 1
        [authorize] = asked(csms, version, "Authorize")
        assert EMAID in authorize
        assert authorize.count("responderURL") == 3
        away.close()  # the back end is gone, and the contract pays all the same
        with town.vehicle() as car:
            charge(car, loop)
        said = station.messages()
        assert said.count("CertificateInstallationReq") == 1
        port = csms.url.rpartition(":")[2]
        with backend("--port", port) as again:
            again.until("connected")
            name = "StopTransaction" if version == "1.6" else "TransactionEvent"
            for _ in range(2):
                ended = again.until("call", name)["data"]
                if version == "1.6" or ended["eventType"] == "Ended":
                    break
            starts = again.calls("StartTransaction") if version == "1.6" else again.calls(name)
            assert EMAID in str(starts[0])
            if version != "1.6":
                assert all(each["offline"] for each in starts)
    labels = [line.handle.label for line in token.stored() if not line.extractable]
    assert any(label.startswith("contract") for label in labels)
