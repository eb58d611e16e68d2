"""Who pays in ISO 15118-20: what the vehicle tries, and what after a refusal.

One session may try several contracts, have others installed and fall back to external means; each
is tried once.  Values in, the next step out; messages and keys are not known here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from evcc.session.ports import ContractFacts

UNKNOWN_PROVIDER: Final = "WARNING_eMSPUnknown"
"""The one refusal after which contracts may be asked for once more [V2G20-2224]."""


class Step(Enum):
    INSTALL = "install contracts"
    CONTRACT = "pay by contract"
    EXTERNAL = "pay by external means"
    NOTHING = "nothing is left to try"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the station offers, as far as the vehicle wants it."""

    contract: bool = False
    external: bool = False
    installation: bool = False


@dataclass(slots=True)
class Paying:
    """``contracts`` are those that could pay here now, best first.

    ``renew`` says of one whether it ends so soon that another should be asked for; ``ordered``
    whether somebody asked for new ones.
    """

    offer: Offer
    contracts: Callable[[], Sequence[ContractFacts]]
    renew: Callable[[ContractFacts], bool]
    ordered: Callable[[], bool]
    _installations: int = 1
    _refused: set[bytes] = field(default_factory=set)
    _external: bool = True

    def next(self) -> tuple[Step, ContractFacts | None]:
        usable = self._usable()
        best = usable[0] if usable else None
        wanted = best is None or self.renew(best) or self.ordered()
        if self.offer.contract and self.offer.installation and self._installations and wanted:
            return Step.INSTALL, None
        if best is not None:
            return Step.CONTRACT, best
        if self.offer.external and self._external:
            return Step.EXTERNAL, None
        return Step.NOTHING, None

    def asked_for_contracts(self) -> None:
        """Once is enough, whatever came of it."""
        self._installations = max(0, self._installations - 1)

    def contract_refused(self, contract: ContractFacts, code: str) -> None:
        first = not self._refused
        self._refused.add(contract.chain[0])
        if code == UNKNOWN_PROVIDER and first and not self._installations:
            self._installations = 1

    def external_refused(self) -> None:
        self._external = False

    def _usable(self) -> list[ContractFacts]:
        if not self.offer.contract:
            return []
        return [one for one in self.contracts() if one.chain[0] not in self._refused]
