"""ISO 15118-2, the vehicle: ask for a contract, check what comes, take its key in.

The calls block where the key store does; they belong on a worker.
"""

from collections.abc import Sequence

from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.model import Message
from bsw.chrgm.messages.xmldsig import Signature
from bsw.chrgm.record import Said
from bsw.chrgm.signature import SignatureFlaw, sign, verify
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.crypto import Signer
from csm.handles import KeyHandle, Use
from csm.signing import SoftwareVerifier
from keym.judging.judge import Question
from keym.provisioning import chains, envelope
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.keys import Delivered, Receiver, stored, take_in
from keym.x509 import profile
from keym.x509.edition import Edition

Response = iso2.CertificateInstallationRes | iso2.CertificateUpdateRes


def installation_body(
    certificate: bytes, roots: Sequence[bytes]
) -> iso2.CertificateInstallationReq:
    """Ask with the provisioning certificate; its key has to sign this."""
    return iso2.CertificateInstallationReq(
        id="id1",
        oem_provisioning_cert=certificate,
        list_of_root_certificate_ids=_root_list(roots),
    )


def update_body(
    chain: Sequence[bytes], emaid: str, roots: Sequence[bytes]
) -> iso2.CertificateUpdateReq:
    """Ask with the contract that is about to expire; its key has to sign this."""
    return iso2.CertificateUpdateReq(
        id="id1",
        contract_signature_cert_chain=chain_of(chain),
        emaid=emaid,
        list_of_root_certificate_ids=_root_list(roots),
    )


def installation_request(certificate: bytes, signer: Signer, roots: Sequence[bytes]) -> Said:
    return _signed(installation_body(certificate, roots), signer)


def update_request(
    chain: Sequence[bytes], emaid: str, signer: Signer, roots: Sequence[bytes]
) -> Said:
    return _signed(update_body(chain, emaid, roots), signer)


def _signed(body: Message, signer: Signer) -> Said:
    return Said(body, sign(SCHEME, signed_elements(body), signer))


def take(
    response: Response,
    signature: Signature | None,
    receiver: Receiver,
    *,
    opened_with: KeyHandle,
    label: str,
) -> Delivered:
    """Check a delivery and put its key under ``label`` into a key store.

    ``opened_with`` is the provisioning key for an installation, the key of the present contract
    for an update.  Nothing is decrypted before its sender is believed, nothing stored before it is
    proven.  Raises ``ProvisioningError``; then nothing has changed.
    """
    if not response.response_code.value.startswith("OK"):
        raise ProvisioningError(Fault.RESPONSE_REFUSED, str(response.response_code.value))
    notes = _check_sender(response, signature, receiver)
    chain = octets_of(response.contract_signature_cert_chain)
    emaid = response.emaid.value
    leaf = chains.contract_leaf(receiver.judge, receiver.calendar, Edition.ISO2, chain, emaid)
    certified = chains.public_key(leaf)
    sender = envelope.ephemeral_p256(response.dhpublickey.value)
    blob = response.contract_signature_encrypted_private_key.value
    kdf = receiver.rules.iso2_kdf
    with stored(lambda: receiver.keys.derive(opened_with, sender, kdf)) as session_key:
        key = envelope.open_iso2(session_key, blob)
    with key:
        envelope.prove(key, certified)
        handle = take_in(receiver.keys, label, key, certified, (Use.DERIVE,))
    return Delivered(chain, handle, emaid, notes)


def _check_sender(
    response: Response, signature: Signature | None, receiver: Receiver
) -> tuple[str, ...]:
    shown = octets_of(response.sa_provisioning_certificate_chain)
    question = Question(profile.Use.CPS, Edition.ISO2, shown)
    leaf = chains.trusted_leaf(receiver.judge, question, Fault.PROVIDER_CHAIN)
    try:
        return verify(
            SCHEME,
            signature,
            signed_elements(response),
            leaf.spki,
            SoftwareVerifier(),
            rules=receiver.signature_rules,
        ).notes
    except SignatureFlaw as flaw:
        raise ProvisioningError(Fault.SIGNATURE, str(flaw)) from flaw


def octets_of(chain: iso2.CertificateChain) -> tuple[bytes, ...]:
    below = chain.sub_certificates.certificate if chain.sub_certificates is not None else ()
    return (chain.certificate, *below)


def chain_of(chain: Sequence[bytes], identity: str | None = None) -> iso2.CertificateChain:
    leaf, *above = chain
    subs = iso2.SubCertificates(certificate=tuple(above)) if above else None
    return iso2.CertificateChain(id=identity, certificate=leaf, sub_certificates=subs)


def _root_list(roots: Sequence[bytes]) -> iso2.ListOfRootCertificateIDs:
    return iso2.ListOfRootCertificateIDs(root_certificate_id=chains.root_ids(roots))
