"""The text form of DER (RFC 7468): labelled blocks of base64, with anything between them.

What a block holds is for its reader; private keys are recognised only to be left alone.
"""

import base64
import binascii
import re
from dataclasses import dataclass

CERTIFICATE = "CERTIFICATE"
_BLOCK = re.compile(
    rb"-----BEGIN (?P<label>[A-Z0-9 ]{1,40})-----(?P<body>[^-]*)-----END (?P=label)-----"
)
_WIDTH = 64
MOST_BLOCKS = 256


class PemError(ValueError):
    """Text that claims to be PEM and is not."""


@dataclass(frozen=True, slots=True)
class Block:
    label: str
    octets: bytes

    @property
    def is_private(self) -> bool:
        return self.label.endswith("PRIVATE KEY")


def encode(octets: bytes, label: str = CERTIFICATE) -> bytes:
    body = base64.b64encode(octets).decode()
    lines = [body[at : at + _WIDTH] for at in range(0, len(body), _WIDTH)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()


def looks_like(octets: bytes) -> bool:
    return b"-----BEGIN " in octets


def decode(text: bytes) -> list[Block]:
    """All blocks, in their order.  The bodies of private keys are not decoded."""
    found: list[Block] = []
    for match in _BLOCK.finditer(text):
        label = match["label"].decode()
        if len(found) >= MOST_BLOCKS:
            raise PemError(f"more than {MOST_BLOCKS} blocks in one file")
        octets = b"" if label.endswith("PRIVATE KEY") else _body(label, match["body"])
        found.append(Block(label, octets))
    if not found:
        raise PemError("no complete block from BEGIN to END")
    return found


def certificates(text: bytes) -> list[bytes]:
    """The DER of all certificates.  Raises ``PemError`` if there is none."""
    found = [block.octets for block in decode(text) if block.label == CERTIFICATE]
    if not found:
        raise PemError("no certificate among the blocks")
    return found


def _body(label: str, body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as error:
        raise PemError(f"the block {label} is not base64: {error}") from None
