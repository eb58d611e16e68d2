"""Outlets kept for somebody: for one of them, or for any [H01 to H04].

A reservation ends when its driver comes, when its time is over, when it is cancelled, or when its
outlet can no longer serve.  It outlives a restart.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import UNSET

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.desk import ACCEPTED, ONLY_16, REJECTED, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.records import Token
from ocpp.versions import Version

KEPT: Final = "reservations"


class Reservation(msgspec.Struct, frozen=True):
    """``evse`` 0 is any; ``until`` is seconds since 1970, and so is ``since``, when it was made."""

    id: int
    until: float
    token: Token
    evse: int = 0
    since: float | None = None

    def fits(self, token: Token) -> bool:
        """The same token, or one of its group."""
        return self.token.same_as(token) or self.token.same_group(token)


class Reservations:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground, changed: Callable[[Place], None]) -> None:
        self._ground = ground
        self._changed = changed
        kept = ground.memory.read(KEPT, list[Reservation], [])
        self._all = {each.id: each for each in kept}
        self._claimed: dict[int, float] = {}
        self._alarm = ground.scheduler.alarm(self.look, name="ocpp.reservation")
        desk.take({"ReserveNow": self._reserve_2})
        desk.take({"ReserveNow": self._reserve_16}, versions=ONLY_16)
        desk.take({"CancelReservation": self._cancel}, versions=Version)
        self._mark()

    def close(self) -> None:
        self._alarm.cancel()

    def objects(self, place: Place, token: Token) -> bool:
        """Whether this outlet is kept for somebody else."""
        return place.reserved and self._fitting(place, token) is None

    def claim(self, place: Place, token: Token) -> int | None:
        """The driver is here: the reservation is used up, and this is its id."""
        found = self._fitting(place, token)
        if found is None:
            return None
        del self._all[found.id]
        self._settle()
        unix_ns = self._ground.unix_ns
        if found.since is not None and unix_ns is not None:
            self._claimed[found.id] = unix_ns / S - found.since
        return found.id

    def held_for(self, number: int) -> float:
        """Seconds for which the driver who came had the outlet kept; to be asked once."""
        return self._claimed.pop(number, 0.0)

    def look(self) -> None:
        """Drop what is over or can no longer be kept, and see what is left of the outlets."""
        unix_ns = self._ground.unix_ns
        for each in list(self._all.values()):
            place = self._ground.places.get(each.evse)
            if unix_ns is not None and unix_ns >= each.until * 1e9:
                self._end(each, "Expired")
            elif each.evse and (place is None or place.fault or place.inoperative):
                self._end(each, "Removed")
        self._settle()

    def _end(self, reservation: Reservation, why: str) -> None:
        del self._all[reservation.id]
        if self._ground.version is not Version.V16:
            fields = {"reservationId": reservation.id, "reservationUpdateStatus": why}
            self._ground.tell("ReservationStatusUpdate", fields)

    def _settle(self) -> None:
        self._ground.memory.write(KEPT, list(self._all.values()))
        self._mark()
        unix_ns = self._ground.unix_ns
        if self._all and unix_ns is not None:
            first = min(each.until for each in self._all.values())
            self._alarm.rearm(max(S, round(first * 1e9) - unix_ns))
        else:
            self._alarm.cancel()

    def _mark(self) -> None:
        """An outlet is kept by name, or because all that are free are spoken for."""
        named = {each.evse for each in self._all.values() if each.evse}
        free = [place for place in self._ground.places.values() if place.free]
        open_ones = [place for place in free if place.evse not in named]
        any_of = sum(1 for each in self._all.values() if not each.evse)
        full = any_of > 0 and any_of >= len(open_ones)
        for place in self._ground.places.values():
            kept = place.evse in named or (full and place in open_ones)
            if place.reserved is not kept:
                place.reserved = kept
                self._changed(place)

    def _fitting(self, place: Place, token: Token) -> Reservation | None:
        mine = [each for each in self._all.values() if each.evse in {0, place.evse}]
        mine.sort(key=lambda each: each.evse == 0)
        return next((each for each in mine if each.fits(token)), None)

    def _reserve_2(self, message: Message) -> Reply:
        group = message.groupIdToken
        token = Token(
            message.idToken.idToken,
            message.idToken.type,
            None if group is UNSET else group.idToken,
        )
        evse = 0 if message.evseId is UNSET else message.evseId
        wanted = message.connectorType
        if wanted is not UNSET and not self._has(wanted, evse):
            return Reply(REJECTED)
        until = message.expiryDateTime.timestamp()
        return self._reserve(Reservation(message.id, until, token, evse))

    def _reserve_16(self, message: Message) -> Reply:
        group = message.parentIdTag
        token = Token(message.idTag, group=None if group is UNSET else group)
        until = message.expiryDate.timestamp()
        reservation = Reservation(message.reservationId, until, token, message.connectorId)
        return self._reserve(reservation)

    def _has(self, connector: str, evse: int) -> bool:
        places = [place for place in self._ground.places if evse in {0, place}]
        kinds = [self._ground.model.get("Connector", "ConnectorType", evse=one) for one in places]
        return connector in kinds

    def _reserve(self, wanted: Reservation) -> Reply:
        unix_ns = self._ground.unix_ns
        places = self._ground.places
        enabled = self._ground.model.flag("ReservationCtrlr", "Enabled")
        if not wanted.evse:  # of any outlet [H01.FR.18, H01.FR.19]
            enabled = enabled and self._ground.model.flag("ReservationCtrlr", "NonEvseSpecific")
        over = unix_ns is None or wanted.until * 1e9 <= unix_ns
        if not enabled or over or (wanted.evse and wanted.evse not in places):
            return Reply(REJECTED)
        others = [each for each in self._all.values() if each.id != wanted.id]
        word = self._room(wanted, others)
        if word != "Accepted":
            return Reply(status(word))
        known, now = self._all.get(wanted.id), unix_ns / S if unix_ns is not None else None
        since = now if known is None else known.since
        self._all[wanted.id] = msgspec.structs.replace(wanted, since=since)
        return Reply(ACCEPTED, self._settle)

    def _room(self, wanted: Reservation, others: list[Reservation]) -> str:
        """2.x's word for whether it can be kept."""
        named = {each.evse for each in others if each.evse}
        candidates = [p for p in self._ground.places.values() if wanted.evse in {0, p.evse}]
        free = [place for place in candidates if place.free and place.evse not in named]
        any_of = sum(1 for each in others if not each.evse)
        every = [p for p in self._ground.places.values() if p.free and p.evse not in named]
        if free and len(every) > any_of:
            return "Accepted"
        if all(place.fault for place in candidates):
            return "Faulted"
        if all(place.inoperative for place in candidates):
            return "Unavailable"
        return "Occupied"

    def _cancel(self, message: Message) -> Reply:
        if self._all.pop(message.reservationId, None) is None:
            return Reply(REJECTED)
        return Reply(ACCEPTED, self._settle)
