"""The local list: tokens the back end has sent ahead, with a version [D01, D02]."""

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.authorization.entries import Entry, aged, key_of, listed
from ocpp.station.desk import ACCEPTED, ONLY_16, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import Key
from ocpp.station.records import Token
from ocpp.station.spoken.v16 import STANDINGS as STANDINGS_16
from ocpp.station.translation import Standing, Verdict

KEPT: Final = "list"
MOST: Final = 5000
CONTROLLER: Final = "LocalAuthListCtrlr"
STANDINGS_2: Final = {standing.value: standing for standing in Standing}
Row = tuple[Token, Message]


class _Kept(msgspec.Struct):
    version: int = 0
    entries: dict[str, Entry] = {}


class LocalList:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground) -> None:
        self._ground = ground
        self._kept = ground.memory.read(KEPT, _Kept, _Kept())
        desk.take({"SendLocalList": self._send_2, "GetLocalListVersion": self._version_2})
        desk.take(
            {"SendLocalList": self._send_16, "GetLocalListVersion": self._version_16},
            versions=ONLY_16,
        )
        ground.model.show(Key(CONTROLLER), "Entries", lambda: str(len(self._kept.entries)))

    @property
    def enabled(self) -> bool:
        return self._ground.model.flag(CONTROLLER, "Enabled")

    def find(self, token: Token) -> Verdict | None:
        entry = self._kept.entries.get(key_of(token)) if self.enabled else None
        unix_ns = self._ground.unix_ns
        if entry is None:
            return None
        return aged(entry.verdict, None if unix_ns is None else unix_ns / 1e9)

    def _send_2(self, message: Message) -> Reply:
        rows = [
            (Token(each.idToken.idToken, each.idToken.type), each.idTokenInfo)
            for each in _given(message.localAuthorizationList)
        ]
        return self._send(message, message.versionNumber, rows, lambda i: listed(i, STANDINGS_2))

    def _send_16(self, message: Message) -> Reply:
        rows = [(Token(e.idTag), e.idTagInfo) for e in _given(message.localAuthorizationList)]
        return self._send(message, message.listVersion, rows, lambda i: listed(i, STANDINGS_16))

    def _send(
        self, message: Message, version: int, rows: list[Row], made: Callable[[Message], Entry]
    ) -> Reply:
        full = message.updateType == "Full"
        names = [key_of(token) for token, _ in rows]
        if not self.enabled:
            old = self._ground.version in ONLY_16
            return Reply(status("NotSupported" if old else "Failed"))
        if version <= 0 or len(set(names)) < len(names):
            return Reply(status("Failed"))  # [D01.FR.06, D01.FR.18]
        if not full and version <= self._kept.version:
            return Reply(status("VersionMismatch"))  # [D01.FR.19]
        entries = {} if full else dict(self._kept.entries)
        for name, (_, info) in zip(names, rows, strict=True):
            if info is UNSET:
                entries.pop(name, None)  # [D01.FR.17]
            else:
                entries[name] = made(info)
        if len(entries) > MOST:
            return Reply(status("Failed"))
        self._kept = _Kept(version, entries)
        self._ground.memory.write(KEPT, self._kept)
        return Reply(ACCEPTED)

    def _version_2(self, message: Message) -> Reply:
        del message
        return Reply({"versionNumber": self._kept.version if self.enabled else 0})

    def _version_16(self, message: Message) -> Reply:
        """1.6 has a number for a list that is not there."""
        del message
        return Reply({"listVersion": self._kept.version if self.enabled else -1})


def _given(rows: Message) -> list[Message]:
    return [] if rows is UNSET else list(rows)
