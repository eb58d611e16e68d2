"""All keys of the station by kind: towards its back end, and towards vehicles."""

from collections.abc import Callable, Sequence
from typing import Final

from keym.x509.edition import Edition
from ocpp.station.security.signing import Wanted
from secc.contract.renewal import LeafRenewal
from secc.contract.request import Names
from secc.ocpp.credentials.keys import StationKeys

EDITIONS: Final = {"V2GCertificate": Edition.ISO2, "V2G20Certificate": Edition.ISO20}


class AllKeys:
    """Implements ``ocpp.station.security.signing.Keys``."""

    def __init__(self, own: StationKeys, leaves: LeafRenewal | None) -> None:
        self._own = own
        self._leaves = leaves

    def holds(self, kind: str) -> bool:
        return self._own.holds(kind) or (self._leaves is not None and kind in EDITIONS)

    def request(self, wanted: Wanted, done: Callable[[str], None]) -> None:
        if self._leaves is None or wanted.kind not in EDITIONS:
            self._own.request(wanted, done)
            return
        names = Names(wanted.name, wanted.organization, wanted.country)
        self._leaves.request(EDITIONS[wanted.kind], names, done)

    def accept(self, kind: str, chain: str) -> str:
        if self._leaves is None or kind not in EDITIONS:
            return self._own.accept(kind, chain)
        return self._leaves.accept(EDITIONS[kind], chain)

    def due(self) -> Sequence[str]:
        ending = [] if self._leaves is None else self._leaves.due()
        return [*self._own.due(), *(kind for kind, one in EDITIONS.items() if one in ending)]
