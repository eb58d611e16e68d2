"""Files by HTTP and HTTPS.  A redirect is not followed."""

import base64
import http.client
import ssl
from typing import Final
from urllib.parse import SplitResult

from ecu.transfers.terms import CHUNK, WITHIN_S, TransferError, Trust, credentials, grown

TROUBLE: Final = (OSError, http.client.HTTPException)
_PERMISSION: Final = {401, 403}


def put(parts: SplitResult, path: str, octets: bytes, trust: Trust) -> None:
    name = path.rpartition("/")[2]
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{name}"',
        **_authorization(parts),
    }
    connection = _connection(parts, trust)
    try:
        connection.request("PUT", _target(path, parts), octets, headers)
        response = connection.getresponse()
        response.read(CHUNK)
        if not 200 <= response.status < 300:
            raise _refused(response)
    finally:
        connection.close()


def more(parts: SplitResult, octets: bytearray, trust: Trust) -> bool:
    """Append what comes; whether it is all."""
    headers = _authorization(parts)
    if octets:
        headers["Range"] = f"bytes={len(octets)}-"
    connection = _connection(parts, trust)
    try:
        connection.request("GET", _target(parts.path or "/", parts), headers=headers)
        response = connection.getresponse()
        if response.status == 200:
            octets.clear()  # from the beginning, whatever was asked for
        elif response.status != 206:
            raise _refused(response)
        while chunk := response.read(CHUNK):
            grown(octets, chunk)
        return response.length in {None, 0}
    finally:
        connection.close()


def _refused(response: http.client.HTTPResponse) -> TransferError:
    denied = response.status in _PERMISSION
    return TransferError(f"{response.status} {response.reason}", denied=denied)


def _connection(parts: SplitResult, trust: Trust) -> http.client.HTTPConnection:
    assert parts.hostname is not None
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=WITHIN_S)
    roots = None if trust.roots is None else str(trust.roots)
    context = ssl.create_default_context(cafile=roots)
    return http.client.HTTPSConnection(
        parts.hostname, parts.port, timeout=WITHIN_S, context=context
    )


def _target(path: str, parts: SplitResult) -> str:
    return f"{path}?{parts.query}" if parts.query else path


def _authorization(parts: SplitResult) -> dict[str, str]:
    known = credentials(parts)
    if known is None:
        return {}
    words = ":".join(known)
    return {"Authorization": f"Basic {base64.b64encode(words.encode()).decode()}"}
