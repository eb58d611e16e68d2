"""What the vehicle's handlers ask of other rooms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bsw.chrgm.later import Later
from bsw.chrgm.record import Said


class Calendar(Protocol):
    """Calendar time, for certificates and departure only."""

    def unix(self) -> int: ...


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """The contract the vehicle would charge with.  Certificates in DER, leaf first."""

    emaid: str
    chain: tuple[bytes, ...]
    expires: int  # UNIX seconds


class Wallet(Protocol):
    """Plug and Charge on the vehicle: contracts, signatures, provisioning.

    What needs a key comes ``Later``, since the key may be in a token.  Where the key store fails,
    what was promised never comes; who listens is told at once.
    """

    def listen(self, on_fault: Callable[[str], None]) -> None:
        """Who hears that a key store failed."""

    def contract(self) -> ContractFacts | None:
        """A contract that is usable today, if there is one."""

    def can_install(self) -> bool:
        """Whether there is a provisioning certificate to ask for a contract with."""

    def signed(self, body: Any) -> Later[Said]:  # noqa: ANN401
        """``body`` with a signature of the contract key."""

    def installation(self) -> Later[Said]:
        """A signed CertificateInstallationReq."""

    def update(self) -> Later[Said]:
        """A signed CertificateUpdateReq."""

    def install(self, response: Any, signature: Any) -> Later[str]:  # noqa: ANN401
        """Check and store what the station delivered; empty when good, else what is wrong."""

    def tariff_genuine(self, tariffs: tuple[Any, ...], signature: Any) -> bool:  # noqa: ANN401
        """Whether the mobility operator of our contract signed these tariffs."""


class NewerWallet(Protocol):
    """The same in ISO 15118-20, where a session may try several contracts and fetch several."""

    def listen(self, on_fault: Callable[[str], None]) -> None:
        """Who hears that a key store failed."""

    def contracts(self, providers: Sequence[str] | None) -> tuple[ContractFacts, ...]:
        """Those that are usable today, best first; ``providers`` are those the station serves."""

    def ends_soon(self, contract: ContractFacts) -> bool:
        """Whether another contract should be asked for before this one ends."""

    def can_install(self) -> bool:
        """Whether there is a provisioning certificate to ask for contracts with."""

    def signed(self, body: Any, contract: ContractFacts) -> Later[Said]:  # noqa: ANN401
        """``body`` with a signature of this contract's key."""

    def installation(self, header: Any) -> Later[Said]:  # noqa: ANN401
        """A signed CertificateInstallationReq under this header."""

    def install(self, response: Any) -> Later[str]:  # noqa: ANN401
        """Check and store what the station delivered; empty when good, else what is wrong."""

    def prices_genuine(self, response: Any, contract: ContractFacts) -> bool:  # noqa: ANN401
        """Whether the mobility operator of this contract signed the prices in this response."""
