"""The authorization cache: what the back end last said of each token [C10, C11, C12]."""

from dataclasses import replace
from typing import Final

from ocpp.catalogue import Message
from ocpp.station.authorization.entries import Entry, aged, key_of
from ocpp.station.desk import ACCEPTED, REJECTED, Desk, Reply
from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import Key
from ocpp.station.records import Token
from ocpp.station.translation import Standing, Verdict
from ocpp.versions import Version

KEPT: Final = "cache"
MOST: Final = 500
NEVER: Final = {"Central", "NoAuthorization"}
"""Kinds that are never cached [C02.FR.03, C03.FR.02]."""
CONTROLLER: Final = "AuthCacheCtrlr"


class Cache:
    """The block.  Full, it forgets those who are not accepted first, then the oldest."""

    def __init__(self, desk: Desk, ground: Ground) -> None:
        self._ground = ground
        self._entries = ground.memory.read(KEPT, dict[str, Entry], {})
        desk.take({"ClearCache": self._clear}, versions=Version)
        ground.model.show(
            Key(CONTROLLER),
            "Storage",
            lambda: str(sum(map(len, self._entries)) + 64 * len(self._entries)),
        )

    @property
    def enabled(self) -> bool:
        return self._ground.model.flag(CONTROLLER, "Enabled")

    def learn(self, token: Token, verdict: Verdict, *, of_event: bool = False) -> None:
        """From an answer to Authorize or to an event, whatever it says [C10.FR.01, C10.FR.04].

        An event's answer says nothing of the driver's own tariff.
        """
        if not self.enabled or token.kind in NEVER:
            return
        unix_ns = self._ground.unix_ns
        updated = None if unix_ns is None else unix_ns / 1e9
        key = key_of(token)
        before = self._entries.pop(key, None)
        tariff = before.tariff if of_event and before is not None else verdict.tariff
        self._entries[key] = Entry(
            verdict.standing,
            verdict.group,
            verdict.until,
            updated,
            verdict.evses,
            None if tariff is None else dict(tariff),
        )
        while len(self._entries) > MOST:
            self._drop()
        self._ground.memory.write(KEPT, self._entries)

    def forget(self, token: Token) -> None:
        """The customer wants it so [N10]."""
        if self._entries.pop(key_of(token), None) is not None:
            self._ground.memory.write(KEPT, self._entries)

    def find(self, token: Token) -> Verdict | None:
        entry = self._entries.get(key_of(token)) if self.enabled else None
        if entry is None:
            return None
        unix_ns = self._ground.unix_ns
        unix = None if unix_ns is None else unix_ns / 1e9
        return aged(self._bounded(entry), unix)

    def _bounded(self, entry: Entry) -> Verdict:
        """The back end's own end of an entry wins over our life time [C10.FR.13]."""
        life = self._ground.model.number(CONTROLLER, "LifeTime")
        if entry.until is None and entry.updated is not None and life > 0:
            return replace(entry.verdict, until=entry.updated + life)
        return entry.verdict

    def _drop(self) -> None:
        refused = (
            k for k, entry in self._entries.items() if entry.standing is not Standing.ACCEPTED
        )
        del self._entries[next(refused, next(iter(self._entries)))]

    def _clear(self, message: Message) -> Reply:
        del message
        if not self.enabled:
            return Reply(REJECTED)  # [C11.FR.04]
        self._entries.clear()
        self._ground.memory.write(KEPT, self._entries)
        return Reply(ACCEPTED)
