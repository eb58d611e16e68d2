"""Signed messages: fragments, digests, SignedInfo and the signature over it, made and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bsw import exi
from bsw.chrgm.messages import xmldsig
from bsw.chrgm.signature import (
    Draft,
    Scheme,
    Signable,
    SignatureRules,
    Suite,
    iso2,
    iso20,
    verify,
)
from bsw.chrgm.signature.scheme import CANONICAL_EXI
from bsw.crypto import KeyType, prepared
from csm import material, public
from csm.handles import PAIRS, KeyKind
from csm.public import raw_to_der
from csm.signing import SoftwareVerifier
from tools.pki.replay import rebuild
from tools.pki.replay.book import Edition, Pair, Section, split_pairs
from tools.pki.replay.keys import replay_pairs
from tools.pki.replay.ledger import Ledger

KEY_TYPES = {
    KeyKind.P256: KeyType.P256,
    KeyKind.P521: KeyType.P521,
    KeyKind.ED448: KeyType.ED448,
}
SIGNED_INFO = "SignedInfo_exi_fragment"


def is_signed(section: Section) -> bool:
    return section.find(SIGNED_INFO) is not None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed message of the file: its elements in the order of the references."""

    scheme: Scheme
    kind: KeyType
    pair: Pair
    fragments: dict[str, bytes]
    digests: dict[str, bytes]
    value: bytes
    section: Section

    @classmethod
    def of(cls, edition: Edition, section: Section) -> "Signed":
        signer = _signer(edition, section)
        fragments = _by_id(section, "element_exi_fragment")
        order = section.fields.get("reference_order") or list(fragments)
        return cls(
            scheme=iso20.SCHEME if edition.newer else iso2.SCHEME,
            kind=KEY_TYPES[signer.kind],
            pair=signer,
            fragments={name: fragments[name] for name in order},
            digests=_by_id(section, "digest"),
            value=section.must("SignatureValue"),
            section=section,
        )

    def element(self, name: str) -> Signable:
        """Read out of its fragment, as a receiver has it from the message."""
        fragment = exi.codec(self.scheme.schema).decode_fragment(self.fragments[name])
        return Signable(fragment.value.id, fragment.value, fragment.name)

    def elements(self) -> list[Signable]:
        return [self.element(name) for name in self.fragments]

    @property
    def suite(self) -> Suite:
        """By the name in the file: Ed448 has two."""
        info = exi.codec("xmldsig").decode_fragment(self.info_octets).value
        return self.scheme.suite_named(info.signature_method.algorithm, lab=True)

    def draft(self) -> Draft:
        return Draft.by(self.scheme, self.elements(), self.suite)

    def signature(self, value: bytes) -> xmldsig.Signature:
        info = exi.codec("xmldsig").decode_fragment(self.info_octets).value
        return xmldsig.Signature(
            signed_info=info, signature_value=xmldsig.SignatureValue(value=value)
        )

    @property
    def info_octets(self) -> bytes:
        return self.section.must(f"{SIGNED_INFO}_xmldsig", SIGNED_INFO)

    def verify(self, value: bytes) -> bool:
        spki = self.pair.public.spki()
        signature, rules = self.signature(value), SignatureRules(lab_other_suites=True)
        verify(self.scheme, signature, self.elements(), spki, SoftwareVerifier(), rules=rules)
        return True


def replay(ledger: Ledger, edition: Edition, section: Section) -> None:
    if section.find("element_exi_fragment") is None:
        _replay_bare(ledger, section)
        return
    signed = Signed.of(edition, section)
    for name, octets in signed.fragments.items():
        place = ledger.under(name)
        place.check("fragment", partial(_written_again, signed, name), octets)
        place.check("Id", partial(_id_of, signed, name), name)
        place.check("digest", partial(signed.suite.digest_of, octets), signed.digests.get(name))
    _replay_names(ledger, signed)
    for element in rebuild.elements(edition, section, signed.elements()):
        name = str(element.id)
        attempt = partial(signed.scheme.fragment, element)
        ledger.under(name).check("from its values", attempt, signed.fragments.get(name))
    _replay_forms(ledger, signed)
    _replay_value(ledger, signed)


def _replay_names(ledger: Ledger, signed: Signed) -> None:
    """What the file calls the elements, by their Ids."""
    fields = signed.section.fields
    if "Id" in fields:
        ledger.check("Id", lambda: list(signed.fragments), [fields["Id"]])
    for name, stated in fields.get("ids", {}).items():
        ledger.under(name).check("name", partial(_name_of, signed, name), stated)


def _replay_forms(ledger: Ledger, signed: Signed) -> None:
    ledger.check("SignedInfo", lambda: signed.draft().octets, signed.info_octets)
    for name in signed.section.fields:
        if not name.startswith(SIGNED_INFO) or not name.endswith("_grammar"):
            continue
        if "xmldsig" not in name:
            ledger.check(
                "SignedInfo in the message grammar",
                lambda: signed.scheme.signed_octets_of_message_grammar(signed.draft().info),
                signed.section.must(name),
            )
    typed = signed.section.octets("eMAID_strict")
    for name in signed.fragments if typed is not None else ():
        element = signed.element(name)
        if element.name == "eMAID":
            attempt = partial(signed.scheme.fragment, element, typed=True)
            ledger.check("eMAID in its type's form", attempt, typed)


def _replay_value(ledger: Ledger, signed: Signed) -> None:
    der = signed.section.octets("signature_der")
    if der is not None:
        kind = signed.pair.kind
        ledger.check("DER from raw", lambda: raw_to_der(kind, signed.value), der)
        ledger.check("raw from DER", lambda: public.der_to_raw(kind, der), signed.value)
    ledger.holds("verified", lambda: signed.verify(signed.value))
    ledger.holds("signed anew", lambda: signed.verify(_signature(signed.pair, signed.draft())))
    changed = bytearray(signed.value)
    changed[-1] ^= 1
    ledger.refuses("changed signature", lambda: signed.verify(bytes(changed)))
    ledger.refuses("changed element", lambda: _verify_others(signed))


def _verify_others(signed: Signed) -> None:
    """The same signature over elements of which one is missing or another one."""
    spki = signed.pair.public.spki()
    elements = signed.elements()
    first = elements[0]
    renamed = Signable(f"x{first.id}", first.value, first.name)
    signature = signed.signature(signed.value)
    others = [renamed, *elements[1:]]
    rules = SignatureRules(lab_other_suites=True)
    verify(signed.scheme, signature, others, spki, SoftwareVerifier(), rules=rules)


def _signature(pair: Pair, draft: Draft) -> bytes:
    return material.sign(material.load(pair.private), draft.to_sign)


def _written_again(signed: Signed, name: str) -> bytes:
    return signed.scheme.fragment(signed.element(name))


def _name_of(signed: Signed, name: str) -> str | None:
    return signed.element(name).name


def _id_of(signed: Signed, name: str) -> str | None:
    return signed.element(name).id


def _by_id(section: Section, beginning: str) -> dict[str, bytes]:
    """Either a field per Id, or one field and the Id beside it."""
    name = section.find(beginning)
    value: Any = None if name is None else section.fields[name]
    if isinstance(value, Mapping):
        return {key: bytes.fromhex(text) for key, text in value.items()}
    return {} if value is None else {section.fields["Id"]: bytes.fromhex(value)}


def _signer(edition: Edition, section: Section) -> Pair:
    """The named key; of several, the one whose signatures have this length."""
    name, width = section.text("signer") or "", len(section.must("SignatureValue"))
    named = edition.named(name)
    fitting = [pair for pair in named if PAIRS[pair.kind].signature == width]
    if not named:
        raise KeyError(f"no key of a signer {name!r}")
    return (fitting or named)[0]


def _replay_bare(ledger: Ledger, section: Section) -> None:
    """A SignedInfo with a key and a signature, without the elements it is about."""
    pairs = split_pairs(section)
    replay_pairs(ledger, pairs)
    (pair,) = pairs.values()
    kind = KEY_TYPES[pair.kind]
    octets, value = section.must(SIGNED_INFO), section.must("SignatureValue")
    codec = exi.codec("xmldsig")
    info = codec.decode_fragment(octets).value
    ledger.check("SignedInfo", lambda: codec.encode_fragment(info), octets)
    scheme = iso2.SCHEME if pair.kind is KeyKind.P256 else iso20.SCHEME
    named = partial(scheme.suite_named, info.signature_method.algorithm, lab=True)
    ledger.check("SignatureMethod", lambda: named().key, kind)
    ledger.check(
        "CanonicalizationMethod", lambda: info.canonicalization_method.algorithm, CANONICAL_EXI
    )
    spki, data = pair.public.spki(), prepared(kind, octets)
    ledger.holds("verified", lambda: SoftwareVerifier().verify(spki, data, value))
    if pair.kind is KeyKind.ED448:
        key = material.load(pair.private)
        ledger.check("signed anew", lambda: material.sign(key, data), value)
    changed = bytes((value[0] ^ 1,)) + value[1:]
    ledger.check(
        "changed signature", lambda: SoftwareVerifier().verify(spki, data, changed), wanted=False
    )
