"""What a delivery asks of the keys in their stores, and how their failures are told here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from bsw.chrgm.signature import SignatureRules
from bsw.crypto import KeyType, key_type, prepared
from csm.driver import ConcatKdf
from csm.errors import BadKey, CsmError, KeyExists, NotSupported
from csm.handles import KeyHandle, PublicKey, StoredKey, Use
from csm.secret import PrivateKey, Secret
from csm.signing import SoftwareVerifier
from keym.calendar import CalendarTime
from keym.judging.judge import Judge
from keym.provisioning.envelope import NORMAL, EnvelopeRules
from keym.provisioning.faults import Fault, ProvisioningError

T = TypeVar("T")

MOST_LEFTOVERS = 10
PROBE = b"a contract key has to sign before the old one is given up"


class Keys(Protocol):
    """The part of ``csm.cryif.CryIf`` that is used.  All calls may block."""

    def sign(self, key: KeyHandle, data: bytes) -> bytes: ...
    def derive(self, key: KeyHandle, peer: PublicKey, kdf: ConcatKdf) -> Secret: ...
    def adopt(self, label: str, material: PrivateKey, *uses: Use) -> KeyHandle: ...
    def delete(self, key: KeyHandle) -> None: ...
    def stored(self) -> Sequence[StoredKey]: ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """A contract whose key is in a key store now; nobody else holds it any more.

    ``chain`` is DER, leaf first.  ``notes`` tell what had to be let pass.
    """

    chain: tuple[bytes, ...]
    key: KeyHandle
    emaid: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a contract key goes, and who is believed on the way.

    ``rules`` and ``signature_rules`` name deviations that pass.
    """

    keys: Keys
    judge: Judge
    calendar: CalendarTime
    rules: EnvelopeRules = NORMAL
    signature_rules: SignatureRules = field(default_factory=SignatureRules)


def stored(call: Callable[[], T]) -> T:
    """What a key store gives; its failure in our words, with its own behind them."""
    try:
        return call()
    except BadKey as error:
        raise ProvisioningError(Fault.BAD_POINT, str(error)) from error
    except CsmError as error:
        raise ProvisioningError(Fault.KEY_STORE, str(error)) from error


def take_in(
    keys: Keys, label: str, material: PrivateKey, certified: PublicKey, wishes: Sequence[Use]
) -> KeyHandle:
    """Import a proven key and let it sign once.  If it does not, it is taken out again."""
    with material:
        handle = _adopted(keys, label, material, wishes)
    spki = certified.spki()
    kind = key_type(spki)
    assert kind is not None, "a contract certificate has a key that signs"
    try:
        good = _signs(keys, handle, spki, kind)
    except ProvisioningError:
        stored(lambda: keys.delete(handle))
        raise
    if not good:
        stored(lambda: keys.delete(handle))
        raise ProvisioningError(Fault.KEY_STORE, f"{handle} does not sign as it should")
    return handle


def _adopted(keys: Keys, label: str, material: PrivateKey, wishes: Sequence[Use]) -> KeyHandle:
    """Where the key can do all that is wished for; else where it can at least sign."""
    try:
        return _placed(keys, label, material, (Use.SIGN, *wishes))
    except ProvisioningError as error:
        if not wishes or not isinstance(error.__cause__, NotSupported):
            raise
    return _placed(keys, label, material, (Use.SIGN,))


def _placed(keys: Keys, label: str, material: PrivateKey, uses: tuple[Use, ...]) -> KeyHandle:
    """Under the label, or under one beside it if an earlier delivery left a key there."""
    for number in range(1, MOST_LEFTOVERS):
        copy = PrivateKey(material.kind, Secret(material.secret.reveal()))
        try:
            return stored(partial(keys.adopt, label, copy, *uses))
        except ProvisioningError as error:
            if not isinstance(error.__cause__, KeyExists):
                raise
        label = f"{label.rpartition('.')[0] or label}.{number}"
    raise ProvisioningError(Fault.KEY_STORE, f"too many keys are called {label}")


def _signs(keys: Keys, handle: KeyHandle, spki: bytes, kind: KeyType) -> bool:
    data = prepared(kind, PROBE)
    signature = stored(lambda: keys.sign(handle, data))
    return SoftwareVerifier().verify(spki, data, signature)
