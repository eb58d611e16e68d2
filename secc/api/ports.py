"""Who stands behind the charger interface: sessions, contracts, the data link."""

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


class DataLink(Protocol):
    """Whoever makes the data link."""

    def order(self, name: str) -> None:
        """``dlink_terminate``, ``dlink_error`` or ``dlink_pause``."""
