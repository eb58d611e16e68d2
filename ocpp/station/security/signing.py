"""The station's own certificates by CSR: asked for, waited for, asked for again [A02, A03].

The wait for a certificate doubles with each repeat.  Where keys lie and how a certificate is judged
is a port's affair.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from msgspec import UNSET

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.contracts.shown import VEHICLES
from ocpp.station.desk import ACCEPTED, ONLY_16, Desk, Json, Reply, status
from ocpp.station.diagnostics.security import Security
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.questions import Done
from ocpp.versions import Version

CONTROLLER: Final = "SecurityCtrlr"
STATION: Final = "ChargingStationCertificate"
RENEWAL_EACH: Final = 24 * 3600 * S
Ask = Callable[[str, Mapping[str, Any], Done], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A certificate to be asked for; an empty name is for the one who holds keys to fill in."""

    kind: str
    organization: str
    name: str = ""
    country: str = ""


class Keys(Protocol):
    """The station's keys.  A key never leaves; what it signs does."""

    def holds(self, kind: str) -> bool:
        """Whether there are keys of this kind here."""

    def request(self, wanted: Wanted, done: Callable[[str], None]) -> None:
        """A new key, and a request for a certificate for it in PEM; empty if it could not be."""

    def accept(self, kind: str, chain: str) -> str:
        """Take the certificate for that key; why not, or nothing."""

    def due(self) -> Sequence[str]:
        """Kinds whose certificate ends within a month."""


class NoKeys:
    """A station without keys of its own."""

    def holds(self, kind: str) -> bool:
        del kind
        return False

    def request(self, wanted: Wanted, done: Callable[[str], None]) -> None:
        del wanted
        done("")

    def accept(self, kind: str, chain: str) -> str:
        del kind, chain
        return "no key was made"

    def due(self) -> Sequence[str]:
        return ()


class Signing:
    """The block.  ``renew`` comes back to the back end with the new certificate."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        security: Security,
        keys: Keys,
        *,
        renew: Callable[[], None],
        carried: Ask,
    ) -> None:
        """``carried`` asks what 1.6 has no message for."""
        self._ground = ground
        self._security = security
        self._keys = keys
        self._renew = renew
        self._carried = carried
        self._wanted: dict[str, tuple[str, int]] = {}  # request, repeats so far
        self._requests = 0
        self._ids: dict[str, int] = {}  # of the last request of each kind [A02.FR.24]
        self._hopeless: set[str] = set()  # until somebody orders it [A02.FR.20]
        self._renewal = ground.scheduler.alarm(self._look, name="ocpp.sign.renewal")
        self._alarms = {}
        for kind in (STATION, "V2GCertificate", "V2G20Certificate"):
            again = partial(self._repeat, kind)
            self._alarms[kind] = ground.scheduler.alarm(again, name=f"ocpp.sign.{kind}")
        desk.take({"CertificateSigned": self._signed})
        desk.take({"CertificateSigned": self._signed}, versions=ONLY_16)

    def close(self) -> None:
        self._renewal.cancel()
        for alarm in self._alarms.values():
            alarm.cancel()

    def accepted(self) -> None:
        """The back end has taken the station in."""
        self._look()

    def trigger(self, kind: str, place: Place | None) -> Callable[[], None] | None:
        """Asked for: a new key and a request [A02.FR.02]; ``None`` if there are no keys."""
        del place
        if not self._keys.holds(kind) or not self._allowed(kind):
            return None
        self._hopeless.discard(kind)
        return partial(self._begin, kind)

    def _look(self) -> None:
        """What ends within a month is renewed unasked [A03.FR.02]."""
        self._renewal.rearm(RENEWAL_EACH)
        if not self._ground.online:
            return
        for kind in self._keys.due():
            if kind not in self._wanted and kind not in self._hopeless and self._allowed(kind):
                self._begin(kind)

    def _allowed(self, kind: str) -> bool:
        model = self._ground.model
        return kind == STATION or model.flag(VEHICLES, "V2GCertificateInstallationEnabled")

    def _begin(self, kind: str) -> None:
        get = self._ground.model.get
        if kind == STATION:
            wanted = Wanted(kind, get(CONTROLLER, "OrganizationName"))
        else:
            names = (get(VEHICLES, each) for each in ("OrganizationName", "SeccId", "CountryName"))
            wanted = Wanted(kind, *names)

        def made(request: str) -> None:
            if request:
                self._wanted[kind] = (request, 0)
                self._send(kind, request)

        self._keys.request(wanted, made)

    def _send(self, kind: str, request: str) -> None:
        old = self._ground.version is Version.V16
        fields: Json = {"csr": request}
        if not old or kind != STATION:
            fields["certificateType"] = kind
        if self._ground.version is Version.V21:
            self._requests += 1
            self._ids[kind] = fields["requestId"] = self._requests
        ask = self._carried if old and kind != STATION else self._ground.ask
        ask("SignCertificate", fields, partial(self._answered, kind))
        _, repeats = self._wanted[kind]
        wait = self._ground.model.number(CONTROLLER, "CertSigningWaitMinimum")
        self._alarms[kind].rearm(round(wait * S) << repeats)

    def _answered(self, kind: str, answer: Message | None) -> None:
        """A back end that will not sign is not asked again [A02.FR.20]."""
        if answer is not None and answer.status == "Rejected":
            self._wanted.pop(kind, None)
            self._hopeless.add(kind)
            self._alarms[kind].cancel()

    def _repeat(self, kind: str) -> None:
        """No certificate came [A02.FR.17 to FR.19]."""
        request, repeats = self._wanted[kind]
        if repeats >= self._ground.model.number(CONTROLLER, "CertSigningRepeatTimes"):
            del self._wanted[kind]
            self._hopeless.add(kind)
            return
        self._wanted[kind] = (request, repeats + 1)
        self._send(kind, request)

    def _signed(self, message: Message) -> Reply:
        kind = getattr(message, "certificateType", UNSET)
        kind = STATION if kind is UNSET else kind
        given = getattr(message, "requestId", UNSET)
        if given is not UNSET and given != self._ids.get(kind):
            return Reply(status("Rejected", "NotFound", "no such request"))  # [A02.FR.25]
        most = self._ground.model.number(CONTROLLER, "MaxCertificateChainSize")
        if len(message.certificateChain) > most:
            return Reply(status("Rejected", "TooLargeElement"))
        wrong = self._keys.accept(kind, message.certificateChain)
        self._alarms[kind].cancel()
        self._wanted.pop(kind, None)
        if wrong:
            self._hopeless.add(kind)
            self._security.report("InvalidChargingStationCertificate", wrong)
            return Reply(status("Rejected", "InvalidCertificate", wrong))
        return Reply(ACCEPTED, self._renew if kind == STATION else None)
