"""What a session has once its energy service is known, chosen now or before a pause."""

from dataclasses import replace
from typing import Final

from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.selection import Selection
from bsw.chrgm.modes import Approach
from evcc.session.context import VehicleContext

AUTHORIZE: Final = "AuthorizationSetup"
FINDING: Final = {
    Approach.PANTOGRAPH: "ACDP_VehiclePositioning",
    Approach.PAD: "WPT_FinePositioningSetup",
}
"""Where vehicle and device begin to find each other."""


def first(context: VehicleContext) -> str:
    """What a new session begins with."""
    agreed = context.record.agreed
    return AUTHORIZE if agreed.late else FINDING.get(agreed.approach, AUTHORIZE)


def after_selection(context: VehicleContext, selection: Selection) -> str:
    """Where a session goes whose service was just selected."""
    agreed = context.record.agreed
    meets = agreed.approach in FINDING and not agreed.placed
    return FINDING[agreed.approach] if meets else discovery(selection)


def after_placing(context: VehicleContext, selection: Selection | None) -> str:
    """Where a session goes on once vehicle and device have found each other."""
    if selection is None or not context.record.agreed.late:
        return AUTHORIZE
    return discovery(selection)


def letting_go(context: VehicleContext, follow: Next) -> Next:
    """Nobody leaves before the device is up again."""
    if isinstance(follow, Go) and follow.to == "SessionStop" and context.record.agreed.connected:
        return replace(follow, to="ACDP_Disconnect")
    return follow


def adopt(context: VehicleContext, selection: Selection) -> None:
    """Show the vehicle what it will be charged by."""
    control = "dynamic" if selection.dynamic else "scheduled"
    context.note(service=selection.service.word, control_mode=control)
    if selection.nominal_voltage is not None and selection.mode.ac:
        context.note(nominal_voltage=selection.nominal_voltage)


def join(context: VehicleContext, selection: Selection) -> str:
    """The exchange at which a session goes on after a pause [V2G20-1843]."""
    service = selection.service
    context.record.agreed = replace(
        context.record.agreed, service=service.word, transfer=service.mode.transfer
    )
    adopt(context, selection)
    return discovery(selection)


def discovery(selection: Selection) -> str:
    """The parameter discovery of the service's message set."""
    return f"{selection.service.mode.kind}_ChargeParameterDiscovery"


def loop(selection: Selection) -> str:
    return f"{selection.service.mode.kind}_ChargeLoop"
