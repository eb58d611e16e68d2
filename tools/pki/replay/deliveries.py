"""Contract keys in their envelopes: agreed, sealed and opened again from both sides."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from csm import material
from csm.driver import ConcatKdf, Hash
from csm.handles import KeyKind, PublicKey
from csm.secret import PrivateKey, Secret
from keym.provisioning import envelope
from keym.provisioning.envelope import NORMAL
from tools.pki.replay.book import Edition, Pair, Section, split_pairs
from tools.pki.replay.keys import replay_pairs
from tools.pki.replay.ledger import Ledger

BLOBS: Final = ("ContractSignatureEncryptedPrivateKey", "SECP521_Encrypted", "X448_Encrypted")
DH: Final = ("DHpublickey", "DHPublicKey")


def is_delivery(section: Section) -> bool:
    return section.find("Z") is not None and section.find(*BLOBS) is not None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One envelope of the file, with all it takes to make it again."""

    kind: KeyKind
    sender: PublicKey
    pairs: dict[str, Pair]
    shared: bytes
    kdf: ConcatKdf
    iv: bytes
    aad: bytes
    blob: bytes
    content: bytes

    @classmethod
    def of(cls, edition: Edition, section: Section) -> "Delivery":
        kind = _kind(edition, section)
        pairs = {name: pair for name, pair in edition.pairs.items() if pair.kind is kind}
        pairs |= split_pairs(section)
        return cls(
            kind=kind,
            sender=_sender(kind, section, pairs),
            pairs=pairs,
            shared=section.must("Z"),
            kdf=_kdf(edition, section),
            iv=section.must("iv"),
            aad=(section.text("AAD") or "").encode(),
            blob=section.must(*BLOBS),
            content=section.must("recovered", "plaintext"),
        )

    def session_key(self, shared: Secret) -> Secret:
        return material.concat_kdf(self.kdf, shared)

    def receivers(self) -> list[Pair]:
        """Whose private key agrees with the sender on the file's Z."""
        return [pair for pair in self.pairs.values() if self._agrees(pair)]

    def _agrees(self, pair: Pair) -> bool:
        return pair.public != self.sender and self.agree(pair.private) == Secret(self.shared)

    def agree(self, private: PrivateKey) -> Secret:
        return material.agree(material.load(private), self.sender)

    def seal(self, key: Secret) -> bytes:
        content = PrivateKey(self.kind, Secret(self.content))
        if self.kind is KeyKind.P256:
            return envelope.seal_iso2(key, self.iv, content)
        if self.kind is KeyKind.P521:
            return envelope.seal_p521(key, self.iv, content, self.aad)
        return envelope.seal_x448(key, self.iv, content.secret, self.aad)

    def open(self, key: Secret, blob: bytes | None = None) -> PrivateKey:
        sealed = self.blob if blob is None else blob
        if self.kind is KeyKind.P256:
            return envelope.open_iso2(key, sealed)
        if self.kind is KeyKind.P521:
            return envelope.open_p521(key, sealed, self.aad)
        return PrivateKey(KeyKind.X448, envelope.open_x448(key, sealed, self.aad))


def replay(ledger: Ledger, edition: Edition, section: Section) -> None:
    replay_pairs(ledger, split_pairs(section))
    delivery = Delivery.of(edition, section)
    receivers = delivery.receivers()
    ledger.holds("Z by the receiver", lambda: bool(receivers))
    for receiver in receivers:
        _replay_sender(ledger, delivery, receiver)
    key = delivery.session_key(Secret(delivery.shared))
    ledger.check("K", key.reveal, section.must("K"))
    ledger.check("envelope", lambda: delivery.seal(key), delivery.blob)
    ledger.check("parts", lambda: _parts(section, delivery), delivery.blob)
    ledger.check("opened", partial(_opened, delivery, key), delivery.content)
    _replay_proof(ledger, edition, delivery)
    _replay_identities(ledger, section, delivery)
    _replay_tampering(ledger, edition, delivery, key)
    for name, inner in section.sections():
        _replay_negative(ledger.under(name), edition, delivery, inner)


def _replay_sender(ledger: Ledger, delivery: Delivery, receiver: Pair) -> None:
    for pair in delivery.pairs.values():
        if pair.public == delivery.sender:
            agreed = partial(_agreed, pair, receiver)
            ledger.check("Z by the sender", agreed, delivery.shared)


def _agreed(sender: Pair, receiver: Pair) -> bytes:
    return material.agree(material.load(sender.private), receiver.public).reveal()


def _contract(edition: Edition, delivery: Delivery) -> Pair | None:
    """The contract's key, if the envelope is for keys of its kind."""
    fitting = [pair for pair in edition.named("contract") if pair.kind is delivery.kind]
    return fitting[0] if fitting else None


def _opened(delivery: Delivery, key: Secret, blob: bytes | None = None) -> bytes:
    return delivery.open(key, blob).secret.reveal()


def _parts(section: Section, delivery: Delivery) -> bytes:
    """IV, ciphertext and tag one behind the other, where the file gives them apart."""
    ciphertext = section.octets("ciphertext")
    if ciphertext is None:
        return delivery.blob
    return delivery.iv + ciphertext + (section.octets("tag") or b"")


def _replay_proof(ledger: Ledger, edition: Edition, delivery: Delivery) -> None:
    """What was opened is the contract's key."""
    contract = _contract(edition, delivery)
    if contract is not None:
        opened = PrivateKey(delivery.kind, Secret(delivery.content))
        ledger.check("proof", lambda: envelope.prove(opened, contract.public), None)


def _replay_identities(ledger: Ledger, section: Section, delivery: Delivery) -> None:
    pcid, key_id = section.text("PCID"), section.octets("contract_SKI")
    if pcid is not None and key_id is not None:
        ledger.check("AAD", lambda: NORMAL.aad(pcid, key_id), delivery.aad)


def _replay_tampering(ledger: Ledger, edition: Edition, delivery: Delivery, key: Secret) -> None:
    """One bit changed anywhere must not pass: by its tag, or by the key it makes."""
    contract = _contract(edition, delivery)
    if delivery.kind is KeyKind.P256 and contract is None:
        return
    for place in (0, len(delivery.blob) // 2, len(delivery.blob) - 1):
        changed = bytearray(delivery.blob)
        changed[place] ^= 1

        def attempt(blob: bytes = bytes(changed)) -> None:
            opened = delivery.open(key, blob)
            if contract is not None:
                envelope.prove(opened, contract.public)

        ledger.refuses(f"octet {place} changed", attempt)


def _replay_negative(
    ledger: Ledger, edition: Edition, delivery: Delivery, section: Section
) -> None:
    """Somebody else's key, or another blob: opened to what the file says, and not believed."""
    private = section.octets("receiver_private", "private")
    blob = section.octets(*BLOBS, "blob", "tampered")
    if private is None and blob is None:
        ledger.fail("kind", "neither another receiver nor another envelope")
        return
    key = delivery.session_key(
        Secret(delivery.shared)
        if private is None
        else delivery.agree(PrivateKey(delivery.kind, Secret(private)))
    )
    opens_to = section.octets("decrypts")
    if opens_to is not None:
        ledger.check("opened", partial(_opened, delivery, key, blob), opens_to)
    contract = _contract(edition, delivery)

    def attempt() -> None:
        opened = delivery.open(key, blob)
        if contract is not None:
            envelope.prove(opened, contract.public)

    ledger.refuses("refused", attempt)


def _kind(edition: Edition, section: Section) -> KeyKind:
    if not edition.newer:
        return KeyKind.P256
    return KeyKind.X448 if section.find("X448_Encrypted") else KeyKind.P521


def _sender(kind: KeyKind, section: Section, pairs: dict[str, Pair]) -> PublicKey:
    octets = section.octets(*DH)
    if octets is None:
        return next(pair.public for name, pair in pairs.items() if "ephemeral" in name)
    read = {
        KeyKind.P256: envelope.ephemeral_p256,
        KeyKind.P521: envelope.ephemeral_p521,
        KeyKind.X448: envelope.ephemeral_x448,
    }
    return read[kind](octets)


def _kdf(edition: Edition, section: Section) -> ConcatKdf:
    normal = NORMAL.iso20_kdf if edition.newer else NORMAL.iso2_kdf
    other = section.octets("OtherInfo")
    words = (section.text("kdf") or "").lower()
    hash_name = next((one for one in Hash if one.name.lower() in words.replace("-", "")), None)
    return ConcatKdf(
        hash_name or normal.hash, normal.other_info if other is None else other, normal.length
    )
