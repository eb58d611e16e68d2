"""ISO 15118-20, the vehicle: ask for contracts, check what comes, take the key in.

Header and signature are part of each message here.  The calls block where the key store does.
"""

from collections.abc import Mapping, Sequence

from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import (
    ListOfRootCertificateIDs,
    MessageHeader,
    Processing,
)
from bsw.chrgm.signature import SignatureFlaw, sign, verify
from bsw.chrgm.signature.iso20 import SCHEME, signed_elements, whole_request
from bsw.crypto import Signer
from csm.handles import KeyHandle, KeyKind, PublicKey, Use
from csm.secret import PrivateKey
from csm.signing import SoftwareVerifier
from keym.judging.judge import Question
from keym.provisioning import chains, envelope
from keym.provisioning.envelope import EnvelopeRules
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.keys import Delivered, Receiver, stored, take_in
from keym.x509 import profile
from keym.x509.certificate import Certificate
from keym.x509.edition import Edition

SECP521, X448 = common.EcdhCurve.SECP521, common.EcdhCurve.X448


def installation_request(
    header: MessageHeader,
    chain: Sequence[bytes],
    signer: Signer,
    roots: Sequence[bytes],
    *,
    most: int = 1,
    emaids: Sequence[str] = (),
    whole: bool = False,
    lab: bool = False,
) -> common.CertificateInstallationReq:
    """Ask for up to ``most`` contracts, these ones first, signed with the provisioning key.

    ``whole`` signs the message as it is, header included, and not its chain alone.
    """
    leaf, *above = chain
    request = common.CertificateInstallationReq(
        header=header,
        oem_provisioning_certificate_chain=common.SignedCertificateChain(
            id="id1", certificate=leaf, sub_certificates=subs_of(above)
        ),
        list_of_root_certificate_ids=ListOfRootCertificateIDs(
            root_certificate_id=chains.root_ids(roots)
        ),
        maximum_contract_certificate_chains=most,
        prioritized_emaids=common.EMAIDList(emaid=tuple(emaids)) if emaids else None,
    )
    elements = whole_request(request) if whole else signed_elements(request)
    signature = sign(SCHEME, elements, signer, lab=lab)
    return request.replace(header=header.replace(signature=signature))


def take(
    response: common.CertificateInstallationRes,
    receiver: Receiver,
    *,
    opened_with: Mapping[common.EcdhCurve, KeyHandle],
    pcid: str,
    label: str,
) -> Delivered:
    """Check a delivery and put its key under ``label`` into a key store.

    ``opened_with`` are the provisioning keys, one per curve the vehicle can agree on; ``pcid`` is
    the name in the provisioning certificate.  Raises ``ProvisioningError``; then nothing has
    changed.
    """
    if not response.response_code.value.startswith("OK"):
        raise ProvisioningError(Fault.RESPONSE_REFUSED, str(response.response_code.value))
    if response.evse_processing is not Processing.FINISHED:
        raise ProvisioningError(Fault.NOT_THIS_MESSAGE, "the station is not done yet: ask again")
    notes = _check_sender(response, receiver)
    data = response.signed_installation_data
    chain = octets_of(data.contract_certificate_chain)
    leaf = chains.contract_leaf(receiver.judge, receiver.calendar, Edition.ISO20, chain, None)
    certified = chains.public_key(leaf)
    opened = opened_with.get(data.ecdh_curve)
    if opened is None:
        curve = data.ecdh_curve.value
        raise ProvisioningError(Fault.UNSUPPORTED, f"no provisioning key that agrees on {curve}")
    aad = receiver.rules.aad(pcid, _key_id(leaf, receiver.rules))
    key = _opened(data, receiver, opened, aad)
    with key:
        envelope.prove(key, certified)
        handle = take_in(receiver.keys, label, key, certified, _wishes(certified))
    return Delivered(chain, handle, leaf.subject.common_name or "", notes)


def _opened(
    data: common.SignedInstallationData, receiver: Receiver, key: KeyHandle, aad: bytes
) -> PrivateKey:
    """By the curve; a field that belongs to another form of delivery is not looked at."""
    kdf = receiver.rules.iso20_kdf
    if data.ecdh_curve is SECP521:
        blob = data.secp521_encrypted_private_key
        sender = envelope.ephemeral_p521(data.dh_public_key)
    else:
        blob = data.x448_encrypted_private_key
        sender = envelope.ephemeral_x448(data.dh_public_key)
    if blob is None:
        raise ProvisioningError(Fault.UNSUPPORTED, "a key enclosed for a TPM, or for another curve")
    with stored(lambda: receiver.keys.derive(key, sender, kdf)) as session_key:
        if data.ecdh_curve is SECP521:
            return envelope.open_p521(session_key, blob, aad)
        return envelope.completed_ed448(envelope.open_x448(session_key, blob, aad))


def _check_sender(
    response: common.CertificateInstallationRes, receiver: Receiver
) -> tuple[str, ...]:
    shown = octets_of(response.cps_certificate_chain)
    question = Question(profile.Use.CPS, Edition.ISO20, shown)
    leaf = chains.trusted_leaf(receiver.judge, question, Fault.PROVIDER_CHAIN)
    try:
        return verify(
            SCHEME,
            response.header.signature,
            signed_elements(response),
            leaf.spki,
            SoftwareVerifier(),
            rules=receiver.signature_rules,
        ).notes
    except SignatureFlaw as flaw:
        raise ProvisioningError(Fault.SIGNATURE, str(flaw)) from flaw


def _key_id(leaf: Certificate, rules: EnvelopeRules) -> bytes:
    return b"" if rules.lab_no_aad else chains.key_id(leaf)


def _wishes(certified: PublicKey) -> tuple[Use, ...]:
    return () if certified.kind is KeyKind.ED448 else (Use.DERIVE,)


def octets_of(
    chain: common.CertificateChain
    | common.ContractCertificateChain
    | common.SignedCertificateChain,
) -> tuple[bytes, ...]:
    below = chain.sub_certificates.certificate if chain.sub_certificates is not None else ()
    return (chain.certificate, *below)


def subs_of(above: Sequence[bytes]) -> common.SubCertificates | None:
    return common.SubCertificates(certificate=tuple(above)) if above else None
