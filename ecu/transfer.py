"""Files by HTTP, there and back.  A driver: it blocks, so it runs on a worker.

A redirect is not followed with an upload, and a location is only ever HTTP or HTTPS.
"""

import base64
import http.client
import ssl
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

WITHIN_S: Final = 60
MOST: Final = 512 << 20
_CHUNK: Final = 1 << 16
_PERMISSION: Final = {401, 403}


class TransferError(Exception):
    """A file did not get there; ``status`` is HTTP's, where it came that far."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status

    @property
    def is_permission(self) -> bool:
        return self.status in _PERMISSION


def put(url: str, name: str, octets: bytes, roots: Path | None = None) -> None:
    """Upload; a URL that ends in a slash gets the name [N01.FR.21]."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (name if (parts.path or "/").endswith("/") else "")
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{name}"',
        **_credentials(parts),
    }
    connection = _connection(parts, roots)
    try:
        connection.request("PUT", _target(path, parts), octets, headers)
        response = connection.getresponse()
        response.read(_CHUNK)
        if not 200 <= response.status < 300:
            raise TransferError(f"{response.status} {response.reason}", response.status)
    except (OSError, http.client.HTTPException) as error:
        raise TransferError(str(error) or type(error).__name__) from None
    finally:
        connection.close()


def get(url: str, roots: Path | None = None) -> bytes:
    """Download; a line that breaks is taken up where it broke, once each time it gave something."""
    parts = urlsplit(url)
    octets = bytearray()
    while True:
        before = len(octets)
        try:
            if _more(parts, octets, roots):
                return bytes(octets)
            if len(octets) == before:
                raise TransferError("the server promises more and gives nothing")
        except (OSError, http.client.HTTPException) as error:
            if len(octets) == before:
                raise TransferError(str(error) or type(error).__name__) from None


def _more(parts: SplitResult, octets: bytearray, roots: Path | None) -> bool:
    """Append what comes; whether it is all."""
    headers = _credentials(parts)
    if octets:
        headers["Range"] = f"bytes={len(octets)}-"
    connection = _connection(parts, roots)
    try:
        connection.request("GET", _target(parts.path or "/", parts), headers=headers)
        response = connection.getresponse()
        if response.status == 200:
            octets.clear()  # from the beginning, whatever was asked for
        elif response.status != 206:
            raise TransferError(f"{response.status} {response.reason}", response.status)
        while chunk := response.read(_CHUNK):
            octets += chunk
            if len(octets) > MOST:
                raise TransferError(f"more than {MOST} octets")
        return response.length in {None, 0}
    finally:
        connection.close()


def _connection(parts: SplitResult, roots: Path | None) -> http.client.HTTPConnection:
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise TransferError(f"{parts.scheme or 'no'} URL; give one that begins with https://")
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=WITHIN_S)
    context = ssl.create_default_context(cafile=None if roots is None else str(roots))
    return http.client.HTTPSConnection(
        parts.hostname, parts.port, timeout=WITHIN_S, context=context
    )


def _target(path: str, parts: SplitResult) -> str:
    return f"{path}?{parts.query}" if parts.query else path


def _credentials(parts: SplitResult) -> dict[str, str]:
    """User and password of the URL [N01.FR.25]."""
    if parts.username is None:
        return {}
    words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(words.encode()).decode()}"}
