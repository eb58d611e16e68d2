"""What both loops of ISO 15118-20 carry besides: figures for a display, and meter readings."""

from bsw.chrgm.iso20.words import maybe, percent
from bsw.chrgm.messages.iso20.common_types import DisplayParameters, MeterInfo
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.needs import minimum_soc


class Display:
    def __init__(self, context: VehicleContext) -> None:
        self._context = context
        self._metered_at: int | None = None

    def parameters(self) -> DisplayParameters:
        state = self._context.state
        full = state.remaining_to_full
        return DisplayParameters(
            present_soc=percent(state.soc),
            minimum_soc=minimum_soc(state),
            target_soc=percent(state.full_soc),
            remaining_time_to_target_soc=None if full is None else max(0, int(full)),
            charging_complete=self._context.complete,
            battery_energy_capacity=maybe(state.energy_capacity),
        )

    def meter_due(self) -> bool:
        """At once, and then as often as the profile says [V2G20-1081]."""
        now = self._context.scheduler.now
        last = self._metered_at
        due = last is None or now - last >= self._context.profile.meter_info_each
        if due:
            self._metered_at = now
        return due


def see_meter(context: VehicleContext, meter: MeterInfo | None) -> None:
    if meter is not None:
        context.note(
            meter_id=meter.meter_id,
            meter_reading=meter.charged_energy_reading_wh,
            meter_discharged=meter.bpt_discharged_energy_reading_wh,
            meter_time=meter.meter_timestamp,
        )
