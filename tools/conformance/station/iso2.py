"""The developers' half of the ISO 15118-4 cases for a station: each id with its row."""

from dataclasses import replace
from typing import Final

from bsw.chrgm.modes import mode_of
from tools.conformance.bench import AC, DC, Setup
from tools.conformance.station.cases import Row

SEQUENCE: Final = "FAILED_SequenceError"
UNKNOWN: Final = "FAILED_UnknownSession"
ELSEWHERE: Final = "ServiceDiscoveryReq instead"
NO_CONTRACT: Final = "FAILED|FAILED_NoCertificateAvailable|FAILED_ContractCanceled"

_DC: Final = Setup()
_AC: Final = Setup(mode=AC)
_PNC: Final = Setup(tls=True, contract=True)
_VAS: Final = replace(_PNC, detail=True)
_INSTALL: Final = replace(_PNC, certificates="install")
_UPDATE: Final = replace(_PNC, certificates="update")
_RECEIPTS: Final = replace(_PNC, receipts=True)
_EV: Final = "vehicle"
_EVSE: Final = "station"


def _silent(place: str, setup: Setup = _DC) -> Row:
    return Row(place, "silence", "", setup=setup)


def _elsewhere(place: str, setup: Setup = _DC, other: str = ELSEWHERE) -> Row:
    return Row(place, other, SEQUENCE, setup=setup)


def _foreign(place: str, setup: Setup = _DC) -> Row:
    return Row(place, "foreign session id", UNKNOWN, setup=setup)


def _setup_cases(mode: str) -> dict[str, Row]:
    def resumed(waker: str) -> Setup:
        return Setup(mode=mode, resumed=waker)

    name = f"TC_SECC_{mode_of(mode).kind}_VTB_SessionSetup"
    new, old = ("opens a new session",), ("joins the old session",)
    return {
        f"{name}_002": Row("SessionSetup", "another session id", "OK", new, resumed(_EV)),
        f"{name}_004": Row("SessionSetup", "stored session id", "OK", old, resumed(_EVSE)),
        f"{name}_006": Row("SessionSetup", "session id zero", "OK", new, resumed(_EVSE)),
        f"TC_SECC_{mode_of(mode).kind}_VTB_ServiceDiscovery_002": Row(
            "ServiceDiscovery", checks=("offers the earlier choice",), setup=resumed(_EVSE)
        ),
    }


_BEGINNING: Final = {
    **_setup_cases(AC),
    **_setup_cases(DC),
    "TC_SECC_CMN_VTB_SessionSetup_002": _elsewhere("SessionSetup"),
    "TC_SECC_CMN_VTB_SessionSetup_004": _silent("SessionSetup"),
    "TC_SECC_CMN_VTB_ServiceDiscovery_002": _elsewhere(
        "ServiceDiscovery", other="AuthorizationReq instead"
    ),
    "TC_SECC_CMN_VTB_ServiceDiscovery_004": _silent("ServiceDiscovery"),
    "TC_SECC_CMN_VTB_ServiceDetail_002": Row(
        "ServiceDetail", checks=("details of each service",), setup=_VAS
    ),
    "TC_SECC_CMN_VTB_ServiceDetail_004": _elsewhere("ServiceDetail", _VAS),
    "TC_SECC_CMN_VTB_ServiceDetail_006": _foreign("ServiceDetail", _VAS),
    "TC_SECC_CMN_VTB_ServiceDetail_008": Row(
        "ServiceDetail", "unknown service", "FAILED_ServiceIDInvalid", setup=_VAS
    ),
    "TC_SECC_CMN_VTB_ServiceDetail_010": _silent("ServiceDetail", _VAS),
    "TC_SECC_CMN_VTB_ServiceDetail_012": Row(
        "ServiceDetail",
        checks=("details of each service", "Internet access offered"),
        setup=replace(_VAS, internet=True),
    ),
    "TC_SECC_CMN_VTB_PaymentServiceSelection_002": Row(
        "PaymentServiceSelection", setup=Setup(tls=True, detail=True)
    ),
    "TC_SECC_CMN_VTB_PaymentServiceSelection_004": _elsewhere("PaymentServiceSelection"),
    "TC_SECC_CMN_VTB_PaymentServiceSelection_006": Row(
        "PaymentServiceSelection", "unknown service", "FAILED_ServiceSelectionInvalid"
    ),
    "TC_SECC_CMN_VTB_PaymentServiceSelection_008": _silent("PaymentServiceSelection", _VAS),
    "TC_SECC_CMN_VTB_PaymentServiceSelection_010": Row(
        "PaymentServiceSelection",
        "payment option not offered",
        "FAILED_PaymentSelectionInvalid",
        setup=replace(_PNC, only_contract=True),
    ),
}


def _update(stimulus: str, codes: str) -> Row:
    return Row("CertificateUpdate", stimulus, codes, setup=_UPDATE)


_AUTHORIZED: Final = ("Finished",)
_SLOW: Final = ("Ongoing first", "Finished")
_CONTRACT: Final = {
    "TC_SECC_CMN_VTB_CertificateInstallation_002": _elsewhere("CertificateInstallation", _INSTALL),
    "TC_SECC_CMN_VTB_CertificateInstallation_004": _silent("CertificateInstallation", _INSTALL),
    "TC_SECC_CMN_VTB_CertificateInstallation_006": Row(
        "CertificateInstallation", "altered after signing", "FAILED_SignatureError", setup=_INSTALL
    ),
    "TC_SECC_CMN_VTB_CertificateInstallation_008": Row(
        "CertificateInstallation",
        "changed domain component",
        "FAILED|FAILED_NoCertificateAvailable",
        setup=_INSTALL,
    ),
    "TC_SECC_CMN_VTB_CertificateUpdate_002": _elsewhere("CertificateUpdate", _UPDATE),
    "TC_SECC_CMN_VTB_CertificateUpdate_004": _silent("CertificateUpdate", _UPDATE),
    "TC_SECC_CMN_VTB_CertificateUpdate_006": _update(
        "altered after signing", "FAILED_SignatureError"
    ),
    "TC_SECC_CMN_VTB_CertificateUpdate_008": _update(
        "leaf of another PKI", "FAILED_CertChainError"
    ),
    "TC_SECC_CMN_VTB_CertificateUpdate_010": _update(
        "sub-CA 1 of another PKI", "FAILED_CertChainError"
    ),
    "TC_SECC_CMN_VTB_CertificateUpdate_012": _update("another eMAID in the body", NO_CONTRACT),
    "TC_SECC_CMN_VTB_CertificateUpdate_014": _update("wrong eMAID in the certificate", NO_CONTRACT),
    "TC_SECC_CMN_VTB_CertificateUpdate_016": _update(
        "expired certificate", "FAILED_CertificateExpired"
    ),
    "TC_SECC_CMN_VTB_PaymentDetails_001": Row(
        "PaymentDetails", checks=("GenChallenge of 16 octets",), setup=_PNC
    ),
    "TC_SECC_CMN_VTB_PaymentDetails_003": Row(
        "PaymentDetails", checks=("GenChallenge of 16 octets",), setup=_UPDATE
    ),
    "TC_SECC_CMN_VTB_PaymentDetails_005": _foreign("PaymentDetails", _PNC),
    "TC_SECC_CMN_VTB_PaymentDetails_007": Row(
        "PaymentDetails", "expired certificate", "FAILED_CertificateExpired", setup=_PNC
    ),
    "TC_SECC_CMN_VTB_PaymentDetails_009": Row(
        "PaymentDetails",
        "expired sub-CA 1",
        "FAILED|FAILED_NoCertificateAvailable|FAILED_CertificateNotAllowedAtThisEVSE",
        setup=_PNC,
    ),
    "TC_SECC_CMN_VTB_Authorization_001": Row("Authorization", checks=_AUTHORIZED),
    "TC_SECC_CMN_VTB_Authorization_003": _elsewhere("Authorization"),
    "TC_SECC_CMN_VTB_Authorization_005": _foreign("Authorization"),
    "TC_SECC_CMN_VTB_Authorization_007": Row(
        "Authorization", "wrong GenChallenge", "FAILED_ChallengeInvalid", setup=_PNC
    ),
    "TC_SECC_CMN_VTB_Authorization_009": _silent("Authorization", _PNC),
    "TC_SECC_CMN_VTB_Authorization_011": Row(
        "Authorization", "altered after signing", "FAILED_SignatureError", setup=_PNC
    ),
    "TC_SECC_CMN_VTB_Authorization_013": Row("Authorization", checks=_AUTHORIZED, setup=_UPDATE),
    "TC_SECC_CMN_VTB_Authorization_015": Row(
        "Authorization", checks=_SLOW, setup=replace(_PNC, slow="Authorization")
    ),
    "TC_SECC_CMN_VTB_Authorization_017": Row(
        "Authorization", checks=_SLOW, setup=replace(_UPDATE, slow="Authorization")
    ),
}


ENTRIES: Final = 12
DEPARTURE: Final = 8 * 3600


def parameters(setup: Setup) -> Row:
    """A valid ChargeParameterDiscovery with what its answer must hold in this set-up."""
    checks = ["Finished", "valid schedules"]
    if setup.tariff:
        checks.append("with SalesTariff")
    if setup.slow:
        checks.append("Ongoing first")
    if setup.resumed:
        checks.append("the chosen tuple again")
    return Row("ChargeParameterDiscovery", checks=tuple(checks), setup=setup)


_E, _D, _T = ("entries", ENTRIES), ("departure", DEPARTURE), ("tariff", True)
_BY_EV, _BY_EVSE, _AGAIN = ("resumed", _EV), ("resumed", _EVSE), ("renegotiated", True)
_PARAMETERS: Final[dict[int, tuple[tuple[str, object], ...]]] = {
    6: (_D,),
    8: (_T,),
    10: (_D, _T),
    12: (_E,),
    14: (_D, ("slow", "ChargeParameterDiscovery")),
    16: (_E, _D),
    18: (_BY_EV, _D, _T),
    20: (_BY_EV, _E, _T),
    22: (_BY_EV, _E, _D),
    24: (_AGAIN, _D, _T),
    26: (_AGAIN, _E, _T),
    28: (_AGAIN, _E, _D),
    30: (_BY_EVSE, _T),
    32: (_BY_EVSE, _D, _T),
    34: (_BY_EVSE, _E, _T),
    36: (_BY_EVSE, _E, _D),
}


def _parameter_cases(mode: str) -> dict[str, Row]:
    name = f"TC_SECC_{mode_of(mode).kind}_VTB_ChargeParameterDiscovery"
    return {
        f"{name}_{number:03}": parameters(Setup(mode=mode, **dict(switches)))  # type: ignore[arg-type]  # rows of the table above
        for number, switches in _PARAMETERS.items()
    }


_DISCOVERY: Final = {
    **_parameter_cases(AC),
    **_parameter_cases(DC),
    "TC_SECC_AC_VTB_ChargeParameterDiscovery_002": parameters(Setup(mode=AC, renegotiated=True)),
    "TC_SECC_AC_VTB_ChargeParameterDiscovery_004": Row(
        "ChargeParameterDiscovery",
        "mode not offered",
        "FAILED_WrongEnergyTransferMode",
        setup=_AC,
    ),
    "TC_SECC_CMN_VTB_ChargeParameterDiscovery_002": _silent("ChargeParameterDiscovery"),
    "TC_SECC_DC_VTB_ChargeParameterDiscovery_002": _foreign("ChargeParameterDiscovery"),
    "TC_SECC_DC_VTB_ChargeParameterDiscovery_004": Row(
        "ChargeParameterDiscovery", "negative maximum current", "FAILED_WrongChargeParameter"
    ),
}

_D_STATE: Final = Setup(pilot="D")
_NO_WELDING: Final = Setup(welding=False)
_ENERGY: Final = {
    "TC_SECC_DC_VTB_CableCheck_002": Row(
        "CableCheck", checks=("Finished", "within 40 s"), setup=_D_STATE
    ),
    "TC_SECC_DC_VTB_CableCheck_004": _foreign("CableCheck"),
    "TC_SECC_DC_VTB_CableCheck_006": Row(
        "CableCheck",
        checks=("Ongoing first", "Finished", "within 40 s"),
        setup=Setup(slow="CableCheck"),
    ),
    "TC_SECC_DC_VTB_CableCheck_008": Row("CableCheck", "pilot stays in B", "FAILED"),
    "TC_SECC_DC_VTB_PreCharge_002": _elsewhere("PreCharge"),
    "TC_SECC_DC_VTB_PreCharge_004": _silent("PreCharge"),
    "TC_SECC_AC_VTB_PowerDelivery_002": Row("Start", setup=replace(_AC, pilot="D")),
    "TC_SECC_AC_VTB_PowerDelivery_004": Row("Start", setup=replace(_AC, renegotiated=True)),
    "TC_SECC_AC_VTB_PowerDelivery_006": _elsewhere("Start", _AC),
    "TC_SECC_AC_VTB_PowerDelivery_008": _foreign("Start", _AC),
    "TC_SECC_AC_VTB_PowerDelivery_010": Row(
        "Start", "profile above PMax", "FAILED_ChargingProfileInvalid", setup=_AC
    ),
    "TC_SECC_AC_VTB_PowerDelivery_012": _silent("Start", _AC),
    "TC_SECC_AC_VTB_PowerDelivery_014": Row("Start", "early Renegotiate", "FAILED", setup=_AC),
    "TC_SECC_DC_VTB_PowerDelivery_002": Row("Stop"),
    "TC_SECC_DC_VTB_PowerDelivery_004": _elsewhere("Stop"),
    "TC_SECC_DC_VTB_PowerDelivery_006": _foreign("Stop"),
    "TC_SECC_DC_VTB_PowerDelivery_008": Row(
        "Start", "unknown tuple", "FAILED_TariffSelectionInvalid"
    ),
    "TC_SECC_DC_VTB_PowerDelivery_010": _silent("Stop"),
    "TC_SECC_DC_VTB_PowerDelivery_012": Row("Start", setup=Setup(renegotiated=True)),
    "TC_SECC_DC_VTB_PowerDelivery_014": Row("Stop", "stop with FAILED_RESSTemperatureInhibit"),
    "TC_SECC_DC_VTB_PowerDelivery_016": Row("Stop", "stop with FAILED_ChargerConnectorLockFault"),
    "TC_SECC_DC_VTB_PowerDelivery_018": Row("Stop", "stop with FAILED_ChargingCurrentdifferential"),
    "TC_SECC_DC_VTB_PowerDelivery_020": Row(
        "Stop", "stop with FAILED_ChargingSystemIncompatibility"
    ),
    "TC_SECC_AC_VTB_ChargingStatus_001": Row("Loop", checks=("no receipt demanded",), setup=_AC),
    "TC_SECC_AC_VTB_ChargingStatus_003": _elsewhere("Loop", _AC),
    "TC_SECC_AC_VTB_ChargingStatus_005": _silent("Loop", _AC),
    "TC_SECC_AC_VTB_ChargingStatus_007": Row(
        "Loop", checks=("receipt demanded", "MeterInfo"), setup=replace(_RECEIPTS, mode=AC)
    ),
    "TC_SECC_AC_VTB_ChargingStatus_009": Row(
        "Loop", checks=("receipt demanded", "MeterReading"), setup=replace(_RECEIPTS, mode=AC)
    ),
    "TC_SECC_DC_VTB_CurrentDemand_002": Row("Loop", checks=("receipt demanded",), setup=_RECEIPTS),
    "TC_SECC_DC_VTB_CurrentDemand_004": _foreign("Loop"),
    "TC_SECC_DC_VTB_CurrentDemand_006": Row("Loop", checks=("no receipt demanded", "MeterInfo")),
    "TC_SECC_DC_VTB_CurrentDemand_008": Row("Loop", checks=("no receipt demanded", "MeterReading")),
}

NOT_VALID: Final = "FAILED_MeteringSignatureNotValid"
_AC_RECEIPTS: Final = replace(_RECEIPTS, mode=AC)
_END: Final = {
    "TC_SECC_AC_VTB_MeteringReceipt_001": Row("Receipt", setup=_AC_RECEIPTS),
    "TC_SECC_AC_VTB_MeteringReceipt_003": _foreign("Receipt", _AC_RECEIPTS),
    "TC_SECC_AC_VTB_MeteringReceipt_005": _silent("Receipt", _AC_RECEIPTS),
    "TC_SECC_AC_VTB_MeteringReceipt_007": Row(
        "Receipt", "altered after signing", NOT_VALID, setup=_AC_RECEIPTS
    ),
    "TC_SECC_DC_VTB_MeteringReceipt_002": _elsewhere("Receipt", _RECEIPTS),
    "TC_SECC_DC_VTB_MeteringReceipt_004": Row(
        "Receipt", "changed MeterReading", NOT_VALID, setup=_RECEIPTS
    ),
    "TC_SECC_DC_VTB_MeteringReceipt_006": Row(
        "Receipt", "signed with a wrong key", NOT_VALID, setup=_RECEIPTS
    ),
    "TC_SECC_DC_VTB_WeldingDetection_001": Row("WeldingDetection"),
    "TC_SECC_DC_VTB_WeldingDetection_003": _foreign("WeldingDetection"),
    "TC_SECC_DC_VTB_WeldingDetection_005": Row("WeldingDetection", "pilot stays in C", "FAILED"),
    "TC_SECC_AC_VTB_SessionStop_002": _elsewhere("SessionStop", _AC),
    "TC_SECC_AC_VTB_SessionStop_004": _silent("SessionStop", _AC),
    "TC_SECC_DC_VTB_SessionStop_002": Row("SessionStop", checks=("leaves the network",)),
    "TC_SECC_DC_VTB_SessionStop_004": _foreign("SessionStop", _NO_WELDING),
    "TC_SECC_DC_VTB_SessionStop_006": Row(
        "SessionStop", "pilot stays in C", "FAILED", setup=_NO_WELDING
    ),
    "TC_SECC_DC_VTB_SessionStop_008": _foreign("SessionStop"),
    "TC_SECC_DC_VTB_SessionStop_010": Row("SessionStop", "endurance"),
}

ROWS: Final[dict[str, Row]] = {**_BEGINNING, **_CONTRACT, **_DISCOVERY, **_ENERGY, **_END}
