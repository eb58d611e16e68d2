"""Roots of others: installed, listed and deleted by the back end [M03, M04, M05].

Where they are kept, and who trusts them from then on, is a port's affair.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.desk import ONLY_16, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import Key
from ocpp.station.security.hashes import Hashes

KINDS: Final = (
    "CSMSRootCertificate",
    "ManufacturerRootCertificate",
    "V2GRootCertificate",
    "MORootCertificate",
    "OEMRootCertificate",
)
OF_16: Final = {
    "CentralSystemRootCertificate": "CSMSRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}


class Vault(Protocol):
    """Keeps the roots, and knows what they make possible."""

    def install(self, kind: str, certificate: str) -> str:
        """Accepted, Rejected (it is no such root, or there is no room) or Failed."""

    def installed(self, kind: str) -> Sequence[Hashes]: ...
    def delete(self, hashes: Hashes) -> str:
        """Accepted, NotFound, or Failed: it may not go."""

    def secures(self, profile: int) -> bool:
        """Whether a security profile has the roots and the certificate it needs."""

    @property
    def certified(self) -> bool:
        """Whether the station shows a certificate of its own: profile 3."""


class NoVault:
    """A station that trusts whom its files say, and nobody else."""

    certified = False

    def install(self, kind: str, certificate: str) -> str:
        del kind, certificate
        return "Rejected"

    def installed(self, kind: str) -> Sequence[Hashes]:
        del kind
        return ()

    def delete(self, hashes: Hashes) -> str:
        del hashes
        return "NotFound"

    def secures(self, profile: int) -> bool:
        del profile
        return False


class Roots:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground, vault: Vault) -> None:
        self._vault = vault
        desk.take(
            {
                "InstallCertificate": self._install,
                "GetInstalledCertificateIds": self._list_2,
                "DeleteCertificate": self._delete,
            }
        )
        desk.take(
            {
                "InstallCertificate": self._install,
                "GetInstalledCertificateIds": self._list_16,
                "DeleteCertificate": self._delete,
            },
            versions=ONLY_16,
        )
        ground.model.show(
            Key("SecurityCtrlr"),
            "CertificateEntries",
            lambda: str(sum(len(vault.installed(kind)) for kind in KINDS)),
        )

    def _install(self, message: Message) -> Reply:
        kind = OF_16.get(message.certificateType, message.certificateType)
        word = self._vault.install(kind, message.certificate)
        return Reply(status(word, "" if word == "Accepted" else "InvalidCertificate"))

    def _list_2(self, message: Message) -> Reply:
        wanted = KINDS if message.certificateType is UNSET else message.certificateType
        chains = [
            {"certificateType": kind, "certificateHashData": each.wire()}
            for kind in wanted
            for each in (self._vault.installed(kind) if kind in KINDS else ())
        ]
        if not chains:
            return Reply(status("NotFound"))
        return Reply({"status": "Accepted", "certificateHashDataChain": chains})

    def _list_16(self, message: Message) -> Reply:
        found = self._vault.installed(OF_16[message.certificateType])
        if not found:
            return Reply(status("NotFound"))
        return Reply({"status": "Accepted", "certificateHashData": [each.wire() for each in found]})

    def _delete(self, message: Message) -> Reply:
        data = message.certificateHashData
        if data.hashAlgorithm != "SHA256":
            return Reply(status("NotFound"))
        hashes = Hashes(
            data.issuerNameHash.lower(), data.issuerKeyHash.lower(), data.serialNumber.lower()
        )
        return Reply(status(self._vault.delete(hashes)))
