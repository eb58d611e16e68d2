"""What is remembered of a token, by the cache and by the list."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.records import Token
from ocpp.station.translation import Standing, Verdict


class Entry(msgspec.Struct, frozen=True):
    """``until`` and ``updated`` are seconds since 1970, where they are known.

    ``evses`` are the only outlets where the token may charge; empty: all.  ``tariff`` is the
    driver's own [I08.FR.05].
    """

    standing: Standing
    group: str | None = None
    until: float | None = None
    updated: float | None = None
    evses: tuple[int, ...] = ()
    tariff: dict[str, Any] | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.standing, self.group, self.until, tariff=self.tariff, evses=self.evses)


def key_of(token: Token) -> str:
    """Tokens are compared without regard to case."""
    return f"{token.kind}/{token.id.casefold()}"


def aged(verdict: Verdict, unix: float | None) -> Verdict:
    """An accepted token whose time is over is expired."""
    over = verdict.until is not None and unix is not None and unix >= verdict.until
    return Verdict(Standing.EXPIRED, verdict.group) if verdict.accepted and over else verdict


def listed(info: Message, standings: Mapping[str, Standing]) -> Entry:
    """``idTokenInfo`` of 2.x or ``idTagInfo`` of 1.6."""
    group: Any = getattr(info, "groupIdToken", UNSET)
    group = getattr(info, "parentIdTag", UNSET) if group is UNSET else group.idToken
    until: Any = getattr(info, "cacheExpiryDateTime", UNSET)
    until = getattr(info, "expiryDate", UNSET) if until is UNSET else until
    evses: Any = getattr(info, "evseId", UNSET)
    return Entry(
        standings[info.status],
        None if group is UNSET else group or None,
        None if until is UNSET else until.timestamp(),
        evses=() if evses is UNSET else tuple(evses),
    )
