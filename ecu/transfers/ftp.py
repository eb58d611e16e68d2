"""Files by FTP and FTPS (AUTH TLS, data protected too), in passive mode."""

import ftplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final
from urllib.parse import SplitResult, unquote

from ecu.transfers.terms import CHUNK, WITHIN_S, TransferError, Trust, credentials, grown

TROUBLE: Final = (OSError, EOFError, ftplib.Error)
_DENIED: Final = ("530", "532")


def put(parts: SplitResult, path: str, octets: bytes, trust: Trust) -> None:
    with _session(parts, trust) as session:
        session.storbinary(f"STOR {unquote(path).lstrip('/')}", BytesIO(octets), CHUNK)


def more(parts: SplitResult, octets: bytearray, trust: Trust) -> bool:
    """Append what comes; whether it is all: FTP tells an end apart from a broken line by a word."""
    with _session(parts, trust) as session:
        session.retrbinary(
            f"RETR {unquote(parts.path).lstrip('/')}",
            lambda chunk: grown(octets, chunk),
            CHUNK,
            rest=len(octets) or None,
        )
    return True


@contextmanager
def _session(parts: SplitResult, trust: Trust) -> Iterator[ftplib.FTP]:
    assert parts.hostname is not None
    session = _made(parts, trust)
    try:
        session.connect(parts.hostname, parts.port or ftplib.FTP_PORT)
        session.login(*(credentials(parts) or ()))
        if isinstance(session, ftplib.FTP_TLS):
            session.prot_p()
        yield session
    except ftplib.error_perm as error:
        raise TransferError(str(error), denied=str(error).startswith(_DENIED)) from None
    finally:
        session.close()


def _made(parts: SplitResult, trust: Trust) -> ftplib.FTP:
    if parts.scheme == "ftp":
        return ftplib.FTP(timeout=WITHIN_S)  # noqa: S321 - the back end orders it
    roots = None if trust.roots is None else str(trust.roots)
    context = ssl.create_default_context(cafile=roots)
    return ftplib.FTP_TLS(context=context, timeout=WITHIN_S)  # noqa: S321 - it is secured
