"""What the station's handlers ask of other rooms."""

from dataclasses import dataclass
from typing import Any, Protocol

from bsw.chrgm.later import Later
from bsw.chrgm.record import Heard, Said


class Pilot(Protocol):
    """The control pilot as the station measures it."""

    @property
    def state(self) -> str:
        """One letter, ``A`` to ``F``."""


class Calendar(Protocol):
    """Calendar time, for certificates and time stamps only."""

    def unix(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of a contract or signature came to: a code of the protocol, and why.

    ``elsewhere``: nothing is wrong but that the root is unknown here; who knows more may judge.
    ``root`` is the one that a contract's chain was found to end in, in DER.
    """

    code: str
    why: str = ""
    elsewhere: bool = False
    root: bytes = b""

    @property
    def good(self) -> bool:
        return self.code.startswith("OK")


class ContractDesk(Protocol):
    """Plug and Charge on the station: certificates, signatures, provisioning."""

    def judge_contract(self, chain: tuple[bytes, ...], emaid: str) -> Verdict:
        """Whether this contract chain is good here and today, in codes of PaymentDetailsRes."""

    def verify(self, body: Any, signature: Any, certificate: bytes) -> Verdict:  # noqa: ANN401
        """Whether the header's signature over ``body`` is the certificate holder's."""

    def install(self, heard: Heard) -> Later[Any]:
        """Answer a CertificateInstallationReq: ``Said`` with the signed response."""

    def update(self, heard: Heard) -> Later[Any]:
        """Answer a CertificateUpdateReq: ``Said`` with the signed response."""


class NewerDesk(Protocol):
    """The same in ISO 15118-20; codes are those of AuthorizationRes."""

    @property
    def providers(self) -> tuple[str, ...]:
        """Mobility operators that are served here; none named: all."""

    def judge_contract(self, chain: tuple[bytes, ...]) -> Verdict:
        """Whether this contract chain is good here and today."""

    def look_up(self, chain: tuple[bytes, ...]) -> Later[Verdict]:
        """The same once responders were asked whether it was taken back."""

    def chain_of(self, request: Any) -> tuple[bytes, ...]:  # noqa: ANN401
        """The contract in this AuthorizationReq, leaf first."""

    def emaid_of(self, chain: tuple[bytes, ...]) -> str:
        """The name of a contract that was judged."""

    def verify(self, request: Any, certificate: bytes) -> Verdict:  # noqa: ANN401
        """Whether the header's signature over this request is the certificate holder's."""

    def install(self, heard: Heard) -> Later[Said]:
        """Answer a CertificateInstallationReq with the next contract, or with a warning."""

    def pending(self) -> Said:
        """What is answered while the contract is not there yet."""

    def too_late(self) -> Said:
        """What is answered when nobody delivered in time."""
