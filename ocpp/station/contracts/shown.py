"""A contract as a vehicle shows it, in the words of the back end; what rules allow of it.

Public data only.
"""

from dataclasses import dataclass
from typing import Final

from ocpp.station.provisioning.model import Model
from ocpp.station.security.hashes import Hashes


@dataclass(frozen=True, slots=True)
class Named:
    """A certificate as a responder is asked about it."""

    hashes: Hashes
    responder: str

    def wire(self) -> dict[str, object]:
        return {**self.hashes.wire(), "responderURL": self.responder}


@dataclass(frozen=True, slots=True)
class Contract:
    """What stands beside the eMAID.

    ``judged``: the chain was found good here; else its root is unknown here, and ``chain`` (PEM)
    goes to who may know it [C07.FR.06].
    """

    named: tuple[Named, ...] = ()
    chain: str = ""
    judged: bool = True

    def wire(self) -> dict[str, object]:
        """What Authorize says of it: the chain, or whom to ask about it [C07.FR.01]."""
        if not self.judged and self.chain:
            return {"certificate": self.chain}
        if not self.named:
            return {}
        return {"iso15118CertificateHashData": [each.wire() for each in self.named]}


@dataclass(frozen=True, slots=True)
class ContractRules:
    """``pays``: contracts are taken at all; ``central``: one with an unknown root is shown to the
    back end; ``fetched``: vehicles that ask get one from there.
    """

    pays: bool = True
    central: bool = False
    fetched: bool = True


VEHICLES: Final = "ISO15118Ctrlr"


def rules_of(model: Model) -> ContractRules:
    return ContractRules(
        model.flag(VEHICLES, "PnCEnabled"),
        model.flag(VEHICLES, "CentralContractValidationAllowed"),
        model.flag(VEHICLES, "ContractCertificateInstallationEnabled"),
    )
