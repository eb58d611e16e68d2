"""Who stands behind the charger interface: sessions, contracts, the data link."""

from collections.abc import Mapping
from typing import Protocol

from secc.api.objects import CertificateResponse


class Sessions(Protocol):
    """Whoever serves the outlet."""

    @property
    def running(self) -> str:
        """The energy transfer mode of the session that runs, ``agreeing on a mode`` before it has
        one; empty without a session.
        """

    @property
    def renegotiates(self) -> bool:
        """Whether the vehicle that is there can be made to choose another service."""


class ContractRequests(Protocol):
    """Whoever has asked the north side for a contract."""

    def answered(self, response: CertificateResponse) -> None: ...


class BackEnd(Protocol):
    """Whoever keeps the account of what is charged here.  False: there is nothing to do it to."""

    def limit(self, limits: Mapping[str, float]) -> bool:
        """The driver's limits of the transaction, by their names in OCPP 2.1."""

    def decline(self) -> bool:
        """The driver does not want to pay that."""

    def prioritize(self, *, wanted: bool) -> bool:
        """Another profile counts for this transaction."""


class DataLink(Protocol):
    """Whoever makes the data link."""

    def order(self, name: str) -> None:
        """``dlink_terminate``, ``dlink_error`` or ``dlink_pause``."""
