"""ISO 15118-20: which elements of which message are signed.

The Id stands on parts of messages, not on whole ones as in ISO 15118-2.
"""

from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.model import Message
from bsw.chrgm.signature.scheme import ED448, ED448_W3C, P256, P521, Scheme, Signable

SCHEME = Scheme("ISO 15118-20", "iso20.common", (P521, ED448), lab_suites=(P256, ED448_W3C))


def signed_elements(body: Message) -> tuple[Signable, ...]:
    """The elements a signature of this message has to cover; none if it is never signed."""
    if isinstance(body, common.AuthorizationReq):
        mode = body.pnc_a_req_authorization_mode
        return () if mode is None else (Signable(mode.id, mode),)
    if isinstance(body, common.CertificateInstallationReq):
        return (_provisioning(body),)
    if isinstance(body, common.CertificateInstallationRes):
        data = body.signed_installation_data
        return (Signable(data.id, data),)
    if isinstance(body, common.MeteringConfirmationReq):
        metering = body.signed_metering_data
        return (Signable(metering.id, metering),)
    if isinstance(body, common.ScheduleExchangeRes):
        return _prices(body)
    return ()


def whole_request(body: common.CertificateInstallationReq) -> tuple[Signable, ...]:
    """The same request as those sign it who read the norm so: all of it, under the chain's Id."""
    signed = _provisioning(body)
    assert signed.whole is not None, "a request has its message around it"
    return (Signable(signed.id, signed.whole),)


def _provisioning(body: common.CertificateInstallationReq) -> Signable:
    chain = body.oem_provisioning_certificate_chain
    unsigned = body.replace(header=body.header.replace(signature=None))
    return Signable(chain.id, chain, "OEMProvisioningCertificateChain", whole=unsigned)


def _prices(body: common.ScheduleExchangeRes) -> tuple[Signable, ...]:
    """Price schedules that carry an Id; the others were never meant to be signed."""
    found: list[common.AbsolutePriceSchedule | common.PriceLevelSchedule | None] = []
    dynamic = body.dynamic_se_res_control_mode
    if dynamic is not None:
        found += [dynamic.absolute_price_schedule, dynamic.price_level_schedule]
    scheduled = body.scheduled_se_res_control_mode
    for entry in () if scheduled is None else scheduled.schedule_tuple:
        for schedule in (entry.charging_schedule, entry.discharging_schedule):
            if schedule is not None:
                found += [schedule.absolute_price_schedule, schedule.price_level_schedule]
    return tuple(Signable(entry.id, entry) for entry in found if entry is not None and entry.id)
