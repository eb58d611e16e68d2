"""ISO 15118-20: contract keys enclosed with AES-GCM, agreed on P-521 or X448."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bsw import exi
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.signature import sign
from bsw.chrgm.signature.iso20 import SCHEME, signed_elements
from bsw.crypto import KeyType, prepared
from csm import material
from csm.handles import KeyHandle, KeyKind
from csm.public import verify
from csm.randomness import SeededRandomness
from csm.secret import PrivateKey, Secret
from keym.provisioning import codes, provider_iso20, vehicle_iso20
from keym.provisioning.envelope import EnvelopeRules
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.keys import Delivered
from keym.provisioning.provider import Contract
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from tests.pnc.world import HEADER, World
from tools.pki.maker import EMAID_WITH_DIGIT, PCID

SECP521, X448 = common.EcdhCurve.SECP521, common.EcdhCurve.X448
CODEC = exi.codec("iso20.common")


def new_world(key_type: KeyType = KeyType.P521) -> World:
    return World(edition=Edition.ISO20, key_type=key_type)


def ask(world: World, **wishes: object) -> common.CertificateInstallationReq:
    request = vehicle_iso20.installation_request(
        HEADER,
        world.pki["provisioning"].chain,
        world.signer("provisioning"),
        [world.pki["v2g_root"].der],
        **wishes,  # type: ignore[arg-type]
    )
    heard = CODEC.decode(CODEC.encode(request))
    assert isinstance(heard, common.CertificateInstallationReq)
    return heard


def deliver(
    world: World, contract: Contract | None = None, **how: object
) -> common.CertificateInstallationRes:
    provider = world.provider()
    leaf = provider_iso20.requester(ask(world), provider)
    response = provider_iso20.installation(
        HEADER,
        contract or world.contract(),
        leaf,
        provider,
        **how,  # type: ignore[arg-type]
    )
    heard = CODEC.decode(CODEC.encode(response))
    assert isinstance(heard, common.CertificateInstallationRes)
    return heard


def take(
    world: World,
    response: common.CertificateInstallationRes,
    opened_with: dict[common.EcdhCurve, KeyHandle] | None = None,
) -> Delivered:
    keys = {SECP521: world.handle("provisioning")} if opened_with is None else opened_with
    return vehicle_iso20.take(
        response, world.receiver(), opened_with=keys, pcid=PCID, label="contract-2"
    )


def refused(
    world: World,
    response: common.CertificateInstallationRes,
    opened_with: dict[common.EcdhCurve, KeyHandle] | None = None,
) -> Fault:
    before = {line.handle for line in world.token.stored()}
    with pytest.raises(ProvisioningError) as raised:
        take(world, response, opened_with)
    assert {line.handle for line in world.token.stored()} == before
    return raised.value.fault


def signed_again(
    world: World, response: common.CertificateInstallationRes, **changes: object
) -> common.CertificateInstallationRes:
    """As a provisioning service would have sent it, had it meant to."""
    data = response.signed_installation_data.replace(**changes)
    changed = response.replace(signed_installation_data=data)
    signature = sign(SCHEME, signed_elements(changed), world.provider().signer)
    return changed.replace(header=HEADER.replace(signature=signature))


def test_a_contract_is_delivered_and_its_key_signs_in_the_token() -> None:
    world = new_world()
    contract = world.contract()
    delivered = take(world, deliver(world, contract))
    assert delivered.chain == contract.chain
    assert delivered.emaid == EMAID_WITH_DIGIT
    data = prepared(KeyType.P521, b"PnC_AReqAuthorizationMode")
    signature = world.keys.sign(delivered.key, data)
    assert verify(material.public_half(contract.key), data, signature)


def ed448_contract(world: World, last: int = 0) -> Contract:
    """An Ed448 contract whose key a provider made so that it fits into the envelope."""
    octets = SeededRandomness("ed448").octets(56) + bytes((last,))
    key = PrivateKey(KeyKind.ED448, Secret(octets))
    pair = Ed448PrivateKey.from_private_bytes(octets)
    entity = world.pki.issue("ed448", world.pki.recipe("contract"), "mo_sub2", pair)
    return Contract(entity.chain, key, EMAID_WITH_DIGIT)


def with_x448(world: World) -> dict[common.EcdhCurve, KeyHandle]:
    handle = world.handle("provisioning-x448")
    world.keys.generate(handle, KeyKind.X448)
    return {X448: handle}


def test_an_ed448_contract_travels_over_x448() -> None:
    world = new_world(KeyType.ED448)
    keys = with_x448(world)
    alternate = world.keys.public_key(keys[X448])
    contract = ed448_contract(world)
    response = deliver(world, contract, alternate=alternate)
    assert response.signed_installation_data.ecdh_curve is X448
    delivered = take(world, response, keys)
    signature = world.keys.sign(delivered.key, b"message")
    assert verify(material.public_half(contract.key), b"message", signature)


def test_an_ed448_key_that_does_not_fit_is_not_sent() -> None:
    world = new_world(KeyType.ED448)
    alternate = world.keys.public_key(with_x448(world)[X448])
    with pytest.raises(ProvisioningError, match="ends in a zero octet"):
        deliver(world, ed448_contract(world, last=7), alternate=alternate)


def test_an_ed448_contract_goes_to_the_key_that_the_certificate_names() -> None:
    world = new_world(KeyType.ED448)
    entity = world.pki["provisioning"]
    assert entity.agreement is not None
    handle = world.handle("provisioning-x448")
    with material.unload(entity.agreement) as key:
        world.token.import_private(handle, key)
    assert take(world, deliver(world, ed448_contract(world)), {X448: handle}).chain
    recipe = replace(world.pki.recipe("provisioning"), extra=())
    bare = parse(world.pki.issue("bare", recipe, "oem_sub2").der)
    with pytest.raises(ProvisioningError, match="without an X448 key"):
        provider_iso20.installation(HEADER, ed448_contract(world), bare, world.provider())


@pytest.mark.parametrize("place", ["behind", "before"])
def test_the_filler_around_an_x448_key_may_stand_on_either_side(place: str) -> None:
    world = new_world(KeyType.ED448)
    keys = with_x448(world)
    alternate = world.keys.public_key(keys[X448])
    response = deliver(world, ed448_contract(world), alternate=alternate)
    field = response.signed_installation_data.dh_public_key
    assert field[56:] == bytes(77)
    if place == "before":
        response = signed_again(world, response, dh_public_key=bytes(77) + field[:56])
    assert take(world, response, keys).chain


def test_a_filler_that_is_none_is_refused() -> None:
    world = new_world(KeyType.ED448)
    keys = with_x448(world)
    response = deliver(world, ed448_contract(world), alternate=world.keys.public_key(keys[X448]))
    odd = signed_again(world, response, dh_public_key=b"\x01" * 133)
    assert refused(world, odd, keys) is Fault.BAD_POINT
    weak = signed_again(world, response, dh_public_key=bytes(133))  # of small order
    assert refused(world, weak, keys) is Fault.BAD_POINT


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 93), st.integers(1, 255))
def test_no_tampering_with_the_envelope_passes_even_when_signed(place: int, mask: int) -> None:
    world = new_world()
    response = deliver(world)
    blob = bytearray(response.signed_installation_data.secp521_encrypted_private_key or b"")
    blob[place] ^= mask
    changed = signed_again(world, response, secp521_encrypted_private_key=bytes(blob))
    assert refused(world, changed) is Fault.ENVELOPE


def test_a_delivery_for_another_vehicle_cannot_be_opened() -> None:
    world = new_world()
    stranger = world.pki.issue("stranger", world.pki.recipe("provisioning"), "oem_sub2")
    handle = world.put("somebody", stranger)
    assert refused(world, deliver(world), {SECP521: handle}) is Fault.ENVELOPE


def test_the_identities_are_part_of_the_envelope() -> None:
    world = new_world()
    response = deliver(world)
    with pytest.raises(ProvisioningError, match="the tag does not fit"):
        vehicle_iso20.take(
            response,
            world.receiver(),
            opened_with={SECP521: world.handle("provisioning")},
            pcid="WMIP1234567890ABCX",
            label="contract-2",
        )
    spaced = vehicle_iso20.take(
        response,
        world.receiver(),
        opened_with={SECP521: world.handle("provisioning")},
        pcid="-".join((PCID[:3].lower(), PCID[3:])),
        label="contract-2",
    )
    assert spaced.chain


def test_a_long_key_identifier_is_taken_as_well() -> None:
    """The norm's count fits the short form; certificates with the long one are about."""
    world = new_world()
    entity = world.fresh_contract(short_key_id=False)
    assert take(world, deliver(world, world.contract(entity))).chain == entity.chain


def test_a_contract_without_a_key_identifier_cannot_be_delivered() -> None:
    world = new_world()
    entity = world.fresh_contract(subject_key_id=False)
    with pytest.raises(ProvisioningError) as raised:
        deliver(world, world.contract(entity))
    assert raised.value.fault is Fault.NO_KEY_ID


def test_a_changed_part_breaks_the_signature() -> None:
    world = new_world()
    good, other = deliver(world), deliver(world)
    mixed = good.replace(signed_installation_data=other.signed_installation_data)
    assert refused(world, mixed) is Fault.SIGNATURE
    assert refused(world, good.replace(header=HEADER)) is Fault.SIGNATURE


def test_a_service_nobody_vouches_for_is_not_believed() -> None:
    world = new_world()
    leaf, *above = world.pki["secc"].chain
    chain = common.CertificateChain(
        certificate=leaf, sub_certificates=common.SubCertificates(certificate=tuple(above))
    )
    response = deliver(world).replace(cps_certificate_chain=chain)
    assert refused(world, response) is Fault.PROVIDER_CHAIN


def test_an_expired_service_or_contract_is_not_believed() -> None:
    world = new_world()
    response = deliver(world)
    until = world.pki.at - timedelta(hours=1)
    stale = world.fresh_contract(valid_until=until)
    assert refused(world, deliver(world, world.contract(stale))) is Fault.CONTRACT_CHAIN
    world.calendar.at += timedelta(days=100)
    assert refused(world, response) is Fault.PROVIDER_CHAIN


def test_what_is_not_finished_is_not_taken() -> None:
    world = new_world()
    response = deliver(world).replace(evse_processing=Processing.ONGOING)
    assert refused(world, response) is Fault.NOT_THIS_MESSAGE


def test_a_warning_of_the_service_is_a_refusal() -> None:
    world = new_world()
    code = ResponseCode.WARNING_NO_CONTRACT_MATCHING_PCID_FOUND
    assert refused(world, deliver(world).replace(response_code=code)) is Fault.RESPONSE_REFUSED


def test_a_key_enclosed_for_a_tpm_is_refused_by_name() -> None:
    world = new_world()
    changed = signed_again(
        world,
        deliver(world),
        secp521_encrypted_private_key=None,
        tpm_encrypted_private_key=bytes(206),
    )
    assert refused(world, changed) is Fault.UNSUPPORTED
    assert refused(world, deliver(world), {}) is Fault.UNSUPPORTED


def test_leading_bits_that_are_not_zero_are_refused() -> None:
    """A sender that fills the field with anything but a scalar [V2G20-2678]."""
    world = new_world()
    good = world.contract()
    odd = b"\x02" + good.key.secret.reveal()[1:]
    contract = Contract(good.chain, PrivateKey(KeyKind.P521, Secret(odd)), good.emaid)
    assert refused(world, deliver(world, contract)) is Fault.ENVELOPE


def test_the_lab_may_leave_the_identities_out_on_both_sides() -> None:
    world = new_world()
    lab = EnvelopeRules(lab_no_aad=True)
    provider = replace(world.provider(), rules=lab)
    leaf = provider_iso20.requester(ask(world), provider)
    response = provider_iso20.installation(HEADER, world.contract(), leaf, provider)
    assert refused(world, response) is Fault.ENVELOPE
    delivered = vehicle_iso20.take(
        response,
        replace(world.receiver(), rules=lab),
        opened_with={SECP521: world.handle("provisioning")},
        pcid=PCID,
        label="lab",
    )
    assert delivered.chain


def test_the_preferred_contracts_come_first_and_no_more_than_wanted() -> None:
    world = new_world()
    contracts = [replace(world.contract(), emaid=f"DE8AA00000000{n}") for n in range(4)]
    request = ask(world, most=2, emaids=("DE-8AA-000000003", "de8aa000000001"))
    chosen = provider_iso20.chosen(contracts, request)
    assert [contract.emaid for contract in chosen] == ["DE8AA000000003", "DE8AA000000001"]


def code(world: World, request: common.CertificateInstallationReq) -> ResponseCode:
    with pytest.raises(ProvisioningError) as raised:
        provider_iso20.requester(request, world.provider())
    return codes.iso20_code(raised.value)


def test_the_service_answers_each_bad_request_with_its_code() -> None:
    world = new_world()
    good = ask(world)
    assert code(world, good.replace(header=HEADER)) is ResponseCode.FAILED_SIGNATURE_ERROR
    chain = good.oem_provisioning_certificate_chain
    other = chain.replace(certificate=world.pki["contract"].der)
    stranger = good.replace(oem_provisioning_certificate_chain=other)
    assert code(world, stranger) is ResponseCode.WARNING_CERTIFICATE_VALIDATION_ERROR
    world.calendar.at += timedelta(days=5 * 365)
    assert code(world, good) is ResponseCode.WARNING_CERTIFICATE_EXPIRED
    world.calendar.at -= timedelta(days=20 * 365)
    assert code(world, good) is ResponseCode.WARNING_CERTIFICATE_NOT_YET_VALID
