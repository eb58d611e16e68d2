"""Where a back end is found and under which name a station goes there.

Owns the rules for the URL and the identity; knows neither sockets nor name servers.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

LONGEST_IDENTITY: Final = 48
_IDENTITY: Final = re.compile(r"[^\x00-\x1f\x7f:/?#]+")
_PORTS: Final = {"ws": 80, "wss": 443}


class AddressUnusable(ValueError):
    """An identity or a URL cannot be used; says what a good one looks like."""


@dataclass(frozen=True, slots=True)
class BackendAddress:
    """A URL taken apart, and the station's own path below it."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """For the Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _PORTS["wss" if self.secure else "ws"]
        return host if self.port == usual else f"{host}:{self.port}"


def backend_address(url: str, identity: str) -> BackendAddress:
    """``wss://csms.example/ocpp`` for ``CS1`` is the path ``/ocpp/CS1`` there."""
    check_identity(identity)
    wrong = f"{url!r}: not a back end's URL; write e.g. wss://csms.example/ocpp"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressUnusable(wrong) from None
    if parts.scheme not in _PORTS or not parts.hostname or re.search(r"[\x00-\x20\x7f]", url):
        raise AddressUnusable(wrong)
    if parts.username is not None or parts.query or parts.fragment:
        raise AddressUnusable(f"{url!r}: no user, query or fragment belongs into a back end's URL")
    path = f"{parts.path.rstrip('/')}/{quote(identity, safe='')}"
    return BackendAddress(parts.scheme == "wss", parts.hostname, port or _PORTS[parts.scheme], path)


def check_identity(identity: str) -> None:
    """Raise ``AddressUnusable`` for what cannot be a station's identity."""
    if not _IDENTITY.fullmatch(identity) or len(identity) > LONGEST_IDENTITY:
        raise AddressUnusable(
            f"{identity!r}: an identity has 1 to {LONGEST_IDENTITY} characters without colon or "
            "slash, e.g. CS-0001"
        )


def identity_of(path: str) -> str | None:
    """The identity at the end of a request's path, or ``None`` if there is none that may be."""
    identity = unquote(path.partition("?")[0].rpartition("/")[2])
    try:
        check_identity(identity)
    except AddressUnusable:
        return None
    return identity
