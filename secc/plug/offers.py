"""The vehicle's offer of protocols, and what this outlet can serve of it now."""

from collections.abc import Sequence
from typing import Final

from bsw.chrgm import sap
from bsw.chrgm.messages.sap import SupportedAppProtocolReq
from secc.api.literals import PaymentOption, SupportedAppProtocol
from secc.api.objects import AppProtocol, AppProtocols
from secc.api.state import StationState

_ISO20: Final = SupportedAppProtocol.ISO20
FAMILIES: Final = {
    "din": SupportedAppProtocol.DIN,
    "iso2": SupportedAppProtocol.ISO2,
}


def served(
    applications: Sequence[sap.Application], state: StationState
) -> tuple[sap.Application, ...]:
    """What this outlet can serve now: by its own restriction, and DIN only where there is DC.

    DIN knows external payment only.
    """
    restriction = state.protocols
    din = state.serves_dc and PaymentOption.EXTERNAL in state.payment_options
    return tuple(
        one
        for one in applications
        if (restriction is None or FAMILIES.get(one.name, _ISO20) in restriction)
        and (one.name != "din" or din)
    )


def offered(request: SupportedAppProtocolReq) -> AppProtocols | None:
    """The vehicle's whole offer as the north side has it; ``None`` if there is nothing in it."""
    entries = [
        AppProtocol(
            protocol_namespace=(entry.protocol_namespace or "-")[:100],
            version_number_major=entry.version_number_major,
            version_number_minor=entry.version_number_minor,
            schema_id=entry.schema_id,
            priority=min(20, max(1, entry.priority)),
        )
        for entry in request.app_protocol[:20]
    ]
    return AppProtocols(Protocols=entries) if entries else None
