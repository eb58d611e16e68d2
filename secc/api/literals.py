"""The closed lists of the north side.  The value is the literal that integrators write."""

from enum import Enum


class Literal(str, Enum):
    """An enumeration whose members are their own text."""

    def __str__(self) -> str:
        return str(self.value)


class AuthorizationStatus(Literal):
    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"
    PIN_REQUIRED = "PinRequired"
    TIMEOUT = "Timeout"


class AuthorizationType(Literal):
    OCPP = "OCPP"
    RFID = "RFID"
    AUTOCHARGE = "Autocharge"
    PLUG_AND_CHARGE = "PlugAndCharge"
    BANK_CARD = "BankCard"


class BptChannel(Literal):
    UNIFIED = "Unified"
    SEPARATED = "Separated"


class CertificateAction(Literal):
    INSTALL = "Install"
    UPDATE = "Update"


class CertificateExchangeStatus(Literal):
    ACCEPTED = "Accepted"
    FAILED = "Failed"


class CertificateStatus(Literal):
    ACCEPTED = "Accepted"
    SIGNATURE_ERROR = "SignatureError"
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CERTIFICATE_REVOKED = "CertificateRevoked"
    NO_CERTIFICATE_AVAILABLE = "NoCertificateAvailable"
    CERT_CHAIN_ERROR = "CertChainError"
    CONTRACT_CANCELLED = "ContractCancelled"


class Connector(Literal):
    SINGLE_PHASE = "SinglePhase"
    THREE_PHASE = "ThreePhase"
    CORE = "Core"
    EXTENDED = "Extended"
    DUAL2 = "Dual2"
    DUAL4 = "Dual4"
    MCS = "Mcs"
    CHAOJI = "Chaoji"
    ULTRA_CHAOJI = "UltraChaoji"
    R_MCS = "rMcs"
    X_MCS = "xMcs"
    AVIATION = "Aviation"
    MARINE = "Marine"


class ControlMode(Literal):
    SCHEDULED = "ScheduledControl"
    DYNAMIC = "DynamicControl"


class DcEvErrorCode(Literal):
    NO_ERROR = "NO_ERROR"
    RESS_TEMPERATURE = "FAILED_RESSTemperatureInhibit"
    SHIFT_POSITION = "FAILED_EVShiftPosition"
    CONNECTOR_LOCK = "FAILED_ChargerConnectorLockFault"
    RESS_MALFUNCTION = "FAILED_EVRESSMalfunction"
    CURRENT_DIFFERENTIAL = "FAILED_ChargingCurrentdifferential"
    VOLTAGE_OUT_OF_RANGE = "FAILED_ChargingVoltageOutOfRange"
    RESERVED_A = "Reserved_A"
    RESERVED_B = "Reserved_B"
    RESERVED_C = "Reserved_C"
    SYSTEM_INCOMPATIBILITY = "FAILED_ChargingSystemIncompatibility"
    NO_DATA = "NoData"


class EnergyTransferMode(Literal):
    """The first six belong to DIN and -2, the others to -20."""

    AC_SINGLE_PHASE = "AC_single_phase_core"
    AC_TWO_PHASE = "AC_two_phase"
    AC_THREE_PHASE = "AC_three_phase_core"
    DC_CORE = "DC_core"
    DC_EXTENDED = "DC_extended"
    DC_COMBO_CORE = "DC_combo_core"
    DC_UNIQUE = "DC_unique"
    DC = "DC"
    AC_BPT = "AC_BPT"
    AC_BPT_DER = "AC_BPT_DER"
    AC_DER_IEC = "AC_DER_IEC"
    AC_DER_SAE = "AC_DER_SAE"
    DC_BPT = "DC_BPT"
    DC_ACDP = "DC_ACDP"
    DC_ACDP_BPT = "DC_ACDP_BPT"
    WPT = "WPT"
    MCS = "MCS"
    MCS_BPT = "MCS_BPT"


class EvseError(Literal):
    """A malfunction is permanent; a utility interrupt is a temporary reduction."""

    CONTACTOR = "Error_Contactor"
    RCD = "Error_RCD"
    UTILITY_INTERRUPT = "Error_UtilityInterruptEvent"
    MALFUNCTION = "Error_Malfunction"
    EMERGENCY_SHUTDOWN = "Error_EmergencyShutdown"


class GeneratorMode(Literal):
    GRID_FOLLOWING = "GridFollowing"
    GRID_FORMING = "GridForming"


class GridCodeIslandingDetectionMethod(Literal):
    ACTIVE = "Active"
    PASSIVE = "Passive"


class HlcSessionFailedReason(Literal):
    """Why a session failed, without a protocol's detail."""

    PROTOCOL_NEGOTIATION = "ProtocolNegotiationFailed"
    AUTHORIZATION = "AuthorizationFailed"
    PARAMETERS = "ChargingParametersNotAccepted"
    TRANSFER_SETUP = "EnergyTransferSetupFailed"
    INTERRUPTED = "ChargingInterrupted"
    TLS_HANDSHAKE = "FailedTLSHandshake"
    UNEXPECTED_END = "UnexpectedSessionEnd"


class IdTokenType(Literal):
    CENTRAL = "Central"
    EMAID = "eMAID"
    MAC_ADDRESS = "MacAddress"
    ISO14443 = "ISO14443"
    ISO15693 = "ISO15693"
    KEY_CODE = "KeyCode"
    LOCAL = "Local"
    NO_AUTHORIZATION = "NoAuthorization"


class IsolationStatus(Literal):
    INVALID = "Invalid"
    VALID = "Valid"
    WARNING = "Warning"
    FAULT = "Fault"
    NO_IMD = "No_IMD"


class MobilityNeedsMode(Literal):
    EVCC = "EVCC"
    EVCC_SECC = "EVCC_SECC"


class NoEnergyPauseMode(Literal):
    """``AllowEvToIgnorePause`` departs from IEC 61851-23:2023 on purpose."""

    AFTER_PRECHARGE = "PauseAfterPrecharge"
    BEFORE_CABLE_CHECK = "PauseBeforeCableCheck"
    ALLOW_EV_TO_IGNORE = "AllowEvToIgnorePause"


class PaymentOption(Literal):
    CONTRACT = "Contract"
    EXTERNAL = "ExternalPayment"


class Pricing(Literal):
    NONE = "NoPricing"
    ABSOLUTE = "AbsolutePricing"
    LEVELS = "PriceLevels"


class SaeJ2847BidiMode(Literal):
    NONE = "None"
    V2G = "V2G"
    V2H = "V2H"


class ServiceCategory(Literal):
    AC = "AC"
    DC = "DC"
    WPT = "WPT"
    DC_ACDP = "DC_ACDP"
    AC_BPT = "AC_BPT"
    DC_BPT = "DC_BPT"
    DC_ACDP_BPT = "DC_ACDP_BPT"
    MCS = "MCS"
    MCS_BPT = "MCS_BPT"
    AC_DER_IEC = "AC_DER_IEC"
    AC_DER_SAE = "AC_DER_SAE"
    INTERNET = "Internet"
    PARKING_STATUS = "ParkingStatus"


class SlacState(Literal):
    UNMATCHED = "UNMATCHED"
    MATCHING = "MATCHING"
    MATCHED = "MATCHED"


class SupportedAppProtocol(Literal):
    DIN = "DIN70121"
    ISO2 = "ISO15118D2"
    ISO20 = "ISO15118D20"
