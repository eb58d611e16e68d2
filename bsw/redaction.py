"""What may not be written down.

Logs and traces are read by anyone.  A field whose name speaks of a secret, or whose value looks
like a private key, is replaced before any sink sees it; no caller has to remember to do so.
It knows names and shapes only, never a key.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

Field = str | int | float | bool | bytes | None
"""What a log or trace field may be.  Anything richer is the caller's to take apart."""

REFUSED: Final = "[refused]"

_WORDS = frozenset(
    (
        "pin",
        "puk",
        "password",
        "passwd",
        "passphrase",
        "credential",
        "credentials",
        "secret",
        "secrets",
        "private",
        "nmk",
        "psk",
        "emaid",
        "subject",
    )
)
_PHRASES = ("session_key", "master_key", "contract_id", "id_token", "key_octets", "key_value")
_KEY_DER = re.compile(
    rb"\x30(?:[\x00-\x7f]|\x81.|\x82..)\x02\x01[\x00\x01](?:\x30|\x04[\x10-\x42]|\x02\x82)",
    re.DOTALL,
)
"""How PKCS#8, SEC 1 and PKCS#1 private keys begin."""


@lru_cache(maxsize=1024)
def secret_name(name: str) -> bool:
    """``token_pin`` and ``contract_id`` are secret names, ``key_label`` and ``pinned`` are not."""
    lowered = name.lower().replace("-", "_")
    return not _WORDS.isdisjoint(lowered.split("_")) or any(p in lowered for p in _PHRASES)


def secret_value(value: object) -> bool:
    if isinstance(value, str):
        return "PRIVATE KEY-----" in value
    if isinstance(value, bytes):
        return b"PRIVATE KEY-----" in value or _KEY_DER.match(value) is not None
    return False


def redacted(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields that may be read by anyone; what may not is there by name only."""
    return {
        name: REFUSED if secret_name(name) or secret_value(value) else value
        for name, value in fields.items()
    }
