"""The vehicle's offer of protocols, and what this outlet can serve of it now."""

from collections.abc import Sequence
from typing import Final

from bsw.chrgm.applications import Application
from bsw.chrgm.messages.sap import SupportedAppProtocolReq
from bsw.chrgm.modes import mode_of
from bsw.chrgm.protocols import Protocol, protocol
from secc.api.literals import EnergyTransferMode, PaymentOption, SupportedAppProtocol
from secc.api.objects import AppProtocol, AppProtocols
from secc.api.state import StationState


def word_of(application: Application) -> SupportedAppProtocol:
    """What the charger interface calls its protocol."""
    return SupportedAppProtocol(protocol(application.name).word)


def served(applications: Sequence[Application], state: StationState) -> tuple[Application, ...]:
    """What this outlet can serve now: by its own restriction, its modes and its payments."""
    restriction = state.protocols
    return tuple(
        one
        for one in applications
        if (restriction is None or word_of(one) in restriction)
        and _fits(protocol(one.name), state)
        and (not one.services or one.services & set(services_of(state.modes or ())))
    )


_DC: Final = frozenset({"DC_core", "DC_extended", "DC_combo_core", "DC_unique"})
_AC: Final = frozenset({"AC_single_phase_core", "AC_two_phase", "AC_three_phase_core"})


def services_of(modes: Sequence[EnergyTransferMode]) -> tuple[str, ...]:
    """The words of the ISO 15118-20 services behind the modes of the north side, in its order."""
    words = [
        "DC" if mode.value in _DC else "AC" if mode.value in _AC else mode.value for mode in modes
    ]
    return tuple(dict.fromkeys(words))


def _fits(spoken: Protocol, state: StationState) -> bool:
    """A protocol that knows less than all transfers and payments needs one of its own here."""
    energy = any(spoken.serves(mode_of(mode.value)) for mode in state.modes or ())
    return energy and (spoken.contracts or PaymentOption.EXTERNAL in state.payment_options)


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
