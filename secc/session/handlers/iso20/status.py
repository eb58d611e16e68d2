"""EVSEStatus and MeterInfo of ISO 15118-20: what the station asks for, and what it has measured."""

from typing import Final

from bsw.chrgm.agreement import Payment
from bsw.chrgm.messages.iso20.common_types import EvseNotification, EVSEStatus, MeterInfo
from bsw.os.clock import S
from secc.api.devices import PadIssue
from secc.session.context import StationContext
from secc.session.handlers.iso20.offers import Offers
from secc.session.handlers.iso20.words import meter_info

MOST_SHOWN: Final = 16
"""A confirmation may come some responses after the reading that it is about."""


FATAL: Final = frozenset({PadIssue.OVERHEATED, PadIssue.TRANSFER_ANOMALY, PadIssue.ANOMALY})
"""What a pad detects of itself: an object may go away again, this does not."""


class Status:
    def __init__(self, station: StationContext, offers: Offers) -> None:
        self._station = station
        self._offers = offers
        self._metered = False  # this service session has shown its meter
        self._standing: tuple[EvseNotification, int] | None = None  # and since when
        self.paused = False  # a pause was asked for
        self.shown: tuple[MeterInfo, ...] = ()  # the last readings that the vehicle has seen

    def told(self) -> EVSEStatus | None:
        """The most urgent of what is wanted; nothing where nothing is."""
        wanted = self._wanted()
        if wanted is None:
            self._standing = None
            return None
        notification, delay = wanted
        return EVSEStatus(
            notification_max_delay=self._left(notification, delay), evse_notification=notification
        )

    def _left(self, notification: EvseNotification, delay: int) -> int:
        """Of the time to react, counted down while nobody does [V2G20-3318]."""
        now = self._station.scheduler.now
        if self._standing is None or self._standing[0] is not notification:
            self._standing = (notification, now)
        return max(0, delay - (now - self._standing[1]) // S)

    def _wanted(self) -> tuple[EvseNotification, int] | None:
        station, state = self._station, self._station.state
        fatal = state.pad.issue in FATAL
        if state.stop or station.faulty or station.displaced or fatal:
            return EvseNotification.TERMINATE, 0
        if state.pause or state.no_energy is not None:
            self.paused = True
            return EvseNotification.PAUSE, self._pause_delay()
        if state.other_service and station.profile.service_renegotiation:
            return EvseNotification.SERVICE_RENEGOTIATION, 0
        if state.renegotiate:
            return EvseNotification.SCHEDULE_RENEGOTIATION, 0
        if self._confirms:
            return EvseNotification.METERING_CONFIRMATION, 0
        return None

    @property
    def _confirms(self) -> bool:
        """Only a contract signs, and only a reading that there is [V2G20-1083]."""
        station = self._station
        signs = station.record.agreed.payment is Payment.CONTRACT
        return station.state.confirm_meter and signs and station.state.meter is not None

    def _pause_delay(self) -> int:
        profile, selection = self._station.profile, self._offers.selection
        dynamic = selection is not None and selection.dynamic
        return (profile.pause_delay if dynamic else profile.pause_delay_scheduled) // S

    def begin_service(self) -> None:
        self._metered = False

    def meter(self, *, asked: bool) -> MeterInfo | None:
        """In the first response of a loop, and when it is asked for [V2G20-1833], [V2G20-1082]."""
        if asked:
            self._station.publish("meter_info_requested")
        if self._metered and not asked and not self._confirms:
            return None
        told = meter_info(self._station, self._offers.metered_since)
        self._metered = self._metered or told is not None
        if told is not None:
            self.shown = (*self.shown[1 - MOST_SHOWN :], told)
        return told
