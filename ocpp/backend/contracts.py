"""What a back end answers about contracts and certificates; who makes them is a port's affair.

In 1.6 the same comes inside DataTransfer, and goes back so.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from ocpp.catalogue import Refused
from ocpp.transfer16 import CARRIER, VENDOR, answer_with, packed, request_in
from ocpp.versions import Version

Fields = Mapping[str, Any]
Call = Callable[[str, Fields], None]
"""A call to the station, once the present answer is out."""
STATION: Final = "ChargingStationCertificate"
OF_16: Final = frozenset({"CentralSystemRootCertificate", "ManufacturerRootCertificate"})
LOST: Final = frozenset({"Blocked", "Expired", "Invalid", "Unknown"})
"""A good contract whose token stands so was cancelled [C07.FR.13]."""
_OF_CHAIN: Final = {"CertificateExpired": "Expired"}


class Papers(Protocol):
    """A public key infrastructure."""

    def delivered(self, schema: str, exi: str) -> str | None:
        """The response to a vehicle's request for a contract, both in base 64."""

    def certified(self, csr: str, kind: str) -> str | None:
        """The chain for a key of the station, in PEM."""

    def standing(self, asked: Fields) -> str | None:
        """The responder's answer about ``ocspRequestData``, in base 64."""

    def judged(self, emaid: str, asked: Fields) -> str:
        """The ``certificateStatus`` of a contract."""


def install(version: Version, kind: str, root: str) -> tuple[str, Fields]:
    """The call that installs a root, carried where 1.6 has no word for its kind."""
    fields = {"certificateType": kind, "certificate": root}
    if version is Version.V16 and kind not in OF_16:
        return packed("InstallCertificate", fields)
    return "InstallCertificate", fields


class NoPapers:
    """Nobody makes any, and no chain is doubted."""

    def delivered(self, schema: str, exi: str) -> str | None:
        del schema, exi
        return None

    def certified(self, csr: str, kind: str) -> str | None:
        del csr, kind
        return None

    def standing(self, asked: Fields) -> str | None:
        del asked
        return None

    def judged(self, emaid: str, asked: Fields) -> str:
        del emaid, asked
        return "Accepted"


class ContractOffice:
    """``standing_of`` says how a token stands."""

    def __init__(self, papers: Papers, standing_of: Callable[[str], str]) -> None:
        self._papers = papers
        self._standing_of = standing_of

    def answer(self, version: Version, action: str, fields: Fields, call: Call) -> Fields | None:
        """``None``: not of this kind."""
        if action != CARRIER:
            return self._answer(version, action, fields, call)
        if version is not Version.V16 or fields["vendorId"] != VENDOR:
            return {"status": "UnknownVendorId"}
        return self._carried(str(fields.get("messageId", "")), fields.get("data"), call)

    def _carried(self, action: str, data: object, call: Call) -> Fields:
        try:
            inner = msgspec.to_builtins(request_in(action, data))
        except Refused:
            return {"status": "UnknownMessageId"}
        carrying: Call = lambda name, more: call(*packed(name, more))  # noqa: E731 - short
        answer = self._answer(Version.V201, action, inner, carrying)
        return {"status": "UnknownMessageId"} if answer is None else answer_with(action, answer)

    def _answer(self, version: Version, action: str, fields: Fields, call: Call) -> Fields | None:
        match action:
            case "Authorize":
                return self._authorized(fields)
            case "Get15118EVCertificate":
                exi = self._papers.delivered(fields["iso15118SchemaVersion"], fields["exiRequest"])
                return {"status": "Failed" if exi is None else "Accepted", "exiResponse": exi or ""}
            case "GetCertificateStatus":
                found = self._papers.standing(fields["ocspRequestData"])
                return (
                    {"status": "Failed"}
                    if found is None
                    else {"status": "Accepted", "ocspResult": found}
                )
            case "SignCertificate":
                return self._signed(version, fields, call)
        return None

    def _authorized(self, fields: Fields) -> Fields:
        token = fields["idToken"]["idToken"]
        status = self._standing_of(token)
        if not {"certificate", "iso15118CertificateHashData"} & fields.keys():
            return {"idTokenInfo": {"status": status}}
        chain = self._papers.judged(token, fields)
        if chain != "Accepted":
            status = _OF_CHAIN.get(chain, "Invalid")
        elif status in LOST:
            chain = "ContractCancelled"
        return {"idTokenInfo": {"status": status}, "certificateStatus": chain}

    def _signed(self, version: Version, fields: Fields, call: Call) -> Fields:
        kind = fields.get("certificateType", STATION)
        chain = self._papers.certified(fields["csr"], kind)
        if chain is None:
            return {"status": "Rejected"}
        signed: dict[str, Any] = {"certificateChain": chain}
        if version is not Version.V16:
            signed["certificateType"] = kind
        if "requestId" in fields:
            signed["requestId"] = fields["requestId"]
        call("CertificateSigned", signed)
        return {"status": "Accepted"}
