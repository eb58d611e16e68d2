"""ISO 15118-2: AC and DC, external and contract payment, renegotiation, pause."""

from dataclasses import replace
from typing import Final

from bsw.chrgm.agreement import Agreement, Progress
from bsw.chrgm.messages import iso2
from bsw.chrgm.sequence import learn
from bsw.chrgm.sequence.model import (
    Edge,
    Exchange,
    Fragment,
    Limits,
    Span,
    Table,
    extended,
    table,
)
from bsw.chrgm.services import energy_by_word
from bsw.os.clock import MS, S

_SLOW: Final = Limits(answer=5 * S, perform=4500 * MS)
_ONGOING: Final = Limits(chain=60 * S, chain_perform=55 * S)
_LOOP: Final = Limits(answer=250 * MS, perform=25 * MS)

_STOP: Final = Edge("SessionStop")

_PROGRESS: Final = {
    iso2.ChargeProgress.START: Progress.CHARGING,
    iso2.ChargeProgress.STOP: Progress.STOPPED,
    iso2.ChargeProgress.RENEGOTIATE: Progress.RENEGOTIATING,
}


def _parameters(
    agreed: Agreement,
    request: iso2.ChargeParameterDiscoveryReq,
    response: iso2.ChargeParameterDiscoveryRes,
) -> Agreement:
    offer = response.evse_charge_parameter
    status: iso2.ACEVSEStatus | iso2.DCEVSEStatus
    if isinstance(offer, iso2.ACEVSEChargeParameter):
        status = offer.ac_evse_status
    else:
        status = offer.dc_evse_status
    agreed = learn.processing(agreed, request, response)
    service = energy_by_word("iso2")[request.requested_energy_transfer_mode.value]
    return replace(
        agreed,
        service=service.mode.name,
        transfer=service.mode.transfer,
        energy=not learn.no_energy(status),
    )


def _progress(agreed: Agreement, request: iso2.PowerDeliveryReq, _response: object) -> Agreement:
    progress = _PROGRESS[request.charge_progress]
    renegotiated = agreed.renegotiated or progress is Progress.RENEGOTIATING
    return replace(agreed, progress=progress, renegotiated=renegotiated)


_BASE: Final[Table] = table(
    "ISO 15118-2",
    "SessionSetup",
    Exchange(
        "SessionSetup",
        iso2.SessionSetupReq,
        iso2.SessionSetupRes,
        (Edge("ServiceDiscovery"), _STOP),
    ),
    Exchange(
        "ServiceDiscovery",
        iso2.ServiceDiscoveryReq,
        iso2.ServiceDiscoveryRes,
        (
            Edge("ServiceDetail"),
            Edge("PaymentServiceSelection"),
            Edge("ServiceDiscovery", learn.discovery_again),
            _STOP,
        ),
    ),
    Exchange(
        "ServiceDetail",
        iso2.ServiceDetailReq,
        iso2.ServiceDetailRes,
        (Edge("ServiceDetail"), Edge("PaymentServiceSelection"), _STOP),
        _SLOW,
    ),
    Exchange(
        "PaymentServiceSelection",
        iso2.PaymentServiceSelectionReq,
        iso2.PaymentServiceSelectionRes,
        (
            Edge("CertificateInstallation", learn.contract),
            Edge("CertificateUpdate", learn.contract),
            Edge("PaymentDetails", learn.contract),
            Edge("Authorization", learn.external),
            _STOP,
        ),
        learn=learn.payment,
    ),
    Exchange(
        "CertificateInstallation",
        iso2.CertificateInstallationReq,
        iso2.CertificateInstallationRes,
        (Edge("PaymentDetails"), _STOP),
        _SLOW,
    ),
    Exchange(
        "CertificateUpdate",
        iso2.CertificateUpdateReq,
        iso2.CertificateUpdateRes,
        (Edge("PaymentDetails"), _STOP),
        _SLOW,
    ),
    Exchange(
        "PaymentDetails",
        iso2.PaymentDetailsReq,
        iso2.PaymentDetailsRes,
        (Edge("Authorization"), _STOP),
        _SLOW,
    ),
    Exchange(
        "Authorization",
        iso2.AuthorizationReq,
        iso2.AuthorizationRes,
        (
            Edge("Authorization", learn.authorization_again),
            Edge("ChargeParameterDiscovery", learn.finished),
            _STOP,
        ),
        _ONGOING,
        learn.processing,
    ),
    Exchange(
        "ChargeParameterDiscovery",
        iso2.ChargeParameterDiscoveryReq,
        iso2.ChargeParameterDiscoveryRes,
        (
            Edge("ChargeParameterDiscovery", learn.ongoing),
            _STOP,
        ),
        _ONGOING,
        _parameters,
    ),
    Exchange(
        "PowerDelivery",
        iso2.PowerDeliveryReq,
        iso2.PowerDeliveryRes,
        (
            Edge("PowerDelivery", learn.stops_before_loop),
            Edge("ChargeParameterDiscovery", learn.renegotiating),
            Edge("SessionStop", learn.stopped),
            Edge("SessionStop", learn.stops_in_loop),
        ),
        _SLOW,
        _progress,
    ),
    Exchange(
        "MeteringReceipt",
        iso2.MeteringReceiptReq,
        iso2.MeteringReceiptRes,
        (
            Edge("PowerDelivery"),
            Edge("SessionStop", learn.stops_in_loop),
        ),
        learn=learn.receipt_given,
    ),
    Exchange("SessionStop", iso2.SessionStopReq, iso2.SessionStopRes),
    spans=(Span("communication set-up", "", "SessionSetup", vehicle=20 * S, station=18 * S),),
)

AC: Final = Fragment(
    exchanges=(
        Exchange(
            "ChargingStatus",
            iso2.ChargingStatusReq,
            iso2.ChargingStatusRes,
            (
                Edge("MeteringReceipt", learn.receipt_due),
                Edge("ChargingStatus", learn.no_receipt_due),
                Edge("PowerDelivery", learn.no_receipt_due),
                Edge("SessionStop", learn.stops_in_loop),
            ),
            learn=learn.receipt,
        ),
    ),
    edges={
        "ChargeParameterDiscovery": (Edge("PowerDelivery", learn.ac_finished),),
        "PowerDelivery": (Edge("ChargingStatus", learn.charging_ac),),
        "MeteringReceipt": (Edge("ChargingStatus", learn.charging_ac),),
    },
)
DC: Final = Fragment(
    exchanges=(
        Exchange(
            "CableCheck",
            iso2.CableCheckReq,
            iso2.CableCheckRes,
            (Edge("CableCheck", learn.not_isolated), Edge("PreCharge", learn.isolated), _STOP),
            Limits(chain=40 * S, chain_perform=38 * S),
            learn.cable_check,
        ),
        Exchange(
            "PreCharge",
            iso2.PreChargeReq,
            iso2.PreChargeRes,
            (Edge("PreCharge"), Edge("PowerDelivery"), _STOP),
            Limits(chain=7 * S),
        ),
        Exchange(
            "CurrentDemand",
            iso2.CurrentDemandReq,
            iso2.CurrentDemandRes,
            (
                Edge("MeteringReceipt", learn.receipt_due),
                Edge("CurrentDemand", learn.no_receipt_due),
                Edge("PowerDelivery", learn.no_receipt_due),
                Edge("SessionStop", learn.stops_in_loop),
            ),
            _LOOP,
            learn.receipt,
        ),
        Exchange(
            "WeldingDetection",
            iso2.WeldingDetectionReq,
            iso2.WeldingDetectionRes,
            (Edge("WeldingDetection"), _STOP),
        ),
    ),
    edges={
        "ChargeParameterDiscovery": (
            Edge("CableCheck", learn.dc_finished),
            Edge("PowerDelivery", learn.ends_without_energy),
            Edge("PowerDelivery", learn.skips_to_power),
        ),
        "PowerDelivery": (
            Edge("CurrentDemand", learn.charging_dc),
            Edge("WeldingDetection", learn.stopped_dc),
        ),
        "MeteringReceipt": (Edge("CurrentDemand", learn.charging_dc),),
    },
)

TABLE: Final[Table] = extended(_BASE, AC, DC)
"""With what the norm itself has; installed services add theirs."""
