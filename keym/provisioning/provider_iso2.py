"""ISO 15118-2, the provisioning service: enclose a contract for one vehicle and sign the delivery.

The vehicle's request brings its provisioning certificate without the authorities above it.
"""

from typing import TypeVar

from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.xmldsig import Signature
from bsw.chrgm.record import Said
from bsw.chrgm.signature import SignatureFlaw, sign, verify
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from csm.handles import KeyKind, PublicKey
from csm.signing import SoftwareVerifier
from keym.judging.judge import Question
from keym.provisioning import chains, envelope
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.provider import Agreement, Contract, Provider
from keym.provisioning.vehicle_iso2 import chain_of, octets_of
from keym.x509.certificate import Certificate
from keym.x509.edition import Edition
from keym.x509.profile import Use

Request = iso2.CertificateInstallationReq | iso2.CertificateUpdateReq
Response = TypeVar("Response", iso2.CertificateInstallationRes, iso2.CertificateUpdateRes)


def requester(request: Request, signature: Signature | None, provider: Provider) -> Certificate:
    """Who asks, after chain and signature have proven it; its name says which contract to make.

    Raises ``ProvisioningError``; ``codes.of`` has the response code for it.
    """
    leaf = chains.trusted_leaf(provider.judge, _question(request, provider), Fault.REQUESTER_CHAIN)
    try:
        verify(
            SCHEME,
            signature,
            signed_elements(request),
            leaf.spki,
            SoftwareVerifier(),
            rules=provider.signature_rules,
        )
    except SignatureFlaw as flaw:
        raise ProvisioningError(Fault.SIGNATURE, str(flaw)) from flaw
    return leaf


def installation(contract: Contract, receiver: Certificate, provider: Provider) -> Said:
    """The response that delivers ``contract`` to the owner of the provisioning certificate."""
    return _signed(
        _delivery(contract, receiver, provider, iso2.CertificateInstallationRes), provider
    )


def update(
    contract: Contract,
    receiver: Certificate,
    provider: Provider,
    *,
    retry_counter: int | None = None,
) -> Said:
    """The response that delivers ``contract`` to the owner of the present one.

    ``retry_counter`` says when to ask again: -1 never, 0 at once, else in so many days.
    """
    body = _delivery(contract, receiver, provider, iso2.CertificateUpdateRes)
    return _signed(body.replace(retry_counter=retry_counter), provider)


def _delivery(
    contract: Contract, receiver: Certificate, provider: Provider, kind: type[Response]
) -> Response:
    sender, blob = _sealed(contract, chains.public_key(receiver), provider)
    return kind(
        response_code=iso2.ResponseCode.OK,
        sa_provisioning_certificate_chain=chain_of(provider.chain),
        contract_signature_cert_chain=chain_of(contract.chain, "id1"),
        contract_signature_encrypted_private_key=iso2.ContractSignatureEncryptedPrivateKey(
            id="id2", value=blob
        ),
        dhpublickey=iso2.DiffieHellmanPublickey(id="id3", value=sender.octets),
        emaid=iso2.EMAID(id="id4", value=contract.emaid),
    )


def _signed(
    body: iso2.CertificateInstallationRes | iso2.CertificateUpdateRes, provider: Provider
) -> Said:
    return Said(body, sign(SCHEME, signed_elements(body), provider.signer))


def _sealed(contract: Contract, receiver: PublicKey, provider: Provider) -> tuple[PublicKey, bytes]:
    """The ephemeral public key, and the envelope that only the receiver opens."""
    if receiver.kind is not KeyKind.P256:
        raise ProvisioningError(Fault.UNSUPPORTED, f"a receiver with a {receiver.kind.value} key")
    kdf = provider.rules.iso2_kdf
    agreed = Agreement.with_receiver(receiver, kdf, provider.randomness)
    with agreed.session_key as session_key:
        iv = provider.randomness.octets(envelope.ISO2_IV)
        return agreed.sender, envelope.seal_iso2(session_key, iv, contract.key)


def _question(request: Request, provider: Provider) -> Question:
    if isinstance(request, iso2.CertificateUpdateReq):
        chain = octets_of(request.contract_signature_cert_chain)
        return Question(Use.CONTRACT, Edition.ISO2, chain, identity=request.emaid)
    shown = provider.completed((request.oem_provisioning_cert,))
    return Question(Use.PROVISIONING, Edition.ISO2, shown)
