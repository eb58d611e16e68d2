"""The station's own certificates by CSR: asked for, waited for, asked for again [A02, A03].

The wait for a certificate doubles with each repeat.  Where keys lie and how a certificate is judged
is a port's affair.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from msgspec import UNSET

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.desk import ACCEPTED, ONLY_16, Desk, Json, Reply, status
from ocpp.station.diagnostics.security import Security
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.versions import Version

CONTROLLER: Final = "SecurityCtrlr"
STATION: Final = "ChargingStationCertificate"


class Keys(Protocol):
    """The station's keys.  A key never leaves; what it signs does."""

    def request(self, kind: str, organization: str) -> str:
        """A new key, and a request for a certificate for it in PEM; empty if there is none."""

    def accept(self, kind: str, chain: str) -> str:
        """Take the certificate for that key; why not, or nothing."""


class NoKeys:
    """A station without keys of its own."""

    def request(self, kind: str, organization: str) -> str:
        del kind, organization
        return ""

    def accept(self, kind: str, chain: str) -> str:
        del kind, chain
        return "no key was made"


class Signing:
    """The block.  ``renew`` comes back to the back end with the new certificate."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        security: Security,
        keys: Keys,
        renew: Callable[[], None],
    ) -> None:
        self._ground = ground
        self._security = security
        self._keys = keys
        self._renew = renew
        self._wanted: dict[str, tuple[str, int]] = {}  # request, repeats so far
        self._requests = 0
        self._alarms = {}
        for kind in (STATION, "V2GCertificate", "V2G20Certificate"):
            again = partial(self._repeat, kind)
            self._alarms[kind] = ground.scheduler.alarm(again, name=f"ocpp.sign.{kind}")
        desk.take({"CertificateSigned": self._signed})
        desk.take({"CertificateSigned": self._signed}, versions=ONLY_16)

    def close(self) -> None:
        for alarm in self._alarms.values():
            alarm.cancel()

    def trigger(self, kind: str, place: Place | None) -> Callable[[], None] | None:
        """Asked for: a new key and a request [A02.FR.02]; ``None`` if there are no keys."""
        del place
        organization = self._ground.model.get(CONTROLLER, "OrganizationName")
        request = self._keys.request(kind, organization)
        if not request:
            return None

        def begin() -> None:
            self._wanted[kind] = (request, 0)
            self._send(kind, request)

        return begin

    def _send(self, kind: str, request: str) -> None:
        fields: Json = {"csr": request}
        if self._ground.version is not Version.V16:
            fields["certificateType"] = kind
        if self._ground.version is Version.V21:
            self._requests += 1
            fields["requestId"] = self._requests
        self._ground.ask("SignCertificate", fields, partial(self._answered, kind))
        _, repeats = self._wanted[kind]
        wait = self._ground.model.number(CONTROLLER, "CertSigningWaitMinimum")
        self._alarms[kind].rearm(round(wait * S) << repeats)

    def _answered(self, kind: str, answer: Message | None) -> None:
        """A back end that will not sign is not asked again [A02.FR.20]."""
        if answer is not None and answer.status == "Rejected":
            self._wanted.pop(kind, None)
            self._alarms[kind].cancel()

    def _repeat(self, kind: str) -> None:
        """No certificate came [A02.FR.17 to FR.19]."""
        request, repeats = self._wanted[kind]
        if repeats >= self._ground.model.number(CONTROLLER, "CertSigningRepeatTimes"):
            del self._wanted[kind]
            return
        self._wanted[kind] = (request, repeats + 1)
        self._send(kind, request)

    def _signed(self, message: Message) -> Reply:
        kind = getattr(message, "certificateType", UNSET)
        kind = STATION if kind is UNSET else kind
        most = self._ground.model.number(CONTROLLER, "MaxCertificateChainSize")
        if len(message.certificateChain) > most:
            return Reply(status("Rejected", "TooLargeElement"))
        wrong = self._keys.accept(kind, message.certificateChain)
        self._alarms[kind].cancel()
        self._wanted.pop(kind, None)
        if wrong:
            self._security.report("InvalidChargingStationCertificate", wrong)
            return Reply(status("Rejected", "InvalidCertificate", wrong))
        return Reply(ACCEPTED, self._renew if kind == STATION else None)
