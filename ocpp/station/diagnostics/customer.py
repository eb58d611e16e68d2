"""CustomerInformation: what is remembered of a customer, told and forgotten on demand [N09, N10].

The cache, running transactions and reservations know tokens; nothing here knows a name.  The local
list is the back end's own affair.
"""

from typing import Final

from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.authorization.cache import Cache
from ocpp.station.desk import ACCEPTED, Desk, Json, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.records import Token

LONGEST: Final = 512
NOTHING: Final = "nothing is stored of this customer"


class Customer:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground, cache: Cache) -> None:
        self._ground = ground
        self._cache = cache
        desk.take({"CustomerInformation": self._asked})

    def _asked(self, message: Message) -> Reply:
        named = (message.idToken, message.customerIdentifier, message.customerCertificate)
        if sum(1 for each in named if each is not UNSET) != 1:
            return Reply(status("Invalid"))  # [N09.FR.09]
        if not message.report and not message.clear:
            return Reply(status("Rejected"))
        token = None
        if message.idToken is not UNSET:
            token = Token(message.idToken.idToken, message.idToken.type)
        lines = self._known(token) if token is not None else []
        if message.clear and token is not None:
            self._cache.forget(token)
        if message.clear and lines:
            lines.append("what the cache knew is deleted")
        text = "; ".join(lines) or NOTHING
        if not message.report:
            text = "deleted" if lines else NOTHING
        return Reply(ACCEPTED, lambda: self._tell(message.requestId, text, 0))

    def _known(self, token: Token) -> list[str]:
        """In words."""
        lines = []
        cached = self._cache.find(token)
        if cached is not None:
            group = f", group {cached.group}" if cached.group else ""
            lines.append(f"cache: {cached.standing.value}{group}")
        for place in self._ground.places.values():
            present = place.outlet.token
            if present is not None and present.same_as(token):
                lines.append(f"EVSE {place.evse}: transaction {place.outlet.transaction or '-'}")
        return lines

    def _tell(self, request: int, text: str, seq: int) -> None:
        part, rest = text[:LONGEST], text[LONGEST:]
        fields: Json = {
            "requestId": request,
            "data": part,
            "seqNo": seq,
            "generatedAt": self._ground.stamp(),
            "tbc": bool(rest),
        }

        def then(answer: Message | None) -> None:
            if rest and answer is not None:
                self._tell(request, rest, seq + 1)

        self._ground.ask("NotifyCustomerInformation", fields, then)
