"""Values at full intervals of the day, for every outlet [J01, J02].

A transaction tells them in its own events; an idle outlet, and the trigger, in MeterValues.
"""

from dataclasses import replace
from typing import Final

from bsw.os.clock import S
from bsw.os.scheduler import Alarm
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.samples import Choice, picked
from ocpp.station.records import Context, Instant, Reading, Trigger
from ocpp.station.translation import timestamp

CONTROLLER: Final = "AlignedDataCtrlr"
DAY: Final = 86_400


class Aligned:
    """The block."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._alarm = ground.scheduler.alarm(self._due, name="ocpp.aligned")
        self._keeping = ground.scheduler.alarm(self._keep, name="ocpp.aligned.keep")
        ground.model.listen(lambda variable, _kind: self._changed(variable.component.name))

    def close(self) -> None:
        self._alarm.cancel()
        self._keeping.cancel()

    def start(self) -> None:
        """The calendar is known: wait for the next full interval since midnight."""
        self._wait(self._alarm, "Interval")
        self._wait(self._keeping, "TxEndedInterval")

    def _wait(self, alarm: Alarm, name: str) -> None:
        unix_ns = self._ground.unix_ns
        every = int(self._ground.model.number(CONTROLLER, name))
        if unix_ns is None or every == 0 or not self._ground.model.flag(CONTROLLER, "Enabled"):
            alarm.cancel()
            return
        into_day = unix_ns % (DAY * S)
        alarm.rearm(min(every * S - into_day % (every * S), DAY * S - into_day) or every * S)

    def say(self, place: Place | None) -> None:
        """Asked for [F06.FR.06]: one outlet, or all."""
        wanted = self._ground.places.values() if place is None else [place]
        for each in wanted:
            self._tell(each, Context.TRIGGER)

    def _changed(self, component: str) -> None:
        if component == CONTROLLER:
            self.start()

    def _choice(self, measurands: str) -> Choice:
        model = self._ground.model
        return Choice(model.members(CONTROLLER, measurands), model.flag(CONTROLLER, "SignReadings"))

    def _keep(self) -> None:
        """For the end of whatever runs [J01.FR.01, E06.FR.11]."""
        self._wait(self._keeping, "TxEndedInterval")
        for place in self._ground.places.values():
            place.outlet.keep_sample(Context.CLOCK, self._choice("TxEndedMeasurands"))

    def _due(self) -> None:
        self._wait(self._alarm, "Interval")
        places = list(self._ground.places.values())
        running = [place for place in places if place.outlet.transaction is not None]
        idle_only = self._ground.model.flag(CONTROLLER, "SendDuringIdle")
        for place in () if idle_only else running:
            place.outlet.measure(Trigger.METER_CLOCK, Context.CLOCK, self._choice("Measurands"))
        for place in places:
            if place.outlet.transaction is None:
                self._tell(place, Context.CLOCK)

    def _tell(self, place: Place, context: Context) -> None:
        translator = self._ground.translator
        choice = self._choice("Measurands")
        samples = picked(self._ground.charger.meter(place.evse), choice.measurands)
        if translator is None or not samples:
            return
        samples = tuple(
            replace(each, context=context, signed=each.signed if choice.signs else None)
            for each in samples
        )
        reading = Reading(self._ground.runtime.instant(), samples)
        action, fields = translator.values(place.evse, reading, self._timed)
        self._ground.tell(action, fields)

    def _timed(self, instant: Instant) -> str:
        return timestamp((self._ground.calendar_ns or 0) + instant.ns)
