"""DIN 70121 words for the station's state."""

from functools import lru_cache
from math import ceil, floor

from bsw.chrgm.messages import din
from secc.session.context import StationContext


def volts(amount: float) -> din.PhysicalValue:
    return din.PhysicalValue.of(amount, din.Unit.V)


def amps(amount: float) -> din.PhysicalValue:
    return din.PhysicalValue.of(amount, din.Unit.A)


@lru_cache(maxsize=256)
def most(amount: float, unit: din.Unit) -> din.PhysicalValue:
    """An upper limit: what cannot be said exactly is rounded down."""
    return din.PhysicalValue.of(amount, unit, rounding=floor)


@lru_cache(maxsize=256)
def least(amount: float, unit: din.Unit) -> din.PhysicalValue:
    """A lower limit: what cannot be said exactly is rounded up."""
    return din.PhysicalValue.of(amount, unit, rounding=ceil)


def evse_id(station: StationContext) -> bytes:
    """The DIN id as octets; one zero octet means "none assigned"."""
    identity = station.state.evse_id
    text = (identity.evse_id_din or identity.evse_id) if identity is not None else ""
    return text.encode("ascii", "replace")[:32] or b"\0"


def status(station: StationContext) -> din.DCEVSEStatus:
    """DIN has no word for "no isolation monitor": it is left out then, and no renegotiation."""
    return _status(
        station.notification_delay, station.notification, station.isolation, station.status_code
    )


@lru_cache(maxsize=64)
def _status(delay: int, notification: str, isolation: str, code: str) -> din.DCEVSEStatus:
    """Kept: a steady charge says the same in each turn of the loop."""
    return din.DCEVSEStatus(
        evse_isolation_status=None if isolation == "No_IMD" else din.IsolationLevel(isolation),
        evse_status_code=din.DCEVSEStatusCode(code),
        notification_max_delay=delay,
        evse_notification=din.EVSENotification(
            "None" if notification == "ReNegotiation" else notification
        ),
    )
