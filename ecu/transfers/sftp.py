"""Files by SFTP: only to servers whose key is known, with ``asyncssh`` where it is installed.

Its event loop lives for one transfer, in the worker's thread.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import SplitResult, unquote

from ecu.transfers.terms import CHUNK, WITHIN_S, TransferError, Trust, credentials, grown

if TYPE_CHECKING:
    import asyncssh

Move: TypeAlias = "Callable[[asyncssh.SFTPClient], Awaitable[None]]"
TROUBLE: Final = (OSError, EOFError)
PORT: Final = 22


def put(parts: SplitResult, path: str, octets: bytes, trust: Trust) -> None:
    async def move(client: "asyncssh.SFTPClient") -> None:
        async with client.open(unquote(path).lstrip("/"), "wb") as file:
            await file.write(octets)

    _run(parts, trust, move)


def more(parts: SplitResult, octets: bytearray, trust: Trust) -> bool:
    """Append what comes; it ends in order or with an error."""

    async def move(client: "asyncssh.SFTPClient") -> None:
        async with client.open(unquote(parts.path).lstrip("/"), "rb") as file:
            while chunk := await file.read(CHUNK, len(octets)):
                grown(octets, chunk)  # type: ignore[arg-type]  # it was opened for octets

    _run(parts, trust, move)
    return True


def _run(parts: SplitResult, trust: Trust, move: Move) -> None:
    if trust.known_hosts is None:
        raise TransferError(
            "sftp needs the keys of servers; name OpenSSH's known_hosts in ocpp.known_hosts"
        )
    try:
        import asyncssh  # noqa: PLC0415 - an extra, and only for this scheme
    except ImportError:
        raise TransferError("sftp is not installed; pip install 'pilotwire[sftp]'") from None
    try:
        asyncio.run(_moved(parts, str(trust.known_hosts), move))
    except asyncssh.HostKeyNotVerifiable:
        raise TransferError(f"the key of {parts.hostname} is not the one in known_hosts") from None
    except asyncssh.PermissionDenied as error:
        raise TransferError(error.reason, denied=True) from None
    except (asyncssh.ConnectionLost, asyncssh.SFTPConnectionLost) as error:
        raise ConnectionError(str(error)) from None  # it may be taken up again
    except (asyncssh.Error, asyncssh.SFTPError, ValueError) as error:
        raise TransferError(str(error) or type(error).__name__) from None


async def _moved(parts: SplitResult, known_hosts: str, move: Move) -> None:
    import asyncssh  # noqa: PLC0415 - see above

    user, password = credentials(parts) or ("anonymous", "")
    connection = await asyncssh.connect(
        parts.hostname or "",
        parts.port or PORT,
        known_hosts=known_hosts,
        username=user,
        password=password,
        client_keys=None,
        agent_path=None,
        config=None,
        connect_timeout=WITHIN_S,
        login_timeout=WITHIN_S,
        keepalive_interval=WITHIN_S // 2,
    )
    async with connection, connection.start_sftp_client() as client:
        await move(client)
