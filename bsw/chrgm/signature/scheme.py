"""The words of a signature: algorithms by their names on the wire, and what gets signed.

One ``Scheme`` per edition.  Its ``lab_suites`` are combinations that are in use and outside the
norm: they sign and verify only where a switch says so.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bsw import exi
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.messages.model import Message
from bsw.chrgm.messages.xmldsig import SignedInfo
from bsw.chrgm.signature.flaws import Flaw, SignatureFlaw
from bsw.crypto import KeyType
from bsw.exi.errors import EncodeError

CANONICAL_EXI: Final = "http://www.w3.org/TR/canonical-exi/"

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
ECDSA_SHA256: Final = f"{_MORE}ecdsa-sha256"
ECDSA_SHA512: Final = f"{_MORE}ecdsa-sha512"
ED448_OF_THE_NORM: Final = "urn:iso:std:iso:15118:-20:Security:xmldsig#Ed448"
ED448_OF_W3C: Final = "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448"

SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA512: Final = "http://www.w3.org/2001/04/xmlenc#sha512"
SHAKE256: Final = "urn:iso:std:iso:15118:-20:Security:xmlenc#SHAKE256"
SHAKE_OCTETS: Final = 64

DIGESTS: Final[dict[str, Callable[[bytes], bytes]]] = {
    SHA256: lambda octets: hashlib.sha256(octets).digest(),
    SHA512: lambda octets: hashlib.sha512(octets).digest(),
    SHAKE256: lambda octets: hashlib.shake_256(octets).digest(SHAKE_OCTETS),
}


@dataclass(frozen=True, slots=True)
class Suite:
    """A key type, and the two names that stand in a SignedInfo made with it."""

    key: KeyType
    signature: str
    digest: str

    def digest_of(self, octets: bytes) -> bytes:
        return DIGESTS[self.digest](octets)


P256 = Suite(KeyType.P256, ECDSA_SHA256, SHA256)
P521 = Suite(KeyType.P521, ECDSA_SHA512, SHA512)
ED448 = Suite(KeyType.ED448, ED448_OF_THE_NORM, SHAKE256)  # [V2G20-2473] to [V2G20-2476]
ED448_W3C = Suite(KeyType.ED448, ED448_OF_W3C, SHA512)
"""As some peers write it; for the laboratory."""


@dataclass(frozen=True, slots=True)
class Signable:
    """An element as it stands in a message.

    ``name`` is its name on the wire where the type alone does not tell it.  ``whole`` is the
    message around it, without its signature, where some peers sign all of that instead.
    """

    id: str | None
    value: Message = field(repr=False)
    name: str | None = None
    whole: Message | None = field(default=None, repr=False)

    @property
    def known_as(self) -> str:
        return self.name or type(self.value).__name__


@dataclass(frozen=True, slots=True)
class Scheme:
    """``schema`` is the EXI schema set of the messages, ``suites`` what the edition allows."""

    name: str
    schema: str
    suites: tuple[Suite, ...]
    lab_suites: tuple[Suite, ...] = ()

    def suite_for(self, key: KeyType, *, lab: bool = False) -> Suite:
        for suite in self.suites + (self.lab_suites if lab else ()):
            if suite.key is key:
                return suite
        raise SignatureFlaw(Flaw.WRONG_KEY, f"{self.name} does not sign with {key.value}")

    def suite_named(self, uri: str, *, lab: bool = False) -> Suite:
        for suite in self.suites + (self.lab_suites if lab else ()):
            if suite.signature == uri:
                return suite
        raise SignatureFlaw(Flaw.UNSUPPORTED_SIGNATURE, shown(uri))

    def fragment(self, element: Signable, *, typed: bool = False) -> bytes:
        """The octets whose digest is signed.

        ``typed`` gives the form of cbV2G for an element whose name has two types (eMAID).
        """
        try:
            codec = exi.codec(self.schema)
            return codec.encode_fragment(element.value, element.name, typed=typed)
        except (EncodeError, MessageError) as error:
            raise SignatureFlaw(Flaw.NOT_ENCODABLE, f"{element.known_as}: {error}") from error

    def signed_octets(self, info: SignedInfo) -> bytes:
        """What the key signs: SignedInfo in the grammar of XML Signature alone."""
        return _encoded("xmldsig", info)

    def signed_octets_of_message_grammar(self, info: SignedInfo) -> bytes:
        """The same in the grammar of the message schema, as some peers sign it."""
        return _encoded(self.schema, info)


def _encoded(schema: str, info: SignedInfo) -> bytes:
    try:
        return exi.codec(schema).encode_fragment(info)
    except (EncodeError, MessageError) as error:
        raise SignatureFlaw(Flaw.NOT_ENCODABLE, f"SignedInfo: {error}") from error


def shown(text: str | None) -> str:
    """A peer's text, short and printable."""
    if text is None:
        return "(none)"
    return "".join(c if c.isprintable() else "?" for c in text[:80])
