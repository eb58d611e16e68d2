"""Plug & Charge with every key of the vehicle in a real token, and what happens when it goes."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.model import Message
from bsw.chrgm.signature import Scheme, Signable, sign, verify
from bsw.chrgm.signature import iso2 as older
from bsw.chrgm.signature import iso20 as newer
from bsw.crypto import KeyType
from bsw.tls.config import TlsConfig
from bsw.tls.engine import Engine
from bsw.tls.port import Credential, TlsProfile, TlsReason, TlsState
from bsw.tls.station import StationTls
from bsw.tls.vehicle import VehicleTls
from csm import material
from csm.cryif import CryIf
from csm.drivers.pkcs11 import Pkcs11Driver
from csm.errors import TokenRemoved
from csm.handles import KeyHandle, KeyKind, PublicKey
from csm.public import verify as holds
from csm.signing import KeySigner, SoftwareVerifier
from keym.calendar import Moment
from keym.judging.judge import Judge, Policy
from keym.judging.revocation import Demand
from keym.judging.trust import TlsTrust
from keym.judging.verdict import Anchor
from keym.provisioning import provider_iso2, provider_iso20, vehicle_iso2, vehicle_iso20
from keym.provisioning.keys import Receiver
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from tests.pnc.messages import ISO20_MESSAGES, PlainSigner
from tests.pnc.world import HEADER, NOW, World, pki
from tools.pki.maker import PCID
from tools.pki.recipe import Entity, issue
from tools.pki.status import ocsp_response

KINDS = {KeyType.P256: KeyKind.P256, KeyType.P521: KeyKind.P521, KeyType.ED448: KeyKind.ED448}


@dataclass
class PublicHalf:
    """All that a certificate authority gets of a key that was born in a token."""

    spki: bytes

    def public_key(self) -> Any:  # noqa: ANN401 - one of three classes of the library
        return load_der_public_key(self.spki)


class Calendar:
    def moment(self) -> Moment:
        return Moment(NOW)


def born(keys: CryIf, handle: KeyHandle, edition: Edition, key_type: KeyType, name: str) -> Entity:
    """A key generated in the token, with a certificate in place of a test PKI's own."""
    public = keys.generate(handle, KINDS[key_type])
    assert public is not None
    of = pki(edition, key_type)
    model = of[name]
    key: Any = PublicHalf(public.spki())
    return issue(name, of.recipe(name), model.issuer, key)


def judge(edition: Edition, key_type: KeyType, *kinds: RootKind) -> Judge:
    of = pki(edition, key_type)
    anchors = [Anchor(kind, parse(of.root(kind).der)) for kind in kinds]
    return Judge(
        lambda: anchors, Calendar(), policies={Use.VEHICLE: Policy(revocation=Demand.SOFT)}
    )


def signer(keys: CryIf, handle: KeyHandle) -> KeySigner:
    return KeySigner(handle, keys.public_key(handle), keys.sign)


def station(key_type: KeyType) -> StationTls:
    secc = pki(Edition.ISO20, key_type)["secc"]
    shown = Credential(
        TlsProfile.ISO20,
        secc.chain,
        _plain(secc),
        secc.root.der,
        staple=lambda: ocsp_response(secc, NOW),
    )
    trust = TlsTrust(judge(Edition.ISO20, key_type, RootKind.OEM), Use.VEHICLE)
    return StationTls(TlsConfig(), trust, [shown])


def _plain(entity: Entity) -> PlainSigner:
    key: Any = entity.key
    loaded = PlainSigner.__new__(PlainSigner)
    loaded._key = key
    loaded.public_key = material.public_half(key).spki()
    return loaded


def vehicle(keys: CryIf, handle: KeyHandle, entity: Entity, key_type: KeyType) -> VehicleTls:
    shown = Credential(TlsProfile.ISO20, entity.chain, signer(keys, handle), entity.root.der)
    trust = TlsTrust(judge(Edition.ISO20, key_type, RootKind.V2G), Use.SECC)
    return VehicleTls(TlsConfig(), trust, [shown])


def settle(one: Engine, other: Engine) -> None:
    for _ in range(6):
        for sender, receiver in ((one, other), (other, one)):
            sender.advance()
            data = sender.outgoing()
            if data:
                receiver.feed(data)


@pytest.mark.parametrize("key_type", [KeyType.P521, KeyType.ED448])
def test_a_vehicle_key_that_never_was_outside_shakes_hands(
    token: Pkcs11Driver, key_type: KeyType
) -> None:
    keys = CryIf([token])
    handle = token.handle("vehicle")
    entity = born(keys, handle, Edition.ISO20, key_type, "vehicle")
    (line,) = [line for line in token.stored() if line.handle == handle]
    assert line.born_inside
    assert not line.extractable
    car, charger = vehicle(keys, handle, entity, key_type).engine(), station(key_type).engine()
    assert car.may_block
    assert not charger.may_block
    settle(car, charger)
    assert car.state is charger.state is TlsState.OPEN, (car.failure, charger.failure)
    assert charger.facts is not None
    assert charger.facts.version == "TLSv1.3"
    assert charger.facts.peer_chain == entity.chain


AUTHORIZATION = iso2.AuthorizationReq(id="id1", gen_challenge=bytes(range(16)))
PNC_MODE = ISO20_MESSAGES["AuthorizationReq"]
Elements = tuple[Signable, ...]


@pytest.mark.parametrize(
    ("key_type", "scheme", "elements"),
    [
        (KeyType.P256, older.SCHEME, older.signed_elements(AUTHORIZATION)),
        (KeyType.P521, newer.SCHEME, newer.signed_elements(PNC_MODE)),
        (KeyType.ED448, newer.SCHEME, newer.signed_elements(PNC_MODE)),
    ],
)
def test_an_authorization_is_signed_in_the_token(
    token: Pkcs11Driver, key_type: KeyType, scheme: Scheme, elements: Elements
) -> None:
    keys = CryIf([token])
    handle = token.handle("contract")
    public = keys.generate(handle, KINDS[key_type])
    assert public is not None
    signature = sign(scheme, elements, signer(keys, handle))
    verify(scheme, signature, elements, public.spki(), SoftwareVerifier())


def test_an_iso2_contract_is_delivered_into_the_token(token: Pkcs11Driver) -> None:
    keys, world = CryIf([token]), World()
    provisioning = token.handle("provisioning")
    entity = born(keys, provisioning, Edition.ISO2, KeyType.P256, "provisioning")
    roots = [world.pki["v2g_root"].der]
    asked = vehicle_iso2.installation_request(entity.der, signer(keys, provisioning), roots)
    provider = world.provider()
    leaf = provider_iso2.requester(asked.body, asked.signature, provider)
    contract = world.contract()
    said = provider_iso2.installation(contract, leaf, provider)
    receiver = Receiver(keys, world.judge(RootKind.V2G), Calendar())
    delivered = vehicle_iso2.take(
        said.body, said.signature, receiver, opened_with=provisioning, label="contract-1"
    )
    _signs_an_authorization(keys, delivered.key, material.public_half(contract.key), AUTHORIZATION)
    (line,) = [line for line in token.stored() if line.handle == delivered.key]
    assert not line.extractable


def test_an_iso20_contract_is_delivered_into_the_token(token: Pkcs11Driver) -> None:
    keys = CryIf([token])
    world = World(edition=Edition.ISO20, key_type=KeyType.P521)
    provisioning = token.handle("provisioning")
    entity = born(keys, provisioning, Edition.ISO20, KeyType.P521, "provisioning")
    roots = [world.pki["v2g_root"].der]
    request = vehicle_iso20.installation_request(
        HEADER, entity.chain, signer(keys, provisioning), roots
    )
    provider, contract = world.provider(), world.contract()
    leaf = provider_iso20.requester(request, provider)
    response = provider_iso20.installation(HEADER, contract, leaf, provider)
    receiver = Receiver(keys, world.judge(RootKind.V2G), Calendar())
    delivered = vehicle_iso20.take(
        response,
        receiver,
        opened_with={common.EcdhCurve.SECP521: provisioning},
        pcid=PCID,
        label="contract-1",
    )
    _signs_an_authorization(keys, delivered.key, material.public_half(contract.key), PNC_MODE)


def _signs_an_authorization(
    keys: CryIf, handle: KeyHandle, public: PublicKey, body: Message
) -> None:
    assert keys.public_key(handle) == public
    newest = isinstance(body, common.AuthorizationReq)
    scheme = newer.SCHEME if newest else older.SCHEME
    elements = newer.signed_elements(body) if newest else older.signed_elements(body)
    signature = sign(scheme, elements, signer(keys, handle))
    verify(scheme, signature, elements, public.spki(), SoftwareVerifier())


def test_a_token_deleted_in_mid_session_is_a_named_key_failure(
    token: Pkcs11Driver, tmp_path: Path
) -> None:
    """The open connection lives on, the next handshake and the next signature do not."""
    keys = CryIf([token])
    handle = token.handle("vehicle")
    entity = born(keys, handle, Edition.ISO20, KeyType.P521, "vehicle")
    garage = vehicle(keys, handle, entity, KeyType.P521)
    car, charger = garage.engine(), station(KeyType.P521).engine()
    settle(car, charger)
    assert car.state is TlsState.OPEN
    shutil.rmtree(tmp_path / "softhsm" / "tokens")

    car.send(b"still here")
    settle(car, charger)
    assert charger.incoming() == b"still here"

    with pytest.raises(TokenRemoved, match="the token is gone"):
        sign(newer.SCHEME, newer.signed_elements(PNC_MODE), signer_of(garage))

    car, charger = garage.engine(), station(KeyType.P521).engine()
    settle(car, charger)
    assert car.state is TlsState.FAILED
    assert car.failure is not None
    assert car.failure.reason is TlsReason.KEY_FAILURE
    assert "the token is gone" in car.failure.detail
    assert "bring it back" in car.failure.detail  # place and remedy, from the key store
    assert charger.failure is not None
    assert charger.failure.alert == 80  # internal_error: what a peer may know of it


def signer_of(garage: VehicleTls) -> Any:  # noqa: ANN401 - the KeySigner put in above
    return garage._credentials[0].signer


def test_a_signature_of_the_token_holds_without_it(
    make_token: Callable[..., Pkcs11Driver],
) -> None:
    keys = CryIf([make_token()])
    handle = keys.drivers[0].handle("contract")
    public = keys.generate(handle, KeyKind.P256)
    assert public is not None
    value = keys.sign(handle, bytes(32))
    keys.close()
    assert holds(public, bytes(32), value)
