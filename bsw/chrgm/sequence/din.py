"""DIN 70121: DC with external payment, nothing else.

The contract and AC messages exist in the schema but have no place in the order: they stand here
without an edge that leads to them, so that they can be refused with their own response.
"""

from dataclasses import replace
from typing import Final

from bsw.chrgm.agreement import Agreement, Progress
from bsw.chrgm.messages import din
from bsw.chrgm.modes import Transfer
from bsw.chrgm.sequence import learn
from bsw.chrgm.sequence.model import Edge, Exchange, Limits, Span, Table, table
from bsw.os.clock import MS, S

_ONGOING: Final = Limits(chain=60 * S, chain_perform=55 * S)
_STOP: Final = Edge("SessionStop")


def _parameters(
    agreed: Agreement, request: object, response: din.ChargeParameterDiscoveryRes
) -> Agreement:
    offer = response.evse_charge_parameter
    status = offer.dc_evse_status if isinstance(offer, din.DCEVSEChargeParameter) else None
    agreed = learn.processing(agreed, request, response)
    return replace(agreed, transfer=Transfer.DC, energy=not learn.no_energy(status))


def _progress(agreed: Agreement, request: din.PowerDeliveryReq, _response: object) -> Agreement:
    starts = request.ready_to_charge_state
    return replace(agreed, progress=Progress.CHARGING if starts else Progress.STOPPED)


TABLE: Final[Table] = table(
    "DIN 70121",
    "SessionSetup",
    Exchange(
        "SessionSetup", din.SessionSetupReq, din.SessionSetupRes, (Edge("ServiceDiscovery"), _STOP)
    ),
    Exchange(
        "ServiceDiscovery",
        din.ServiceDiscoveryReq,
        din.ServiceDiscoveryRes,
        (
            Edge("ServicePaymentSelection"),
            Edge("ServiceDiscovery", learn.discovery_again),
            _STOP,
        ),
    ),
    Exchange(
        "ServicePaymentSelection",
        din.ServicePaymentSelectionReq,
        din.ServicePaymentSelectionRes,
        (Edge("ContractAuthentication"), _STOP),
        learn=learn.payment,
    ),
    Exchange(
        "ContractAuthentication",
        din.ContractAuthenticationReq,
        din.ContractAuthenticationRes,
        (
            Edge("ContractAuthentication", learn.authorization_again),
            Edge("ChargeParameterDiscovery", learn.finished),
            _STOP,
        ),
        _ONGOING,
        learn.processing,
    ),
    Exchange(
        "ChargeParameterDiscovery",
        din.ChargeParameterDiscoveryReq,
        din.ChargeParameterDiscoveryRes,
        (
            Edge("ChargeParameterDiscovery", learn.ongoing),
            Edge("CableCheck", learn.dc_finished),
            Edge("PowerDelivery", learn.ends_without_energy),
            _STOP,
        ),
        _ONGOING,
        _parameters,
    ),
    Exchange(
        "CableCheck",
        din.CableCheckReq,
        din.CableCheckRes,
        (Edge("CableCheck", learn.not_isolated), Edge("PreCharge", learn.isolated), _STOP),
        Limits(chain=40 * S, chain_perform=38 * S),
        learn.cable_check,
    ),
    Exchange(
        "PreCharge",
        din.PreChargeReq,
        din.PreChargeRes,
        (Edge("PreCharge"), Edge("PowerDelivery"), _STOP),
        Limits(chain=7 * S),
    ),
    Exchange(
        "PowerDelivery",
        din.PowerDeliveryReq,
        din.PowerDeliveryRes,
        (
            Edge("CurrentDemand", learn.charging_dc),
            Edge("PowerDelivery", learn.stops_before_loop),
            Edge("WeldingDetection", learn.stopped),
            Edge("SessionStop", learn.stopped),
            Edge("SessionStop", learn.stops_in_loop),
        ),
        learn=_progress,
    ),
    Exchange(
        "CurrentDemand",
        din.CurrentDemandReq,
        din.CurrentDemandRes,
        (
            Edge("CurrentDemand"),
            Edge("PowerDelivery"),
            Edge("SessionStop", learn.stops_in_loop),
        ),
        Limits(answer=250 * MS, perform=25 * MS),
    ),
    Exchange(
        "WeldingDetection",
        din.WeldingDetectionReq,
        din.WeldingDetectionRes,
        (Edge("WeldingDetection"), _STOP),
    ),
    Exchange("SessionStop", din.SessionStopReq, din.SessionStopRes),
    Exchange("ServiceDetail", din.ServiceDetailReq, din.ServiceDetailRes),
    Exchange("PaymentDetails", din.PaymentDetailsReq, din.PaymentDetailsRes),
    Exchange("ChargingStatus", din.ChargingStatusReq, din.ChargingStatusRes),
    Exchange("MeteringReceipt", din.MeteringReceiptReq, din.MeteringReceiptRes),
    Exchange(
        "CertificateInstallation",
        din.CertificateInstallationReq,
        din.CertificateInstallationRes,
    ),
    Exchange("CertificateUpdate", din.CertificateUpdateReq, din.CertificateUpdateRes),
    spans=(
        Span("communication set-up", "", "SessionSetup", vehicle=20 * S, station=18 * S),
        Span("ready to charge", "SessionSetup", "CurrentDemand", vehicle=150 * S, station=148 * S),
    ),
)
