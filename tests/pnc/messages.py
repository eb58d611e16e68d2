"""One of each signed message of both editions, and keys in plain sight to sign them with."""

from bsw.chrgm.messages import iso2, xmldsig
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import (
    ListOfRootCertificateIDs,
    MeterInfo,
    Processing,
    ResponseCode,
)
from bsw.chrgm.messages.model import Message
from bsw.chrgm.placeholder import smallest
from csm import material
from csm.handles import KeyKind
from csm.randomness import SeededRandomness
from tests.pnc.world import HEADER


class PlainSigner:
    """A key in memory, for tests."""

    may_block = False

    def __init__(self, kind: KeyKind, seed: str = "signer") -> None:
        self._key = material.load(material.make(kind, SeededRandomness(seed)))
        self.public_key = material.public_half(self._key).spki()

    def sign(self, data: bytes) -> bytes:
        return material.sign(self._key, data)


P256, P521, ED448 = (PlainSigner(kind) for kind in (KeyKind.P256, KeyKind.P521, KeyKind.ED448))


def iso2_chain(identity: str | None) -> iso2.CertificateChain:
    subs = iso2.SubCertificates(certificate=(bytes(300), bytes(301)))
    return iso2.CertificateChain(id=identity, certificate=bytes(400), sub_certificates=subs)


def roots() -> iso2.ListOfRootCertificateIDs:
    one = xmldsig.X509IssuerSerial(x509_issuer_name="CN=V2G Root", x509_serial_number=1 << 100)
    return iso2.ListOfRootCertificateIDs(root_certificate_id=(one,))


def delivery(kind: type[iso2.CertificateInstallationRes | iso2.CertificateUpdateRes]) -> Message:
    return kind(
        response_code=iso2.ResponseCode.OK,
        sa_provisioning_certificate_chain=iso2_chain(None),
        contract_signature_cert_chain=iso2_chain("id1"),
        contract_signature_encrypted_private_key=iso2.ContractSignatureEncryptedPrivateKey(
            id="id2", value=bytes(48)
        ),
        dhpublickey=iso2.DiffieHellmanPublickey(id="id3", value=bytes(65)),
        emaid=iso2.EMAID(id="id4", value="DE8AA0012345670"),
    )


def tariffs(*ids: str | None) -> Message:
    tuples = []
    for number, identity in enumerate(ids, 1):
        tariff = smallest(iso2.SalesTariff).replace(id=identity, sales_tariff_id=number)
        entry = smallest(iso2.SAScheduleTuple)
        tuples.append(entry.replace(sa_schedule_tuple_id=number, sales_tariff=tariff))
    schedules = iso2.SAScheduleList(sa_schedule_tuple=tuple(tuples))
    return smallest(iso2.ChargeParameterDiscoveryRes).replace(sa_schedules=schedules)


ISO2_MESSAGES: dict[str, Message] = {
    "AuthorizationReq": iso2.AuthorizationReq(id="id1", gen_challenge=bytes(range(16))),
    "MeteringReceiptReq": iso2.MeteringReceiptReq(
        id="id1",
        session_id=bytes(8),
        sa_schedule_tuple_id=1,
        meter_info=iso2.MeterInfo(meter_id="M1", meter_reading=12_345, sig_meter_reading=bytes(64)),
    ),
    "CertificateInstallationReq": iso2.CertificateInstallationReq(
        id="id1", oem_provisioning_cert=bytes(500), list_of_root_certificate_ids=roots()
    ),
    "CertificateUpdateReq": iso2.CertificateUpdateReq(
        id="id1",
        contract_signature_cert_chain=iso2_chain(None),
        emaid="DE8AA0012345670",
        list_of_root_certificate_ids=roots(),
    ),
    "CertificateInstallationRes": delivery(iso2.CertificateInstallationRes),
    "CertificateUpdateRes": delivery(iso2.CertificateUpdateRes),
    "ChargeParameterDiscoveryRes": tariffs("t1", "t2", "t3"),
}

SUBS = common.SubCertificates(certificate=(bytes(900), bytes(901)))
CONTRACT = common.ContractCertificateChain(certificate=bytes(1000), sub_certificates=SUBS)


def price_levels(identity: str | None) -> common.PriceLevelSchedule:
    return smallest(common.PriceLevelSchedule).replace(id=identity)


def schedules(*ids: str | None) -> Message:
    tuples = []
    for number, identity in enumerate(ids, 1):
        schedule = smallest(common.ChargingSchedule).replace(
            price_level_schedule=price_levels(identity)
        )
        entry = smallest(common.ScheduleTuple)
        tuples.append(entry.replace(schedule_tuple_id=number, charging_schedule=schedule))
    mode = common.ScheduledSEResControlMode(schedule_tuple=tuple(tuples))
    return common.ScheduleExchangeRes(
        header=HEADER,
        response_code=ResponseCode.OK,
        evse_processing=Processing.FINISHED,
        scheduled_se_res_control_mode=mode,
    )


ISO20_MESSAGES: dict[str, Message] = {
    "AuthorizationReq": common.AuthorizationReq(
        header=HEADER,
        selected_authorization_service=common.Authorization.PNC,
        pnc_a_req_authorization_mode=common.PnCAReqAuthorizationMode(
            id="id1", gen_challenge=bytes(16), contract_certificate_chain=CONTRACT
        ),
    ),
    "CertificateInstallationReq": common.CertificateInstallationReq(
        header=HEADER,
        oem_provisioning_certificate_chain=common.SignedCertificateChain(
            id="id1", certificate=bytes(800), sub_certificates=SUBS
        ),
        list_of_root_certificate_ids=ListOfRootCertificateIDs(
            root_certificate_id=roots().root_certificate_id
        ),
        maximum_contract_certificate_chains=1,
    ),
    "CertificateInstallationRes": common.CertificateInstallationRes(
        header=HEADER,
        response_code=ResponseCode.OK,
        evse_processing=Processing.FINISHED,
        cps_certificate_chain=common.CertificateChain(certificate=bytes(700)),
        signed_installation_data=common.SignedInstallationData(
            id="id1",
            contract_certificate_chain=CONTRACT,
            ecdh_curve=common.EcdhCurve.SECP521,
            dh_public_key=bytes(133),
            secp521_encrypted_private_key=bytes(94),
        ),
        remaining_contract_certificate_chains=0,
    ),
    "MeteringConfirmationReq": common.MeteringConfirmationReq(
        header=HEADER,
        signed_metering_data=common.SignedMeteringData(
            id="id1",
            session_id=bytes(8),
            meter_info=MeterInfo(meter_id="M1", charged_energy_reading_wh=12_345),
            dynamic_smdt_control_mode=common.DynamicSMDTControlMode(),
        ),
    ),
    "ScheduleExchangeRes": schedules("p1", "p2", "p3"),
}
