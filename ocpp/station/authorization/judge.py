"""What the station says of a token by itself: list before cache before the rule for strangers.

Owns the table of C12 to C15: which of them counts online, which offline.  Asks nobody.
"""

from ocpp.station.authorization.cache import Cache
from ocpp.station.authorization.local_list import LocalList
from ocpp.station.contracts.shown import VEHICLES, Contract
from ocpp.station.provisioning.model import Model
from ocpp.station.records import Token
from ocpp.station.translation import Standing, Verdict


class Judge:
    """Knows no outlet."""

    def __init__(self, model: Model, local: LocalList, cache: Cache) -> None:
        self._model = model
        self._list = local
        self._cache = cache

    def online(self, token: Token) -> Verdict | None:
        """``None``: the back end has to be asked [C12.FR.05, C14.FR.03]."""
        if token.kind == "Central":
            return Verdict(Standing.ACCEPTED, token.group)  # [C03.FR.01, C05.FR.01]
        known = self.known(token)
        trusted = self._model.flag("AuthCtrlr", "LocalPreAuthorize")
        return known if known is not None and known.accepted and trusted else None

    def offline(self, token: Token) -> Verdict:
        """Somebody who is known and not accepted stays refused [C13.FR.04, C15.FR.08]."""
        known = self.known(token)
        if known is not None and not known.accepted:
            return known
        if known is not None and self._model.flag("AuthCtrlr", "LocalAuthorizeOffline"):
            return known
        stranger = self._model.flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled")
        return Verdict(Standing.ACCEPTED if stranger else Standing.UNKNOWN)

    def contract_offline(self, token: Token, contract: Contract) -> Verdict:
        """Judged here, and known here as any token has to be [C07.FR.07 to FR.12]."""
        if not self._model.flag(VEHICLES, "ContractValidationOffline"):
            return Verdict(Standing.NOT_NOW)
        if not contract.judged:
            return Verdict(Standing.INVALID, certificate="CertChainError")
        return self.offline(token)

    def known(self, token: Token) -> Verdict | None:
        found = self._list.find(token)
        return self._cache.find(token) if found is None else found

    def learn(self, token: Token, verdict: Verdict, *, of_event: bool = False) -> None:
        """What the back end has said."""
        self._cache.learn(token, verdict, of_event=of_event)

    def is_master(self, group: str | None) -> bool:
        """A pass that stops others' transactions and starts none [C16]."""
        master = self._model.get("AuthCtrlr", "MasterPassGroupId")
        return bool(master) and (group or "").casefold() == master.casefold()
