"""ISO 15118-2: a contract key leaves its provider and arrives in the vehicle's token."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bsw import exi
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Said
from bsw.chrgm.signature import sign
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.crypto import KeyType, prepared
from csm import material
from csm.cryif import CryIf
from csm.drivers.simulated import SimulatedDriver
from csm.errors import TokenFull, TokenRemoved
from csm.handles import KeyKind, Use
from csm.public import verify
from csm.randomness import SeededRandomness
from csm.secret import PrivateKey, Secret
from keym.judging.judge import Judge
from keym.judging.revocation import StatusBook
from keym.provisioning import codes, provider_iso2, vehicle_iso2
from keym.provisioning.envelope import EnvelopeRules
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.keys import Delivered
from keym.provisioning.provider import Contract
from keym.x509.certificate import parse
from keym.x509.profile import RootKind
from tests.pnc.world import World
from tools.pki.maker import EMAID_WITH_DIGIT
from tools.pki.status import Status, ocsp_response

Code = iso2.ResponseCode


def through_the_wire(said: Said) -> Said:
    """Encoded and decoded, as the other side gets it."""
    codec = exi.codec("iso2")
    header = iso2.MessageHeader(session_id=bytes(8), signature=said.signature)
    message = codec.decode(codec.encode(iso2.V2GMessage(header=header, body=said.body)))
    assert isinstance(message, iso2.V2GMessage)
    return Said(message.body, message.header.signature)


def ask(world: World) -> Said:
    leaf = world.pki["provisioning"].der
    roots = [world.pki["v2g_root"].der]
    signer = world.signer("provisioning")
    return through_the_wire(vehicle_iso2.installation_request(leaf, signer, roots))


def deliver(world: World, contract: Contract | None = None) -> Said:
    asked = ask(world)
    provider = world.provider()
    leaf = provider_iso2.requester(asked.body, asked.signature, provider)
    return through_the_wire(
        provider_iso2.installation(contract or world.contract(), leaf, provider)
    )


def take(world: World, delivery: Said, *, opened_with: str = "provisioning") -> Delivered:
    return vehicle_iso2.take(
        delivery.body,
        delivery.signature,
        world.receiver(),
        opened_with=world.handle(opened_with),
        label="contract-2",
    )


def refused(world: World, delivery: Said, *, opened_with: str = "provisioning") -> Fault:
    """Why it was, after making sure that the token is as it was before."""
    before = {line.handle for line in world.token.stored()}
    with pytest.raises(ProvisioningError) as raised:
        take(world, delivery, opened_with=opened_with)
    assert {line.handle for line in world.token.stored()} == before
    return raised.value.fault


def signed_again(world: World, body: iso2.CertificateInstallationRes) -> Said:
    """As a provisioning service would have sent it, had it meant to."""
    return Said(body, sign(SCHEME, signed_elements(body), world.provider().signer))


def test_a_contract_is_delivered_and_its_key_signs_in_the_token() -> None:
    world = World()
    contract = world.contract()
    delivered = take(world, deliver(world, contract))
    assert delivered.chain == contract.chain
    assert delivered.emaid == EMAID_WITH_DIGIT
    assert delivered.notes == ()
    data = prepared(KeyType.P256, b"AuthorizationReq")
    signature = world.keys.sign(delivered.key, data)
    assert verify(material.public_half(contract.key), data, signature)


def test_the_delivered_contract_serves_for_the_next_update() -> None:
    world = World()
    first = take(world, deliver(world))
    signer = replace(
        world.signer("contract"), key=first.key, public=world.keys.public_key(first.key)
    )
    asked = vehicle_iso2.update_request(
        first.chain, first.emaid, signer, [world.pki["v2g_root"].der]
    )
    provider = world.provider()
    heard = through_the_wire(asked)
    leaf = provider_iso2.requester(heard.body, heard.signature, provider)
    contract = world.contract()
    said = through_the_wire(provider_iso2.update(contract, leaf, provider, retry_counter=30))
    assert said.body.retry_counter == 30
    delivered = vehicle_iso2.take(
        said.body, said.signature, world.receiver(), opened_with=first.key, label="contract-3"
    )
    assert delivered.chain == contract.chain
    assert delivered.key != first.key


def test_a_delivery_for_another_vehicle_is_not_taken() -> None:
    """AES-CBC opens it without complaint; the key it gives is not the contract's."""
    world = World()
    stranger = world.pki.issue("stranger", world.pki.recipe("provisioning"), "oem_sub2")
    world.put("somebody", stranger)
    assert refused(world, deliver(world), opened_with="somebody") is Fault.WRONG_KEY


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 47), st.integers(1, 255))
def test_no_tampering_with_the_envelope_passes_even_when_signed(place: int, mask: int) -> None:
    world = World()
    good = deliver(world).body
    blob = bytearray(good.contract_signature_encrypted_private_key.value)
    blob[place] ^= mask
    envelope = iso2.ContractSignatureEncryptedPrivateKey(id="id2", value=bytes(blob))
    body = good.replace(contract_signature_encrypted_private_key=envelope)
    assert refused(world, signed_again(world, body)) is Fault.WRONG_KEY


def test_a_changed_part_breaks_the_signature() -> None:
    world = World()
    good = deliver(world)
    other = deliver(world).body
    for body in (
        good.body.replace(
            contract_signature_encrypted_private_key=other.contract_signature_encrypted_private_key
        ),
        good.body.replace(dhpublickey=other.dhpublickey),
        good.body.replace(contract_signature_cert_chain=other.contract_signature_cert_chain),
        good.body.replace(emaid=iso2.EMAID(id="id4", value="DEABC123456789")),
    ):
        assert refused(world, Said(body, good.signature)) is Fault.SIGNATURE
    assert refused(world, Said(good.body, None)) is Fault.SIGNATURE
    assert refused(world, Said(good.body, deliver(world).signature)) is Fault.SIGNATURE


@pytest.mark.parametrize(
    "point",
    [
        b"\x04" + bytes(64),
        b"\x02" + bytes(64),
        b"\x04" + bytes(63) + b"\x01",
        b"\x04" + b"\xff" * 64,
    ],
)
def test_an_ephemeral_key_off_the_curve_is_refused(point: bytes) -> None:
    world = World()
    key = iso2.DiffieHellmanPublickey(id="id3", value=point)
    body = deliver(world).body.replace(dhpublickey=key)
    assert refused(world, signed_again(world, body)) is Fault.BAD_POINT


def test_a_service_nobody_vouches_for_is_not_believed() -> None:
    world = World()
    good = deliver(world)
    for name in ("secc", "contract", "provisioning"):
        chain = vehicle_iso2.chain_of(world.pki[name].chain)
        body = good.body.replace(sa_provisioning_certificate_chain=chain)
        assert refused(world, Said(body, good.signature)) is Fault.PROVIDER_CHAIN


def test_an_expired_service_is_not_believed() -> None:
    world = World()
    good = deliver(world)
    world.calendar.at += timedelta(days=100)  # a CPS leaf lives 90 days
    assert refused(world, good) is Fault.PROVIDER_CHAIN


@pytest.mark.parametrize(
    ("days", "taken"), [((-10, 10), True), ((-10, -1), False), ((1, 10), False)]
)
def test_a_contract_has_to_be_valid_today(days: tuple[int, int], *, taken: bool) -> None:
    world = World()
    since, until = (world.pki.at + timedelta(days=count) for count in days)
    entity = world.fresh_contract(valid_from=since, valid_until=until)
    delivery = deliver(world, world.contract(entity))
    if taken:
        assert take(world, delivery).chain == entity.chain
    else:
        assert refused(world, delivery) is Fault.CONTRACT_CHAIN


def test_a_contract_of_another_name_is_not_taken() -> None:
    world = World()
    contract = replace(world.contract(), emaid="DEABC123456789")
    assert refused(world, deliver(world, contract)) is Fault.NAME_MISMATCH


def test_a_contract_whose_chain_does_not_hold_is_not_taken() -> None:
    world = World()
    good = world.contract()
    leaf, second, first = good.chain
    other = world.pki["cps"].chain
    for chain in ((leaf,), (leaf, other[1]), (leaf, second, other[2]), (leaf, first)):
        broken = Contract(chain, good.key, good.emaid)
        assert refused(world, deliver(world, broken)) is Fault.CONTRACT_CHAIN


@pytest.mark.parametrize("known", [False, True])
def test_the_operator_s_root_may_be_known_or_not(*, known: bool) -> None:
    world = World()
    contract = world.contract()
    delivery = deliver(world, contract)
    kinds = (RootKind.V2G, RootKind.MO) if known else (RootKind.V2G,)
    receiver = replace(world.receiver(), judge=world.judge(*kinds))
    taken = vehicle_iso2.take(
        delivery.body,
        delivery.signature,
        receiver,
        opened_with=world.handle("provisioning"),
        label="contract-2",
    )
    assert taken.chain == contract.chain


def test_a_chain_without_its_first_authority_is_good_enough() -> None:
    world = World()
    good = world.contract()
    short = Contract(good.chain[:2], good.key, good.emaid)
    assert take(world, deliver(world, short)).chain == good.chain[:2]


def test_a_key_of_another_contract_is_not_taken() -> None:
    world = World()
    good, other = world.contract(), world.contract()
    mixed = Contract(good.chain, other.key, good.emaid)
    assert refused(world, deliver(world, mixed)) is Fault.WRONG_KEY


@pytest.mark.parametrize("scalar", [bytes(32), b"\xff" * 32])
def test_a_scalar_outside_the_curve_is_not_taken(scalar: bytes) -> None:
    world = World()
    good = world.contract()
    odd = Contract(good.chain, PrivateKey(KeyKind.P256, Secret(scalar)), good.emaid)
    assert refused(world, deliver(world, odd)) is Fault.WRONG_KEY


def test_a_refusal_of_the_service_is_a_refusal() -> None:
    world = World()
    body = deliver(world).body.replace(response_code=Code.FAILED_NO_CERTIFICATE_AVAILABLE)
    assert refused(world, Said(body, None)) is Fault.RESPONSE_REFUSED


def test_a_token_that_is_gone_ends_it_with_its_own_words() -> None:
    world = World()
    delivery = deliver(world)
    world.token.faults.order("derive", TokenRemoved("sim"))
    with pytest.raises(ProvisioningError, match="the token is gone: sim") as raised:
        take(world, delivery)
    assert raised.value.fault is Fault.KEY_STORE


@pytest.mark.parametrize("verb", ["import", "sign"])
def test_a_token_that_fails_late_keeps_nothing_of_the_new_key(verb: str) -> None:
    world = World()
    delivery = deliver(world)
    world.token.faults.order(verb, TokenFull("64 keys"))
    assert refused(world, delivery) is Fault.KEY_STORE
    assert take(world, delivery).chain  # and it goes well the next time


def test_a_label_that_is_taken_does_not_stop_a_delivery() -> None:
    """A key an earlier session left behind, for instance when its chain could not be kept."""
    world = World()
    labels = [take(world, deliver(world)).key.label for _ in range(3)]
    assert labels == ["contract-2", "contract-2.1", "contract-2.2"]


def test_the_key_goes_where_it_can_open_the_next_update() -> None:
    world = World()
    delivery = deliver(world)

    weak = SimulatedDriver(SeededRandomness("weak"), name="weak")
    weak.faults.weak.add((Use.DERIVE, KeyKind.P256))
    keys = CryIf([weak, world.token])
    receiver = replace(world.receiver(), keys=keys)
    taken = vehicle_iso2.take(
        delivery.body,
        delivery.signature,
        receiver,
        opened_with=world.handle("provisioning"),
        label="contract-2",
    )
    assert taken.key.driver == "sim"  # the strong one: this key will open an update


def test_the_lab_may_derive_otherwise_but_only_on_both_sides() -> None:
    world = World()
    lab = EnvelopeRules(lab_bare_kdf=True)
    asked = ask(world)
    provider = replace(world.provider(), rules=lab)
    leaf = provider_iso2.requester(asked.body, asked.signature, provider)
    delivery = provider_iso2.installation(world.contract(), leaf, provider)
    assert refused(world, delivery) is Fault.WRONG_KEY
    receiver = replace(world.receiver(), rules=lab)
    taken = vehicle_iso2.take(
        delivery.body,
        delivery.signature,
        receiver,
        opened_with=world.handle("provisioning"),
        label="lab",
    )
    assert taken.emaid == EMAID_WITH_DIGIT


def code(world: World, asked: Said) -> Code:
    with pytest.raises(ProvisioningError) as raised:
        provider_iso2.requester(asked.body, asked.signature, world.provider())
    return codes.iso2_code(raised.value)


def test_the_service_answers_each_bad_request_with_its_code() -> None:
    world = World()
    good = ask(world)
    assert code(world, Said(good.body, None)) is Code.FAILED_SIGNATURE_ERROR
    changed = good.body.replace(
        list_of_root_certificate_ids=iso2.ListOfRootCertificateIDs(
            root_certificate_id=good.body.list_of_root_certificate_ids.root_certificate_id * 2
        )
    )
    assert code(world, Said(changed, good.signature)) is Code.FAILED_SIGNATURE_ERROR
    stranger = good.body.replace(oem_provisioning_cert=world.pki["contract"].der)
    assert code(world, Said(stranger, good.signature)) is Code.FAILED_CERT_CHAIN_ERROR
    noise = good.body.replace(oem_provisioning_cert=b"no certificate")
    assert code(world, Said(noise, good.signature)) is Code.FAILED_CERT_CHAIN_ERROR
    world.calendar.at += timedelta(days=5 * 365)
    assert code(world, good) is Code.FAILED_CERTIFICATE_EXPIRED
    world.calendar.at -= timedelta(days=20 * 365)
    assert code(world, good) is Code.FAILED_CERTIFICATE_EXPIRED  # not yet valid [V2G2-824]


def test_a_revoked_vehicle_gets_no_contract() -> None:
    world = World()
    asked = ask(world)
    provider = world.provider()
    book = StatusBook()
    leaf, issuer = world.pki["provisioning"], world.pki["oem_sub2"]
    answer = ocsp_response(leaf, world.pki.at, Status.REVOKED)
    book.learn(answer, parse(leaf.der), parse(issuer.der), world.calendar.moment())
    judge = Judge(provider.judge.anchors, world.calendar, book=book)
    with pytest.raises(ProvisioningError) as raised:
        provider_iso2.requester(asked.body, asked.signature, replace(provider, judge=judge))
    assert codes.iso2_code(raised.value) is Code.FAILED_CERTIFICATE_REVOKED


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (Fault.NO_CONTRACT, Code.FAILED_NO_CERTIFICATE_AVAILABLE),
        (Fault.CANCELED, Code.FAILED_CONTRACT_CANCELED),
        (Fault.KEY_STORE, Code.FAILED),
    ],
)
def test_what_the_back_end_lacks_has_a_code(fault: Fault, wanted: Code) -> None:
    assert codes.iso2_code(ProvisioningError(fault)) is wanted


def test_every_fault_has_a_code_in_both_editions() -> None:
    for fault in Fault:
        assert codes.iso2_code(ProvisioningError(fault)).value.startswith("FAILED")
        assert codes.iso20_code(ProvisioningError(fault)).value.startswith(("FAILED", "WARNING"))


def test_the_makers_authorities_may_be_named_in_any_order_and_beside_others() -> None:
    world = World()
    asked = ask(world)
    own = world.pki["provisioning"].chain[1:]
    foreign = world.pki["contract"].chain[1:]
    for named in (own, own[::-1], (*foreign, *own[::-1], *own)):
        provider = replace(world.provider(), vehicle_authorities=named)
        leaf = provider_iso2.requester(asked.body, asked.signature, provider)
        assert leaf.der == world.pki["provisioning"].der
    provider = replace(world.provider(), vehicle_authorities=own[1:])
    with pytest.raises(ProvisioningError) as raised:
        provider_iso2.requester(asked.body, asked.signature, provider)
    assert raised.value.fault is Fault.REQUESTER_CHAIN
