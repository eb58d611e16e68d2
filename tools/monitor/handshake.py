"""The agreement on a protocol: what was offered, what was chosen, and that it is what is spoken."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bsw.chrgm.applications import APPLICATIONS
from bsw.chrgm.messages.sap import SupportedAppProtocolReq, SupportedAppProtocolRes
from bsw.os.clock import S
from tools.capture.events import Event
from tools.monitor.finding import Finding, late

WITHIN: Final = 2 * S
_SPOKEN: Final = {one.namespace: one.name.partition("-")[0] for one in APPLICATIONS}


@dataclass(slots=True)
class Handshake:
    """One connection's."""

    asked: int | None = None
    offer: dict[int, str] = field(default_factory=dict)
    protocol: str = ""

    def judge(self, event: Event) -> Iterator[Finding]:
        message = event.message
        if isinstance(message, SupportedAppProtocolReq):
            self.asked = event.when
            yield from self._offered(message)
        elif isinstance(message, SupportedAppProtocolRes):
            yield from self._answered(event, message)

    def _offered(self, message: SupportedAppProtocolReq) -> Iterator[Finding]:
        offers = message.app_protocol
        self.offer = {one.schema_id: one.protocol_namespace for one in offers}
        if len(self.offer) < len(offers):
            yield Finding("value", "two protocols are offered under one SchemaID")
        if len({one.priority for one in offers}) < len(offers):
            yield Finding("value", "two protocols are offered with one priority")

    def _answered(self, event: Event, message: SupportedAppProtocolRes) -> Iterator[Finding]:
        if self.asked is None:
            yield Finding("order", "an answer to a handshake that nobody began")
            return
        if event.when - self.asked > WITHIN:
            yield late("answer", event.name, event.when - self.asked, WITHIN)
        self.asked = None
        code = str(message.response_code.value)
        chosen = message.schema_id
        if code.startswith("Failed"):
            yield Finding("response code", code)
        elif chosen is None and len(self.offer) > 1:
            yield Finding("value", "no SchemaID, where several protocols were offered")
        elif chosen is not None and chosen not in self.offer:
            yield Finding("offer", f"SchemaID {chosen} was not offered")
        else:
            only = next(iter(self.offer), 0)
            namespace = self.offer.get(only if chosen is None else chosen, "")
            self.protocol = _SPOKEN.get(namespace, "")

    def spoken(self, event: Event) -> Iterator[Finding]:
        """Whether a message after the handshake is of the protocol that was agreed."""
        if self.asked is not None:
            yield Finding("order", f"{event.name} before the handshake was answered")
            self.asked = None
        spoken = event.schema.partition(".")[0]
        if self.protocol and spoken and spoken != self.protocol:
            yield Finding("order", f"{event.name} of {spoken}, where {self.protocol} was agreed")
