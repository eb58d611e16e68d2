"""The configuration keys of 1.6, each a variable of the device model under another name.

A back end of 1.6 and one of 2.x see and set the same values.
"""

from dataclasses import dataclass
from typing import Final

from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.desk import ONLY_16, Desk, Json, Reply, status
from ocpp.station.provisioning.model import (
    ACTUAL,
    READ_ONLY,
    WRITE_ONLY,
    Key,
    Model,
    Unfit,
    Unknown,
    Variable,
)
from ocpp.station.provisioning.variables import Variables


@dataclass(frozen=True, slots=True)
class Fixed:
    """A key that is no variable: always the same value."""

    value: str


Place = tuple[str, str] | tuple[str, str, str]
KEYS: Final[dict[str, Place]] = {
    "AllowOfflineTxForUnknownId": ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
    "AuthorizationCacheEnabled": ("AuthCacheCtrlr", "Enabled"),
    "AuthorizationKey": ("SecurityCtrlr", "BasicAuthPassword"),
    "AuthorizeRemoteTxRequests": ("AuthCtrlr", "AuthorizeRemoteStart"),
    "CertSigningRepeatTimes": ("SecurityCtrlr", "CertSigningRepeatTimes"),
    "CertSigningWaitMinimum": ("SecurityCtrlr", "CertSigningWaitMinimum"),
    "CentralContractValidationAllowed": ("ISO15118Ctrlr", "CentralContractValidationAllowed"),
    "CertificateSignedMaxChainSize": ("SecurityCtrlr", "MaxCertificateChainSize"),
    "ClockAlignedDataInterval": ("AlignedDataCtrlr", "Interval"),
    "ConnectionTimeOut": ("TxCtrlr", "EVConnectionTimeOut"),
    "ContractValidationOffline": ("ISO15118Ctrlr", "ContractValidationOffline"),
    "CpoName": ("SecurityCtrlr", "OrganizationName"),
    "GetConfigurationMaxKeys": ("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"),
    "HeartbeatInterval": ("OCPPCommCtrlr", "HeartbeatInterval"),
    "ISO15118CertificateManagementEnabled": (
        "ISO15118Ctrlr",
        "ContractCertificateInstallationEnabled",
    ),
    "ISO15118PnCEnabled": ("ISO15118Ctrlr", "PnCEnabled"),
    "LocalAuthListEnabled": ("LocalAuthListCtrlr", "Enabled"),
    "LocalAuthorizeOffline": ("AuthCtrlr", "LocalAuthorizeOffline"),
    "LocalPreAuthorize": ("AuthCtrlr", "LocalPreAuthorize"),
    "MaxEnergyOnInvalidId": ("TxCtrlr", "MaxEnergyOnInvalidId"),
    "MeterValueSampleInterval": ("SampledDataCtrlr", "TxUpdatedInterval"),
    "MeterValuesAlignedData": ("AlignedDataCtrlr", "Measurands"),
    "MeterValuesSampledData": ("SampledDataCtrlr", "TxUpdatedMeasurands"),
    "ResetRetries": ("OCPPCommCtrlr", "ResetRetries"),
    "SecurityProfile": ("SecurityCtrlr", "SecurityProfile"),
    "SendLocalListMaxLength": ("LocalAuthListCtrlr", "ItemsPerMessage"),
    "StopTransactionOnEVSideDisconnect": ("TxCtrlr", "StopTxOnEVSideDisconnect"),
    "StopTransactionOnInvalidId": ("TxCtrlr", "StopTxOnInvalidId"),
    "StopTxnAlignedData": ("AlignedDataCtrlr", "TxEndedMeasurands"),
    "StopTxnSampledData": ("SampledDataCtrlr", "TxEndedMeasurands"),
    "SupportedFileTransferProtocols": ("OCPPCommCtrlr", "FileTransferProtocols"),
    "TransactionMessageAttempts": ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
    "TransactionMessageRetryInterval": (
        "OCPPCommCtrlr",
        "MessageAttemptInterval",
        "TransactionEvent",
    ),
    "UnlockConnectorOnEVSideDisconnect": ("OCPPCommCtrlr", "UnlockOnEVSideDisconnect"),
    "WebSocketPingInterval": ("OCPPCommCtrlr", "WebSocketPingInterval"),
}
FEATURES: Final = "Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger,Reservation"
MOST_ENTRIES: Final = "5000"


class Keys16:
    """The block."""

    def __init__(self, desk: Desk, model: Model, variables: Variables, evses: int) -> None:
        self._model = model
        self._variables = variables
        self._fixed = {
            "ConnectorPhaseRotation": ",".join(
                f"{evse}.NotApplicable" for evse in range(evses + 1)
            ),
            "LocalAuthListMaxLength": MOST_ENTRIES,
            "NumberOfConnectors": str(evses),
            "ReserveConnectorZeroSupported": "true",
            "SupportedFeatureProfiles": FEATURES,
        }
        desk.take(
            {"GetConfiguration": self._get, "ChangeConfiguration": self._change}, versions=ONLY_16
        )

    def add(self, key: str, value: str) -> None:
        """Another block's key that never changes; a feature profile is added to the list."""
        if key == "SupportedFeatureProfiles":
            value = f"{self._fixed[key]},{value}"
        self._fixed[key] = value

    def _get(self, message: Message) -> Reply:
        asked = message.key if message.key is not UNSET else [*sorted({*KEYS, *self._fixed})]
        folded = {name.casefold(): name for name in (*KEYS, *self._fixed)}
        found: list[Json] = []
        unknown: list[str] = []
        for name in asked:
            known = folded.get(name.casefold())
            shown = None if known is None else self._shown(known)
            if known is None:
                unknown.append(name)
            elif shown is not None:
                found.append(shown)
        answer: Json = {}
        if found:
            answer["configurationKey"] = found
        if unknown:
            answer["unknownKey"] = unknown
        return Reply(answer)

    def _shown(self, key: str) -> Json | None:
        """``None`` for what may only be written."""
        if key in self._fixed:
            return {"key": key, "readonly": True, "value": self._fixed[key][:500]}
        attribute = self._variable(key).actual
        if attribute.mutability == WRITE_ONLY:
            return None
        readonly = attribute.mutability == READ_ONLY
        return {"key": key, "readonly": readonly, "value": attribute.now[:500]}

    def _change(self, message: Message) -> Reply:
        folded = {name.casefold(): name for name in KEYS}
        key = folded.get(message.key.casefold())
        if key is None:
            known = {name.casefold() for name in self._fixed}
            word = "Rejected" if message.key.casefold() in known else "NotSupported"
            return Reply(status(word))
        variable = self._variable(key)
        try:
            self._model.check(variable, ACTUAL, message.value)
        except (Unknown, Unfit):
            return Reply(status("Rejected"))
        self._variables.put(variable, ACTUAL, message.value)
        return Reply(status("RebootRequired" if variable.actual.reboot else "Accepted"))

    def _variable(self, key: str) -> Variable:
        component, name, *instance = KEYS[key]
        return self._model.find(Key(component), name, *instance)
