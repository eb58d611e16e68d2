"""A view of the file: sections whose fields are found by the beginning of their names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.x509 import Certificate, load_der_x509_certificate

from csm import material
from csm.errors import BadKey
from csm.handles import KeyKind, PublicKey, PublicKeyError
from csm.secret import PrivateKey, Secret

PUBLIC = ("public",)
PRIVATE = ("private",)


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping from the file.  All values are text; octets are hexadecimal."""

    fields: Mapping[str, Any]

    def find(self, *beginnings: str) -> str | None:
        """The field of this name, or the first that starts like it, whatever its case."""
        for beginning in beginnings:
            if beginning in self.fields:
                return beginning
            for name in self.fields:
                if name.lower().startswith(beginning.lower()):
                    return name
        return None

    def text(self, *beginnings: str) -> str | None:
        name = self.find(*beginnings)
        value = None if name is None else self.fields[name]
        return value if isinstance(value, str) else None

    def octets(self, *beginnings: str) -> bytes | None:
        text = self.text(*beginnings)
        return None if text is None else bytes.fromhex(text)

    def must(self, *beginnings: str) -> bytes:
        found = self.octets(*beginnings)
        if found is None:
            raise KeyError(f"the section has no field {beginnings[0]}...")
        return found

    def sections(self) -> Iterator[tuple[str, "Section"]]:
        for name, value in self.fields.items():
            if isinstance(value, Mapping):
                yield name, Section(value)


@dataclass(frozen=True, slots=True)
class Pair:
    """A key of the file, with both halves as it states them."""

    name: str
    kind: KeyKind
    private: PrivateKey = field(repr=False)
    stated_public: bytes

    @property
    def public(self) -> PublicKey:
        return material.public_half(self.private)


_KINDS = {(32, 65): KeyKind.P256, (66, 133): KeyKind.P521, (57, 57): KeyKind.ED448}
_KINDS[56, 56] = KeyKind.X448


def pair(name: str, private: bytes, public: bytes) -> Pair:
    """Which kind it is shows in the sizes.  Raises ``KeyError`` for sizes of no kind."""
    kind = _KINDS[len(private), len(public)]
    return Pair(name, kind, PrivateKey(kind, Secret(private)), public)


@dataclass(frozen=True, slots=True)
class Edition:
    """All of one edition in the file: its keys and certificates by name, its other sections."""

    name: str
    newer: bool
    pairs: dict[str, Pair]
    certificates: dict[str, bytes]
    cases: dict[str, Section]

    def named(self, name: str) -> list[Pair]:
        """All pairs of this name; a file may have one for each kind of key."""
        return [pair for pair in self.pairs.values() if pair.name == name]

    def certificate(self, name: str) -> Certificate:
        return load_der_x509_certificate(self.certificates[name])

    def chain(self, leaf: str, *above: str) -> tuple[bytes, ...]:
        return tuple(self.certificates[name] for name in (leaf, *above))


def edition(name: str, section: Section) -> Edition:
    pairs: dict[str, Pair] = {}
    certificates: dict[str, bytes] = {}
    cases: dict[str, Section] = {}
    for word, inner in section.sections():
        if word.startswith("keys"):
            for key, found in _pairs(inner).items():
                pairs[f"{word}.{key}" if key in pairs else key] = found
        elif word.startswith("certificates"):
            certificates |= {key: bytes.fromhex(text) for key, text in inner.fields.items()}
        else:
            cases[word] = inner
    return Edition(name, name.endswith("20"), pairs, certificates, cases)


def _pairs(section: Section) -> dict[str, Pair]:
    found: dict[str, Pair] = {}
    for name, inner in section.sections():
        found[name] = pair(name, inner.must(*PRIVATE), inner.must(*PUBLIC))
    return found


def split_pairs(section: Section) -> dict[str, Pair]:
    """Keys written as two fields, ``NAME_private`` and ``NAME_public``, or with no name at all."""
    found: dict[str, Pair] = {}
    for name in section.fields:
        stem, _, rest = name.rpartition("private")
        if rest or (stem and not stem.endswith("_")):
            continue
        public = section.octets(f"{stem}public")
        if public is not None:
            label = stem.rstrip("_") or "key"
            found[label] = pair(label, section.must(name), public)
    return found


READING = (KeyError, BadKey, PublicKeyError, ValueError)
"""What reading a section may end in."""
