"""What a session has once its energy service is known, chosen now or before a pause."""

from dataclasses import replace

from bsw.chrgm.iso20.selection import Selection
from evcc.session.context import VehicleContext


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
