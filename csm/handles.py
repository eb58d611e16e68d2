"""What names a key, and what may be known about it by everybody.

A handle says in which driver, in which token and under which label a key lies; a public key is
the half that may leave.  Nothing here is secret, so all of it may be printed, logged and stored.
The private half has a room of its own (``csm.secret``) and rarely leaves its driver.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_HANDLE = re.compile(rf"(?P<driver>{_WORD}):(?:(?P<token>{_WORD})/)?(?P<label>{_WORD})")


def as_word(text: str) -> str:
    """``text`` as it may stand in a handle: "SmartCard-HSM (UserPIN)" is SmartCard-HSM-UserPIN."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("._-")[:64]


class HandleError(ValueError):
    """Text that does not name a key."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} names no key: write driver:label or driver:token/label, each word of "
            "letters, digits, '.', '_' and '-', at most 64; for example pkcs11:evcc/contract-1"
        )


@dataclass(frozen=True, slots=True, order=True)
class KeyHandle:
    """Names a key; never holds one.  ``str`` and ``parse`` are each other's inverse."""

    driver: str
    label: str
    token: str = ""

    def __post_init__(self) -> None:
        if not _HANDLE.fullmatch(str(self)):
            raise HandleError(str(self))

    def __str__(self) -> str:
        return f"{self.driver}:{self.token}/{self.label}" if self.token else self.unplaced

    @property
    def unplaced(self) -> str:
        return f"{self.driver}:{self.label}"

    @classmethod
    def parse(cls, text: str) -> "KeyHandle":
        found = _HANDLE.fullmatch(text)
        if found is None:
            raise HandleError(text)
        return cls(found["driver"], found["label"], found["token"] or "")


class KeyKind(Enum):
    """What a key is.  The value is what people call it."""

    P256 = "P-256"
    P521 = "P-521"
    ED448 = "Ed448"
    X448 = "X448"
    AES128 = "AES-128"
    AES256 = "AES-256"
    HMAC = "HMAC"  # any octets

    @property
    def is_ec(self) -> bool:
        return self in {KeyKind.P256, KeyKind.P521}

    @property
    def is_pair(self) -> bool:
        return self in PAIRS


class Use(Enum):
    """What a driver may be able to do with a kind of key."""

    GENERATE = auto()
    IMPORT = auto()
    SIGN = auto()
    DERIVE = auto()
    CIPHER = auto()
    MAC = auto()


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes in octets, and what stands before the public key in a SubjectPublicKeyInfo."""

    public: int
    private: int
    signature: int
    prefix: bytes


PAIRS = {
    KeyKind.P256: Shape(
        65, 32, 64, bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
    ),
    KeyKind.P521: Shape(
        133, 66, 132, bytes.fromhex("30819b301006072a8648ce3d020106052b8104002303818600")
    ),
    KeyKind.ED448: Shape(57, 57, 114, bytes.fromhex("3043300506032b6571033a00")),
    KeyKind.X448: Shape(56, 56, 0, bytes.fromhex("3042300506032b656f033900")),
}
"""The asymmetric kinds.  Elliptic curve points are uncompressed: 04, then both coordinates."""

SYMMETRIC = {KeyKind.AES128: 16, KeyKind.AES256: 32, KeyKind.HMAC: 64}
"""Octets of a generated key of each symmetric kind."""


class PublicKeyError(ValueError):
    """Octets that are no public key of a kind we know."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a key pair: an uncompressed point, or the raw key of RFC 8032 or 7748.

    Only the form is checked here; ``csm.public.check_point`` asks whether it lies on the curve.
    """

    kind: KeyKind
    octets: bytes

    def __post_init__(self) -> None:
        shape = PAIRS.get(self.kind)
        if shape is None:
            raise PublicKeyError(f"a key of kind {self.kind.value} has no public half")
        if len(self.octets) != shape.public:
            raise PublicKeyError(
                f"a public {self.kind.value} key has {shape.public} octets, not {len(self.octets)}"
            )
        if self.kind.is_ec and self.octets[0] != 4:
            raise PublicKeyError(f"a {self.kind.value} point must be uncompressed (first octet 04)")

    def __repr__(self) -> str:
        return f"<public {self.kind.value} key {self.octets.hex()[:20]}...>"

    def spki(self) -> bytes:
        """The key as DER SubjectPublicKeyInfo, as certificates carry it."""
        return PAIRS[self.kind].prefix + self.octets

    @classmethod
    def from_spki(cls, der: bytes) -> "PublicKey":
        for kind, shape in PAIRS.items():
            if der.startswith(shape.prefix):
                return cls(kind, der[len(shape.prefix) :])
        known = ", ".join(kind.value for kind in PAIRS)
        raise PublicKeyError(f"the public key is of no kind we use ({known})")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One line of a driver's list.  ``problem`` says why a key that lies there is of no use."""

    handle: KeyHandle
    kind: KeyKind | None
    public: PublicKey | None = None
    extractable: bool = False
    born_inside: bool = False
    certificate: bool = False
    problem: str = ""
