"""A vehicle without a contract gets one from a running station: two processes, TLS, real keys."""

import contextlib
import io
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from bsw.chrgm.coding import dialect
from bsw.chrgm.record import Said
from csm import material
from csm.handles import KeyHandle
from csm.randomness import HostRandomness
from csm.signing import KeySigner
from keym.calendar import Moment
from keym.judging.judge import Judge
from keym.judging.verdict import Anchor
from keym.provisioning import provider_iso2
from keym.provisioning.provider import Contract, Provider
from keym.x509.certificate import parse
from keym.x509.profile import RootKind
from tests.north.processes import Role, free_port, heard
from tools.api.client import Client, Trouble
from tools.cli import main as v2g
from tools.pki import folder as pki_folder
from tools.pki.recipe import Entity

pytestmark = pytest.mark.long
AC = "AC_three_phase_core"


def pki(*words: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert v2g(["pki", *words]) == 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A test PKI, and the stores of a station and of a vehicle that has no contract yet."""
    base = tmp_path_factory.mktemp("provisioning")
    pki("make", "--kind", "iso2", str(base / "pki"))
    for role, without in (("evcc", ["--without", "contract"]), ("secc", [])):
        stores = ["--certificates", str(base / role / "c"), "--keys", str(base / role / "k")]
        pki("install", "--role", role, *without, *stores, str(base / "pki"))
    return base


@dataclass
class Town:
    house: Path
    vehicle: Role
    station: Role

    def charge(self, car: Client) -> None:
        car.ask(cmd="set_ac_params", args={"parameters": {"max_voltage": 400, "max_current": 16}})
        car.ask(
            cmd="start_charging",
            args={
                "EnergyTransferMode": AC,
                "SelectedPaymentOption": {"payment_option": "Contract"},
                "DepartureTime": 0,
                "EAmount": 5,
            },
        )

    def finish(self, car: Client) -> dict[str, Any]:
        heard(car, "session_state", "ChargingStatus")
        car.ask(watch=["session_result"])
        car.ask(cmd="stop_charging")
        result: dict[str, Any] = heard(car, "session_result")
        return result


@contextlib.contextmanager
def town(house: Path, folder: Path, yaml: str) -> Iterator[Town]:
    port = free_port()

    def keys(role: str) -> dict[str, object]:
        return {
            "network.sdp_port": port,
            "keym.folder": house / role / "c",
            "csm.software.folder": house / role / "k",
        }

    station = Role(
        "secc",
        folder,
        {
            **keys("secc"),
            "session.modes": f"[{AC}]",
            "session.tls": "true",
            "session.plain": "false",
            "session.payment": "[Contract, ExternalPayment]",
        },
        yaml,
    )
    vehicle = Role(
        "evcc",
        folder,
        {
            **keys("evcc"),
            "session.security": "tls",
            "keym.secc.revocation": "soft-fail",
            "session.tries": 20,
            "session.pause": "200 ms",
            "api.values": "north",
            "can.bus.interface": "none",
        },
    )
    try:
        with station.client():
            yield Town(house, vehicle, station)
    finally:
        for role in (vehicle, station):
            role.stop()


def copied(house: Path, folder: Path) -> Path:
    """Stores of its own for a test that changes them."""
    import shutil  # noqa: PLC0415 - only here

    return Path(shutil.copytree(house, folder / "house"))


def lab(house: Path, chain: str = "chains/contract.pem") -> str:
    files = house / "pki" / "iso2"
    return f"""
provisioning:
  service: lab
  lab_contracts: [{{chain: {files}/{chain}, key: {files}/keys/contract.key}}]
  lab_authorities: [{files}/certs/oem_sub1.pem, {files}/certs/oem_sub2.pem]
"""


NORTH = "provisioning: {service: north}"


def test_the_station_plays_the_provisioning_service(house: Path, tmp_path: Path) -> None:
    own = copied(house, tmp_path)
    with town(own, tmp_path, lab(own)) as here, here.vehicle.client() as car:
        here.charge(car)
        assert here.finish(car)["ending"] == "terminated"
        assert car.ask(get="tls_info")["version"] == "TLSv1.2"
        said = here.station.messages()
        assert "CertificateInstallationReq" in said
        assert said.index("PaymentDetailsReq") > said.index("CertificateInstallationRes")
        kept = [path.name for path in (own / "evcc" / "c").iterdir()]
        assert any(name.startswith("contract-iso2-") for name in kept)


def signer(entity: Entity) -> KeySigner:
    loaded = material.load(material.unload(entity.key))  # type: ignore[arg-type]  # no RSA here
    public = material.public_half(loaded)
    return KeySigner(
        KeyHandle.parse("software:cps"), public, lambda _key, data: material.sign(loaded, data)
    )


class BackEnd:
    """Answers as a mobility operator would: reads the vehicle's message, delivers a contract."""

    def __init__(self, house: Path) -> None:
        entities = pki_folder.read(house / "pki" / "iso2", None)
        self.entities = entities
        anchors = [
            Anchor(kind, parse(entities[f"{kind.value}_root"].der))
            for kind in (RootKind.V2G, RootKind.OEM, RootKind.MO)
        ]
        cps = entities["cps"]
        self.provider = Provider(
            chain=cps.chain,
            signer=signer(cps),
            judge=Judge(lambda: anchors, self),
            randomness=HostRandomness(),
            vehicle_authorities=entities["provisioning"].chain[1:],
        )

    def moment(self) -> Moment:
        return Moment(datetime.now(tz=timezone.utc))

    def answer(self, request: dict[str, Any]) -> str:
        asked = dialect.iso2().decode(0, b64decode(request["exi_request"]))
        receiver = provider_iso2.requester(asked.body, asked.signature, self.provider)
        entity = self.entities["contract"]
        key = material.unload(entity.key)  # type: ignore[arg-type]
        emaid = parse(entity.der).subject.common_name
        assert emaid is not None
        made = provider_iso2.installation(
            Contract(entity.chain, key, emaid), receiver, self.provider
        )
        return b64encode(dialect.iso2().encode(bytes(8), made)[1]).decode()


def response(action: str, exi: str | None = None, status: str = "Accepted") -> dict[str, Any]:
    told: dict[str, Any] = {"status": status, "certificate_action": action}
    if exi is not None:
        told["exi_response"] = exi
    return {"certificate_response": told}


COMMAND = "set_get_certificate_response"


def test_a_back_end_answers_through_the_north_side(house: Path, tmp_path: Path) -> None:
    own = copied(house, tmp_path)
    back_end = BackEnd(own)
    with (
        town(own, tmp_path, NORTH) as here,
        here.vehicle.client() as car,
        here.station.client() as box,
    ):
        with pytest.raises(Trouble, match="no vehicle waits for it"):
            box.ask(cmd=COMMAND, args=response("Install", "AAAA"))
        box.ask(watch=["iso15118_certificate_request"])
        here.charge(car)
        asked = heard(box, "iso15118_certificate_request")
        assert asked["certificate_action"] == "Install"
        assert asked["iso15118_schema_version"] == "urn:iso:15118:2:2013:MsgDef"
        for wrong, text in (
            (response("Update", "AAAA"), "certificate_action: Install was asked for"),
            (response("Install"), "exi_response: is needed with status Accepted"),
            (response("Install", "!"), "exi_response: is base 64 of a whole EXI message"),
            (response("Install", "AAAA"), "exi_response: cannot be read"),
            (response("Install", asked["exi_request"]), "CertificateInstallationRes is due"),
        ):
            with pytest.raises(Trouble, match=text):
                box.ask(cmd=COMMAND, args=wrong)
        box.ask(cmd=COMMAND, args=response("Install", back_end.answer(asked)))
        assert here.finish(car)["ending"] == "terminated"
        assert box.ask(get="selected_payment_option") == "Contract"


def test_a_back_end_that_has_nothing_leaves_external_payment(house: Path, tmp_path: Path) -> None:
    own = copied(house, tmp_path)
    with (
        town(own, tmp_path, NORTH) as here,
        here.vehicle.client() as car,
        here.station.client() as box,
    ):
        box.ask(watch=["iso15118_certificate_request"])
        car.ask(watch=["session_result"])
        here.charge(car)
        heard(box, "iso15118_certificate_request")
        box.ask(cmd=COMMAND, args=response("Install", status="Failed"))
        result = heard(car, "session_result")
        assert result["code"] == "FAILED_NoCertificateAvailable"
        assert here.finish(car)["ending"] == "terminated"
        assert box.ask(get="selected_payment_option") == "ExternalPayment"


def refused_start(folder: Path, yaml: str, **settings: object) -> str:
    role = Role("secc", folder, {"network.sdp_port": free_port(), **settings}, yaml)
    assert role.ended() in {1, 2}
    assert "Traceback" not in role.said()
    said = role.said()
    role.log.unlink()
    return said


def test_a_service_that_cannot_work_is_named_at_start(house: Path, tmp_path: Path) -> None:
    stores: dict[str, object] = {
        "session.tls": "true",
        "keym.folder": house / "secc" / "c",
        "csm.software.folder": house / "secc" / "k",
    }
    assert "provisioning.service: contracts need TLS" in refused_start(tmp_path, NORTH)
    empty = "provisioning: {service: lab}"
    assert "the lab service has no contract to deliver" in refused_start(tmp_path, empty, **stores)
    told = refused_start(tmp_path, lab(house, "keys/contract.key"), **stores)
    assert "provisioning.lab_contracts.chain: " in told
    assert "name a PEM file of certificates" in told
    told = refused_start(tmp_path, lab(house, "chains/secc.pem"), **stores)
    assert "is not the key of" in told


def test_the_response_is_the_back_end_s_to_the_last_octet(house: Path) -> None:
    """Read and written again under another session id, the signed parts stay as they were."""
    back_end = BackEnd(house)
    entity = back_end.entities["contract"]
    made = provider_iso2.installation(
        Contract(entity.chain, material.unload(entity.key), "DE8AACA2B3C4D53"),  # type: ignore[arg-type]
        parse(back_end.entities["provisioning"].der),
        back_end.provider,
    )
    octets = dialect.iso2().encode(bytes(8), made)[1]
    read = dialect.iso2().decode(0, octets)
    assert dialect.iso2().encode(bytes(8), Said(read.body, read.signature))[1] == octets
