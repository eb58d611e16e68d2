"""ISO 15118-20, the provisioning service: enclose contracts for one vehicle, sign the delivery."""

from collections.abc import Sequence

from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import MessageHeader, Processing, ResponseCode
from bsw.chrgm.signature import SignatureFlaw, sign, verify
from bsw.chrgm.signature.iso20 import SCHEME, signed_elements
from csm.handles import KeyKind, PublicKey
from csm.signing import SoftwareVerifier
from keym.judging.judge import Question
from keym.provisioning import chains, envelope
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.provider import Agreement, Contract, Provider
from keym.provisioning.vehicle_iso20 import SECP521, X448, octets_of, subs_of
from keym.x509.certificate import Certificate
from keym.x509.edition import Edition
from keym.x509.profile import Use


def requester(request: common.CertificateInstallationReq, provider: Provider) -> Certificate:
    """Who asks, after chain and signature have proven it; its name is the PCID.

    Raises ``ProvisioningError``; ``codes.iso20_code`` has the response code for it.
    """
    shown = octets_of(request.oem_provisioning_certificate_chain)
    question = Question(Use.PROVISIONING, Edition.ISO20, provider.completed(shown))
    leaf = chains.trusted_leaf(provider.judge, question, Fault.REQUESTER_CHAIN)
    try:
        verify(
            SCHEME,
            request.header.signature,
            signed_elements(request),
            leaf.spki,
            SoftwareVerifier(),
            rules=provider.signature_rules,
        )
    except SignatureFlaw as flaw:
        raise ProvisioningError(Fault.SIGNATURE, str(flaw)) from flaw
    return leaf


def chosen(
    contracts: Sequence[Contract], request: common.CertificateInstallationReq
) -> tuple[Contract, ...]:
    """The contracts to deliver: those the vehicle prefers first, no more than it takes."""
    wanted = () if request.prioritized_emaids is None else request.prioritized_emaids.emaid
    ranks = {_plain(emaid): rank for rank, emaid in enumerate(wanted)}
    ranked = sorted(contracts, key=lambda one: ranks.get(_plain(one.emaid), len(ranks)))
    return tuple(ranked[: request.maximum_contract_certificate_chains])


def installation(
    header: MessageHeader,
    contract: Contract,
    receiver: Certificate,
    provider: Provider,
    *,
    remaining: int = 0,
    alternate: PublicKey | None = None,
) -> common.CertificateInstallationRes:
    """The response that delivers one contract; ``remaining`` are still to be fetched.

    An Ed448 contract is enclosed for the vehicle's X448 key: ``alternate``, or the one that its
    certificate names.  Other keys are enclosed for the key in the provisioning certificate.
    """
    response = common.CertificateInstallationRes(
        header=header,
        response_code=ResponseCode.OK,
        evse_processing=Processing.FINISHED,
        cps_certificate_chain=common.CertificateChain(
            certificate=provider.chain[0], sub_certificates=subs_of(provider.chain[1:])
        ),
        signed_installation_data=_sealed(contract, receiver, provider, alternate),
        remaining_contract_certificate_chains=remaining,
    )
    signature = sign(SCHEME, signed_elements(response), provider.signer)
    return response.replace(header=header.replace(signature=signature))


def _sealed(
    contract: Contract, receiver: Certificate, provider: Provider, alternate: PublicKey | None
) -> common.SignedInstallationData:
    curve, public = _receiving_key(contract, receiver, alternate)
    leaf = chains.read(contract.chain[0], Fault.CONTRACT_CHAIN)
    key_id = b"" if provider.rules.lab_no_aad else chains.key_id(leaf)
    aad = provider.rules.aad(receiver.subject.common_name or "", key_id)
    agreed = Agreement.with_receiver(public, provider.rules.iso20_kdf, provider.randomness)
    nonce = provider.randomness.octets(envelope.NONCE)
    with agreed.session_key as session_key:
        if curve is SECP521:
            blob = envelope.seal_p521(session_key, nonce, contract.key, aad)
        else:
            with envelope.shortened_ed448(contract.key) as octets:
                blob = envelope.seal_x448(session_key, nonce, octets, aad)
    return common.SignedInstallationData(
        id="id1",
        contract_certificate_chain=common.ContractCertificateChain(
            certificate=contract.chain[0],
            sub_certificates=common.SubCertificates(certificate=contract.chain[1:]),
        ),
        ecdh_curve=curve,
        dh_public_key=envelope.dh_field(agreed.sender),
        secp521_encrypted_private_key=blob if curve is SECP521 else None,
        x448_encrypted_private_key=blob if curve is X448 else None,
    )


def _receiving_key(
    contract: Contract, receiver: Certificate, alternate: PublicKey | None
) -> tuple[common.EcdhCurve, PublicKey]:
    if contract.key.kind is KeyKind.P521:
        public = chains.public_key(receiver)
        if public.kind is KeyKind.P521:
            return SECP521, public
        raise ProvisioningError(
            Fault.UNSUPPORTED, f"a P-521 contract for a {public.kind.value} provisioning key"
        )
    alternate = alternate or chains.agreement_key(receiver)
    if contract.key.kind is KeyKind.ED448 and alternate is not None:
        return X448, alternate
    raise ProvisioningError(
        Fault.UNSUPPORTED, f"a {contract.key.kind.value} contract without an X448 key to send it to"
    )


def _plain(emaid: str) -> str:
    return emaid.replace("-", "").upper()
