"""ISO 15118-2: which elements of which message are signed."""

from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.model import Message
from bsw.chrgm.signature.scheme import P256, Scheme, Signable

SCHEME = Scheme("ISO 15118-2", "iso2", (P256,))

Delivery = iso2.CertificateInstallationRes | iso2.CertificateUpdateRes
Whole = (
    iso2.AuthorizationReq
    | iso2.MeteringReceiptReq
    | iso2.CertificateInstallationReq
    | iso2.CertificateUpdateReq
)


def signed_elements(body: Message) -> tuple[Signable, ...]:
    """The elements a signature of this message has to cover; none if it is never signed."""
    if isinstance(body, Whole):
        return (Signable(body.id, body),)
    if isinstance(body, Delivery):
        return _delivery(body)
    if isinstance(body, iso2.ChargeParameterDiscoveryRes):
        return _tariffs(body)
    return ()


def _delivery(body: Delivery) -> tuple[Signable, ...]:
    """The contract, its key and its name; the provisioning chain is not signed."""
    chain = body.contract_signature_cert_chain
    key = body.contract_signature_encrypted_private_key
    return (
        Signable(chain.id, chain, "ContractSignatureCertChain"),
        Signable(key.id, key),
        Signable(body.dhpublickey.id, body.dhpublickey),
        Signable(body.emaid.id, body.emaid),
    )


def _tariffs(body: iso2.ChargeParameterDiscoveryRes) -> tuple[Signable, ...]:
    schedules = body.sa_schedules
    if not isinstance(schedules, iso2.SAScheduleList):
        return ()
    tuples = schedules.sa_schedule_tuple
    tariffs = [entry.sales_tariff for entry in tuples if entry.sales_tariff is not None]
    return tuple(Signable(tariff.id, tariff) for tariff in tariffs)
