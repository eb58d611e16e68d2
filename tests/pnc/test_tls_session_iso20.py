"""Whole sessions of ISO 15118-20 by contract over TLS 1.3 with both certificates.

Simulated and over real sockets, and once with every key of the vehicle in a real token.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from bsw.chrgm.endings import Ending
from bsw.crypto import KeyType
from bsw.os.clock import MS, S
from bsw.sim.base import SimulatedBase
from bsw.tls.port import TlsFacts
from csm.driver import CryptoDriver
from csm.drivers.pkcs11 import Pkcs11Driver
from ecu.simulated import TODAY
from keym.x509 import pem
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import Use
from secc.api.literals import PaymentOption
from secc.config import ContractFiles, ProvisioningConfig, SeccConfig
from tests.net import worlds
from tests.north.processes import free_port
from tests.pnc.sides import Sides
from tools.bench.world.network import QUICK, NetRig, Options
from tools.bench.world.stores import pki_of
from tools.pki.maker import EVCCID


@pytest.fixture(params=["simulated", "loopback"])
def world(request: pytest.FixtureRequest) -> Iterator[worlds.World]:
    with worlds.world(request.param) as made:
        yield made


@pytest.fixture
def virtual() -> Iterator[worlds.World]:
    with worlds.world("simulated") as made:
        yield made


def lab(folder: Path, key_type: KeyType = KeyType.P521) -> SeccConfig:
    """A station that delivers contracts of its own."""
    entity = pki_of(TODAY, Edition.ISO20, key_type)["contract"]
    chain, key = folder / "contract.pem", folder / "contract.key"
    chain.write_bytes(b"".join(map(pem.encode, entity.chain)))
    assert entity.key is not None
    key.write_bytes(entity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files = ContractFiles(chain=chain, key=key)
    return SeccConfig(provisioning=ProvisioningConfig(service="lab", lab_contracts=(files,)))


class Town:
    def __init__(
        self,
        world: worlds.World,
        application: str = "iso20-dc",
        mode: str = "DC",
        *,
        secc: SeccConfig | None = None,
        token: CryptoDriver | None = None,
        without: tuple[Use, ...] = (),
        key_type: KeyType = KeyType.P521,
    ) -> None:
        self.sides = sides = Sides(
            (Edition.ISO20,),
            served=(application,),
            secc=secc,
            base=SimulatedBase(world.scheduler),
            token=token,
            without=without,
            key_type=key_type,
        )
        options = Options(
            protocols=(application,),
            served=(application,),
            mode=mode,
            ratings=QUICK,
            vehicle_tls=partial(sides.vehicle.tls, (application,)),
            station_tls=sides.station.tls,
            plain=False,
            newer_wallet=sides.vehicle.newer_wallet(),
            newer_desk=sides.station.newer_desk(),
            payment=(PaymentOption.CONTRACT, PaymentOption.EXTERNAL),
            certificate_service=secc is not None,
            sdp_port=free_port(),
        )
        self.rig = NetRig(world, options)

    def drive(self) -> NetRig:
        """The battery is full after a moment of charging."""
        rig = self.rig

        def look() -> None:
            if any(name.endswith("ChargeLoopReq") for name in rig.names()[-1:]):
                rig.state.charging_complete = True

        watch = rig.scheduler.every(20 * MS, look, name="full", offset=0)
        rig.plug_in()
        rig.run(60 * S)
        watch.stop()
        return rig

    @property
    def facts(self) -> TlsFacts:
        (connected,) = [one for one in self.rig.vehicle_trace.records if one.kind == "connected"]
        return TlsFacts(str(connected.fields["version"]), str(connected.fields["suite"]))


@pytest.mark.parametrize(
    ("application", "mode"), [("iso20-dc", "DC"), ("iso20-ac", "AC_three_phase_core")]
)
def test_a_contract_pays_over_tls_with_both_certificates(
    world: worlds.World, application: str, mode: str
) -> None:
    town = Town(world, application, mode)
    rig = town.drive()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED, rig.results
    assert town.facts.version == "TLSv1.3"
    assert town.facts.suite == "TLS_AES_256_GCM_SHA384"
    assert rig.view.payment == "Contract"
    assert rig.names().count("AuthorizationSetupReq") == 1
    assert town.sides.vehicle.evccid() == EVCCID


def test_ed448_all_the_way(virtual: worlds.World) -> None:
    rig = Town(virtual, key_type=KeyType.ED448).drive()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED, rig.results
    assert rig.view.payment == "Contract"


def test_a_contract_is_installed_and_pays_with_every_key_in_a_real_token(
    virtual: worlds.World, make_token: Callable[..., Pkcs11Driver], tmp_path: Path
) -> None:
    token = make_token()
    town = Town(virtual, secc=lab(tmp_path), token=token, without=(Use.CONTRACT,))
    rig = town.drive()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED, rig.results
    assert rig.view.payment == "Contract"
    assert "CertificateInstallationReq" in rig.names()
    wallet = town.sides.vehicle.newer_wallet()
    (kept,) = wallet.keym.store.credentials(Use.CONTRACT)
    (line,) = [line for line in token.stored() if line.handle == kept.key]
    assert not line.extractable
    assert parse(kept.ders[0]).spki == token.public_key(kept.key).spki()
    labels = {line.handle.label.split("-")[0] for line in token.stored()}
    assert labels == {"vehicle", "provisioning", "contract"}


def test_an_ed448_contract_is_installed_over_x448(virtual: worlds.World, tmp_path: Path) -> None:
    """The provisioning certificate names the key that the contract is enclosed for."""
    secc = lab(tmp_path, KeyType.ED448)
    rig = Town(virtual, secc=secc, without=(Use.CONTRACT,), key_type=KeyType.ED448).drive()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED, rig.results
    assert "CertificateInstallationReq" in rig.names()
    assert rig.view.payment == "Contract"
