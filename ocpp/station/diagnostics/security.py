"""Security events: all into a log that goes round, the critical ones to the back end [A04]."""

from typing import Final

import msgspec

from bsw.tls.port import TlsFailure
from ocpp.connection import Cause, Gone
from ocpp.station.ground import Ground
from ocpp.station.post import Post
from ocpp.station.provisioning.model import Variable

KEPT: Final = "security.log"
MOST: Final = 500
NOT_CRITICAL: Final = frozenset(
    {
        "AttemptedReplayAttacks",
        "CsmsFailedToAuthenticate",
        "FailedToAuthenticateAtCsms",
        "InvalidMessages",
        "ReconfigurationOfSecurityParameters",
    }
)
SECRETS: Final = {"BasicAuthPassword", "OrganizationName"}
"""Whose change is one; the value itself is never written."""


class Row(msgspec.Struct, frozen=True):
    timestamp: str
    type: str
    info: str = ""


class Security:
    """The block."""

    def __init__(self, ground: Ground, post: Post) -> None:
        self._ground = ground
        self._post = post
        self._rows = ground.memory.read(KEPT, list[Row], [])
        self._last: str | None = None
        ground.model.listen(self._changed)

    @property
    def log(self) -> list[Row]:
        """Oldest first."""
        return list(self._rows)

    def report(self, kind: str, info: str = "") -> None:
        """Something happened that concerns security."""
        self._rows.append(Row(self._ground.stamp(), kind, info))
        del self._rows[:-MOST]
        self._ground.memory.write(KEPT, self._rows)
        if kind not in NOT_CRITICAL:
            fields = {"type": kind, **({"techInfo": info[:255]} if info else {})}
            self._post.send("SecurityEventNotification", fields, kept=True, dated="timestamp")

    def started(self, *, ordered: bool) -> None:
        """The station is up; ``ordered``: the back end had it started."""
        self.report("ResetOrReboot" if ordered else "StartupOfTheDevice")

    def gone(self, reason: Gone) -> None:
        """Why there is no line: once for a series of tries [A00.FR.316]."""
        kind = _kind(reason)
        if kind and kind != self._last:
            self.report(kind, reason.detail)
        self._last = kind or self._last

    def opened(self) -> None:
        self._last = None

    def _changed(self, variable: Variable, kind: str) -> None:
        del kind
        if variable.name in SECRETS and self._ground.version is not None:
            self.report("ReconfigurationOfSecurityParameters", variable.name)


def _kind(reason: Gone) -> str:
    if reason.cause is Cause.UNAUTHORIZED:
        return "FailedToAuthenticateAtCsms"
    if reason.cause is not Cause.TLS:
        return ""
    return _of_tls(reason.failure, reason.detail)


def _of_tls(failure: TlsFailure | None, detail: str) -> str:
    words = f"{failure} {detail}".casefold()
    if "version" in words or "protocol" in words:
        return "InvalidTLSVersion"
    if "cipher" in words:
        return "InvalidTLSCipherSuite"
    return "InvalidCsmsCertificate"
