"""The keys of this room as ``bsw`` sees them: something that signs, something that verifies.

TLS asks in the middle of a handshake and cannot wait for a queue, so a signer calls its driver at
once, in whatever thread it is asked.  Drivers keep their own order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from csm import public
from csm.handles import KeyHandle, PublicKey, PublicKeyError

SOFTWARE = "software"
"""The first word of its handles: the one driver that answers within microseconds."""


@dataclass(frozen=True, slots=True)
class KeySigner:
    """``bsw.crypto.Signer`` for one key.

    ``ask`` is ``Csm.sign_now`` in the ECU, which also notes faults, or ``CryIf.sign`` in a tool.
    """

    key: KeyHandle
    public: PublicKey
    ask: Callable[[KeyHandle, bytes], bytes] = field(repr=False)

    @property
    def public_key(self) -> bytes:
        return self.public.spki()

    @property
    def may_block(self) -> bool:
        return self.key.driver != SOFTWARE

    def sign(self, data: bytes) -> bytes:
        return self.ask(self.key, data)


class SoftwareVerifier:
    """``bsw.crypto.Verifier``: verification takes no key, so no driver is asked."""

    def verify(self, public_key: bytes, data: bytes, signature: bytes) -> bool:
        try:
            key = PublicKey.from_spki(public_key)
        except PublicKeyError:
            return False
        return public.verify(key, data, signature)
