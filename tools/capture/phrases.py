"""A message as a half sentence an engineer would say: what is asked, what is answered.

Values stand with their unit; a message nobody has written a phrase for is told by its values.
"""

import re
from collections.abc import Mapping
from typing import Final

from tools.capture.events import Event
from tools.capture.ladder import notable, shown

_SAME: Final[Mapping[str, str]] = {
    "SupportedAppProtocolReq": "which of these protocols do you speak?",
    "SupportedAppProtocolRes": "{ResponseCode}",
    "SessionSetupReq": "I am the vehicle {EVCCID}",
    "SessionSetupRes": "a session is open at {EVSEID}",
    "ServiceDiscoveryReq": "what do you offer?",
    "ServiceDetailReq": "tell me more of service {ServiceID}",
    "ServicePaymentSelectionReq": "I pay by {SelectedPaymentOption}",
    "PaymentServiceSelectionReq": "I pay by {SelectedPaymentOption}",
    "PaymentDetailsReq": "this is my contract {eMAID}",
    "PaymentDetailsRes": "prove it: sign my challenge",
    "CertificateInstallationReq": "I need a contract",
    "CertificateInstallationRes": "here is one, encrypted for you",
    "CertificateUpdateReq": "my contract needs to be renewed",
    "AuthorizationReq": "may I charge?",
    "AuthorizationRes": "authorization {EVSEProcessing}",
    "ContractAuthenticationReq": "may I charge?",
    "ContractAuthenticationRes": "authorization {EVSEProcessing}",
    "ChargeParameterDiscoveryReq": "my limits are {EVMaximumVoltageLimit}, {EVMaximumCurrentLimit}",
    "ChargeParameterDiscoveryRes": "I give up to {EVSEMaximumVoltageLimit},"
    " {EVSEMaximumCurrentLimit}",
    "CableCheckReq": "check the cable",
    "CableCheckRes": "cable check {EVSEProcessing}, isolation {EVSEIsolationStatus}",
    "PreChargeReq": "bring the cable to {EVTargetVoltage}",
    "PreChargeRes": "the cable is at {EVSEPresentVoltage}",
    "PowerDeliveryReq": "{ChargeProgress} the energy transfer",
    "CurrentDemandReq": "{EVRESSSOC}: give me {EVTargetCurrent} at {EVTargetVoltage}",
    "CurrentDemandRes": "you get {EVSEPresentCurrent} at {EVSEPresentVoltage}",
    "ChargingStatusReq": "how is it going?",
    "ChargingStatusRes": "up to {EVSEMaxCurrent}",
    "MeteringReceiptReq": "I confirm the meter",
    "WeldingDetectionReq": "are the contactors open?",
    "WeldingDetectionRes": "the cable is at {EVSEPresentVoltage}",
    "SessionStopReq": "{ChargingSession} the session",
    "SessionStopRes": "the session is over",
    "DC_CableCheckReq": "check the cable",
    "DC_CableCheckRes": "cable check {EVSEProcessing}",
    "DC_PreChargeReq": "bring the cable to {EVTargetVoltage}",
    "DC_PreChargeRes": "the cable is at {EVSEPresentVoltage}",
    "DC_ChargeLoopRes": "you get {EVSEPresentCurrent} at {EVSEPresentVoltage}",
    "DC_WeldingDetectionReq": "are the contactors open?",
    "DC_WeldingDetectionRes": "the cable is at {EVSEPresentVoltage}",
}
_PLACE: Final = re.compile(r"\{(\w+)\}")
_MOST: Final = 3


def phrase(event: Event) -> str:
    """Without the message's name, which stands beside it."""
    told = {value.path.rpartition("/")[2]: value for value in shown(event)}
    code = told.get("ResponseCode")
    refused = code is not None and str(code.value).upper().startswith("FAILED")
    form = _SAME.get(event.name)
    if refused and code is not None:
        return f"refused: {code.value}"
    if form is None or any(name not in told for name in _PLACE.findall(form)):
        return ", ".join(
            f"{one.path.rpartition('/')[2]} {one.text}" for one in notable(event)[:_MOST]
        )
    return _PLACE.sub(lambda found: told[found[1]].text, form)
