"""Vehicles' requests for contracts on their way to the back end, and its answers on their way back.

Nothing of a request or an answer is read here [M01, M02].  Also carries questions about the
standing of certificates to the back end [M06].  In 1.6 both go inside DataTransfer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec import UNSET

from ocpp.catalogue import Message, Refused
from ocpp.station.contracts.shown import Named
from ocpp.station.contracts.transfer16 import enabled
from ocpp.station.ground import Ground
from ocpp.transfer16 import packed, unpacked
from ocpp.versions import Version

GET: Final = "Get15118EVCertificate"
STANDING: Final = "GetCertificateStatus"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request of a vehicle: the whole message in base 64, and how long there is for an answer.

    What a vehicle of ISO 15118-20 wishes beside it goes along in 2.1 only [M01.FR.02, M01.FR.03].
    """

    action: str
    schema: str
    request: str
    within: int
    most: int | None = None
    emaids: tuple[str, ...] = ()


Delivered = Callable[[str | None], None]
"""The message for the vehicle in base 64; ``None``: there is none."""


class Relay:
    """The block."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._listeners: list[Callable[[], None]] = []

    def when_online(self, listener: Callable[[], None]) -> None:
        """Call it each time the back end begins to listen."""
        self._listeners.append(listener)

    def online(self) -> None:
        for listener in self._listeners:
            listener()

    def deliver(self, wish: Wish, done: Delivered) -> None:
        fields: dict[str, Any] = {
            "iso15118SchemaVersion": wish.schema,
            "action": wish.action,
            "exiRequest": wish.request,
        }
        if self._ground.version is Version.V21:
            if wish.most is not None:
                fields["maximumContractCertificateChains"] = wish.most
            if wish.emaids:
                fields["prioritizedEMAIDs"] = list(wish.emaids)[:8]

        def answered(answer: Message | None) -> None:
            if answer is None or answer.status != "Accepted" or not answer.exiResponse:
                done(None)
            else:
                done(answer.exiResponse)

        self.ask(GET, fields, answered, within=wish.within)

    def standing(self, named: Named, within: int, done: Callable[[str | None], None]) -> None:
        """The responder's answer in base 64 of DER, as the back end got it."""

        def answered(answer: Message | None) -> None:
            given = answer is not None and answer.status == "Accepted"
            result = answer.ocspResult if answer is not None and given else UNSET
            done(None if result is UNSET else result)

        self.ask(STANDING, {"ocspRequestData": named.wire()}, answered, within=within)

    def ask(
        self,
        action: str,
        fields: Mapping[str, Any],
        done: Callable[[Message | None], None],
        *,
        within: int | None = None,
    ) -> None:
        """In the form of the version that is spoken."""
        if self._ground.version is not Version.V16:
            self._ground.ask(action, fields, done, within=within)
            return
        if not enabled(self._ground.model):
            done(None)
            return
        try:
            name, carried = packed(action, fields)
        except Refused as error:
            self._ground.log.warning("not-asked", action=action, why=str(error))
            done(None)
            return
        self._ground.ask(
            name, carried, lambda answer: done(unpacked(action, answer)), within=within
        )
