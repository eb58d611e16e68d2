"""What the vehicle's bus says, as values: plain ones by their declared role, the rest judged here.

Pure functions of one snapshot and of what the ECU knows besides; when they are asked is
``evcc.bus.canbus``'s affair.
"""

from dataclasses import fields
from operator import attrgetter
from typing import Any, Final, get_type_hints

from bsw.chrgm.modes import mode_of
from can_adapter.signals import values
from can_adapter.signals.roles import roles_of
from can_adapter.vehicle.values import VehicleSnapshot
from evcc.vehicle import DECLARED, NOTHING_SAID, Intent, VehicleValues

_STOPPING: Final = {
    values.StopRequest.NORMAL,
    values.StopRequest.FAST,
    values.StopRequest.EMERGENCY,
}
_CLOSED: Final = {values.ContactorState.CLOSED, values.ContactorState.WELDED}
_BY_ROLE: Final = {one.role: name for name, one in DECLARED.items() if one.role}


def _places() -> dict[str, str]:
    """Where a snapshot has each role: group and name."""
    hints = get_type_hints(VehicleSnapshot)
    return {
        role.name: f"{group.name}.{role.name}"
        for group in fields(VehicleSnapshot)
        for role in roles_of(hints[group.name])
    }


_PLACES: Final = _places()
_read: Final = attrgetter(*(_PLACES[role] for role in _BY_ROLE))
"""All plain values at one go."""


def values_of(
    told: VehicleSnapshot,
    before: VehicleValues,
    *,
    permitted: bool,
    stopped: bool,
    barred: values.EvErrorCode | None,
    contracts: bool,
    silent_ready: bool,
    derating: float,
) -> VehicleValues:
    """``before`` is kept of what is chosen once; ``stopped``: by hand; ``barred``: by a fault."""
    plain: dict[str, Any] = dict(zip(_BY_ROLE.values(), _read(told), strict=True))
    mode = told.selection.energy_transfer_mode
    chosen = before.mode if mode is None else mode.value
    if told.needs.e_amount is not None and mode_of(chosen).ac:
        plain["energy_request"] = told.needs.e_amount
    lock, contactor, targets = told.inlet.lock_state, told.contactors.contactor_state, told.targets
    plain |= {
        "permission": permitted and allowed(told),
        "intent": _intent(told, stopped=stopped),
        "ready": targets.ev_ready is True or silent_ready,
        "error": _error(told, barred),
        "mode": chosen,
        "prefer_contract": contracts and _contract(told, before=before.prefer_contract),
        "charging_complete": targets.charging_complete is True,
        "contactors_closed": None if contactor is None else contactor in _CLOSED,
        "locked": None if lock is None else lock is values.LockState.LOCKED,
        "derating": derating,
    }
    return NOTHING_SAID.but(**plain)


def allowed(told: VehicleSnapshot) -> bool:
    """The vehicle itself has nothing against energy; what is not known is no permission."""
    permission = told.permission
    return (
        permission.charge_permission is True
        and permission.crash_detected is not True
        and told.contactors.hv_interlock_closed is not False
        and told.limits.max_current_limit is not None
        and told.contactors.contactor_state is not None
    )


def _intent(told: VehicleSnapshot, *, stopped: bool) -> Intent:
    if stopped or told.permission.stop_request in _STOPPING:
        return Intent.STOP
    return Intent.PAUSE if told.permission.pause_request else Intent.CHARGE


def _error(told: VehicleSnapshot, barred: values.EvErrorCode | None) -> str:
    """The vehicle's own fault, else ours."""
    code = told.battery.ev_error_code
    if code is None or code is values.EvErrorCode.NO_ERROR:
        code = barred or code
    return "NO_ERROR" if code is None else code.value


def _contract(told: VehicleSnapshot, *, before: bool) -> bool:
    payment = told.selection.payment_option
    return before if payment is None else payment is values.PaymentOption.CONTRACT
