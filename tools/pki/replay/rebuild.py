"""Signed elements put together from the values beside them, where a file gives these values.

What a file says of the parts of a contract stands in its other sections: the certificates, and
the delivery that the signed message is about.
"""

from collections.abc import Iterator, Sequence

from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.signature import Signable
from tools.pki.replay.book import Edition, Section

Found = Iterator[Signable]


def elements(edition: Edition, section: Section, signed: Sequence[Signable]) -> Found:
    """Each element that can be made from its values, with the Id it has in the file."""
    fields = section.fields
    for element in signed:
        name, identity = element.name, str(element.id)
        if name == "AuthorizationReq" and "GenChallenge" in fields:
            yield _authorization(section, identity)
        elif name == "MeteringReceiptReq" and "MeterID" in fields:
            yield _receipt(section, element)
        elif name == "eMAID" and "eMAID" in fields:
            yield Signable(identity, iso2.EMAID(id=identity, value=fields["eMAID"]), name)
        elif name == "ContractSignatureCertChain":
            yield _chain(edition, identity)
        elif name in {"ContractSignatureEncryptedPrivateKey", "DHpublickey"}:
            yield from _delivered(edition, element)
        elif name == "PnC_AReqAuthorizationMode" and "GenChallenge" in fields:
            yield _pnc_mode(edition, section, identity)
        elif name == "SignedInstallationData":
            yield from _installation(edition, element)


def _authorization(section: Section, identity: str) -> Signable:
    challenge = section.must("GenChallenge")
    return Signable(identity, iso2.AuthorizationReq(id=identity, gen_challenge=challenge))


def _receipt(section: Section, element: Signable) -> Signable:
    """What the file does not state of the meter is taken from the signed element."""
    fields, signed = section.fields, element.value
    assert isinstance(signed, iso2.MeteringReceiptReq)
    tuple_id = fields.get("SAScheduleTupleID")
    body = iso2.MeteringReceiptReq(
        id=signed.id,
        session_id=section.must("SessionID"),
        sa_schedule_tuple_id=None if tuple_id is None else int(tuple_id),
        meter_info=iso2.MeterInfo(
            meter_id=fields["MeterID"],
            meter_reading=int(fields["MeterReading_Wh"]),
            sig_meter_reading=signed.meter_info.sig_meter_reading,
            meter_status=signed.meter_info.meter_status,
            t_meter=signed.meter_info.t_meter,
        ),
    )
    return Signable(element.id, body)


def _chain(edition: Edition, identity: str) -> Signable:
    leaf, *above = _contract(edition)
    chain = iso2.CertificateChain(
        id=identity,
        certificate=leaf,
        sub_certificates=iso2.SubCertificates(certificate=tuple(above)),
    )
    return Signable(identity, chain, "ContractSignatureCertChain")


def _delivered(edition: Edition, element: Signable) -> Found:
    """The envelope or its ephemeral key, from the delivery that has it."""
    value = element.value
    assert isinstance(
        value, iso2.ContractSignatureEncryptedPrivateKey | iso2.DiffieHellmanPublickey
    )
    for octets in _of_deliveries(edition, str(element.name)):
        if octets == value.value:
            yield Signable(element.id, type(value)(id=value.id, value=octets), element.name)
            return


def _pnc_mode(edition: Edition, section: Section, identity: str) -> Signable:
    mode = common.PnCAReqAuthorizationMode(
        id=identity,
        gen_challenge=section.must("GenChallenge"),
        contract_certificate_chain=_newer_chain(edition),
    )
    return Signable(identity, mode)


def _installation(edition: Edition, element: Signable) -> Found:
    signed = element.value
    assert isinstance(signed, common.SignedInstallationData)
    for delivery in edition.cases.values():
        blob = delivery.octets("SECP521_Encrypted")
        if blob is not None and blob == signed.secp521_encrypted_private_key:
            data = common.SignedInstallationData(
                id=signed.id,
                contract_certificate_chain=_newer_chain(edition),
                ecdh_curve=common.EcdhCurve.SECP521,
                dh_public_key=delivery.must("DHPublicKey"),
                secp521_encrypted_private_key=blob,
            )
            yield Signable(signed.id, data)
            return


def _of_deliveries(edition: Edition, beginning: str) -> Iterator[bytes]:
    for case in edition.cases.values():
        octets = case.octets(beginning) if case.find("Z") else None
        if octets is not None:
            yield octets


def _contract(edition: Edition) -> tuple[bytes, ...]:
    """The contract and the sub-CAs above it, the lower one first."""
    above = (name for name in edition.certificates if name.startswith("mo_sub"))
    return edition.chain("contract", *sorted(above, reverse=True))


def _newer_chain(edition: Edition) -> common.ContractCertificateChain:
    leaf, *above = _contract(edition)
    return common.ContractCertificateChain(
        certificate=leaf, sub_certificates=common.SubCertificates(certificate=tuple(above))
    )
