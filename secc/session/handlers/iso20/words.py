"""ISO 15118-20 words for the station's state: its name, its meter, amounts that it judges."""

from typing import Any, Final

from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.iso20.common_types import MessageHeader, MeterInfo
from secc.session.context import StationContext
from secc.session.metered import reading

NOBODY: Final = "ZZ00000"
"""The id that means "none assigned"."""


def evse_id(station: StationContext) -> str:
    identity = station.state.evse_id
    return (identity.evse_id if identity is not None else "")[:255] or NOBODY


def stamp(station: StationContext) -> MessageHeader:
    return header(station.calendar.unix())


def meter_info(station: StationContext, since: tuple[float, float]) -> MeterInfo | None:
    """The energy of this service session [V2G20-902]; a signed reading goes as it was signed."""
    meter = station.state.meter
    if meter is None:
        return None
    signed = meter.signed_meter_value
    imported, exported = (0.0, 0.0) if signed is not None else since
    energy = reading(meter.energy_Wh_import.total - imported)
    if energy is None:
        return None
    feed = None if meter.energy_Wh_export is None else meter.energy_Wh_export.total - exported
    return MeterInfo(
        meter_id=(meter.meter_id or "-")[:32],
        charged_energy_reading_wh=energy,
        bpt_discharged_energy_reading_wh=None if feed is None else reading(feed),
        meter_signature=None if signed is None else signed.signed_meter_data.encode()[:64],
        meter_timestamp=station.calendar.unix(),
    )


def meter_now(station: StationContext) -> tuple[float, float]:
    """Wh in and out, as the meter counts."""
    meter = station.state.meter
    if meter is None:
        return 0.0, 0.0
    exported = meter.energy_Wh_export
    return meter.energy_Wh_import.total, 0.0 if exported is None else exported.total


def amount(value: Any) -> float:  # noqa: ANN401 - a RationalNumber
    """By its magnitude: discharge limits come with either sign."""
    return abs(float(value.si()))
