"""The provisioning service: who it is, whom it believes, and the contracts it delivers.

Where contracts come from, and which vehicle gets which, is for the one who calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bsw.chrgm.signature import SignatureRules
from bsw.crypto import Signer
from bsw.os.randomness import Randomness
from csm import material
from csm.driver import ConcatKdf
from csm.handles import PublicKey
from csm.secret import PrivateKey, Secret
from keym.judging.judge import Judge
from keym.provisioning.envelope import NORMAL, EnvelopeRules
from keym.x509.certificate import Malformed, parse


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract to be delivered, private key included.  ``chain`` is DER, leaf first."""

    chain: tuple[bytes, ...]
    key: PrivateKey = field(repr=False)
    emaid: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A provisioning service: its chain and key, and whom it believes.

    ``vehicle_authorities`` are sub-CAs of vehicle makers, in any order: a request in ISO 15118-2
    brings none.
    """

    chain: tuple[bytes, ...]
    signer: Signer
    judge: Judge
    randomness: Randomness
    vehicle_authorities: Sequence[bytes] = ()
    rules: EnvelopeRules = NORMAL
    signature_rules: SignatureRules = field(default_factory=SignatureRules)

    def completed(self, shown: Sequence[bytes]) -> tuple[bytes, ...]:
        """What a vehicle shows, and above it those of its maker, each under who issued it."""
        try:
            above, *loose = [parse(one) for one in (shown[-1], *self.vehicle_authorities)]
        except Malformed:  # the judge says so
            return tuple(shown)
        chain = list(shown)
        while issuer := next((one for one in loose if above.signed_by(one)), None):
            loose.remove(issuer)
            if issuer.der not in shown:
                chain.append(issuer.der)
            above = issuer
        return tuple(chain)


@dataclass(frozen=True, slots=True)
class Agreement:
    """One ephemeral key: what the receiver has to see of it, and the secret agreed with it."""

    sender: PublicKey
    session_key: Secret

    @classmethod
    def with_receiver(
        cls, receiver: PublicKey, kdf: ConcatKdf, randomness: Randomness
    ) -> "Agreement":
        with material.make(receiver.kind, randomness) as ephemeral:
            loaded = material.load(ephemeral)
            return cls(material.public_half(loaded), material.derive(loaded, receiver, kdf))
