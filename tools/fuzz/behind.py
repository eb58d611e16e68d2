"""Who stands behind a station under attack: its customer and its power electronics, as numbers.

A client of the station's local door.  It accepts when told to, plays the hardware, and notes
whether energy is ever asked of it in a session for which nobody accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tools.api.client import Client

VOLTS: Final = 380.0
AMPS: Final = 100.0
ENERGY: Final = frozenset({"start_cable_check", "current_demand_started", "ac_close_contactor"})
ENDS: Final = frozenset({"dlink_error", "dlink_terminate", "dlink_pause"})


class Behind:
    """``attend`` when its socket is readable; what must not be is in ``wrongs``."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.accepts = True
        self.receipts = False
        self.accepted = False  # the session that runs, in the order in which the ECU tells
        self.wrongs: list[str] = []
        self._reactions: dict[str, Callable[[], None]] = {
            "require_auth_eim": self._asked,
            "require_auth_pnc": self._asked,
            "start_cable_check": self._test_cable,
            "start_pre_charge": lambda: self._measure(VOLTS, 0.0),
            "current_demand_started": lambda: self._measure(VOLTS, AMPS),
            "current_demand_finished": lambda: self._measure(0.0, 0.0),
            "dc_open_contactor": lambda: self._measure(0.0, 0.0),
            "ac_close_contactor": lambda: self._tell("ac_contactor_closed", status=True),
            "ac_open_contactor": lambda: self._tell("ac_contactor_closed", status=False),
        }
        self._prepare()

    def fileno(self) -> int:
        return self._client.fileno()

    def attend(self) -> None:
        """React to what the station has said by now."""
        for name, _ in self._client.poll():
            self._heard(name)

    def _heard(self, name: str) -> None:
        if name in ENDS:
            self.accepted = False
        if name in ENERGY and not self.accepted:
            self.wrongs.append(f"{name} in a session that nobody accepted")
        reaction = self._reactions.get(name)
        if reaction is not None:
            reaction()

    def _asked(self) -> None:
        if not self.accepts:
            return
        self.accepted = True
        self._tell(
            "authorization_response",
            authorization_status="Accepted",
            certificate_status="Accepted",
        )
        if self.receipts:
            self._tell("receipt_is_required", receipt_required=True)

    def _test_cable(self) -> None:
        self._tell("update_isolation_status", isolation_status="Valid")
        self._tell("cable_check_finished", status=True)

    def _measure(self, volts: float, amps: float) -> None:
        present = {"evse_present_voltage": volts, "evse_present_current": amps}
        self._tell("update_dc_present_values", present_voltage_current=present)

    def _prepare(self) -> None:
        most = {
            "evse_maximum_current_limit": 400.0,
            "evse_maximum_power_limit": 150_000.0,
            "evse_maximum_voltage_limit": 920.0,
        }
        least = {
            "evse_minimum_current_limit": 1.0,
            "evse_minimum_voltage_limit": 150.0,
            "evse_minimum_power_limit": 0.0,
        }
        meter = {
            "timestamp": "",
            "meter_id": "M1",
            "energy_Wh_import": {"total": 1234.0},
        }
        self._client.ask(watch=[*self._reactions, *ENDS])
        self._ask("update_dc_maximum_limits", maximum_limits=most)
        self._ask("update_dc_minimum_limits", minimum_limits=least)
        self._ask("update_meter_info", powermeter=meter)

    def _ask(self, command: str, **arguments: object) -> None:
        self._client.ask(cmd=command, args=arguments)

    def _tell(self, command: str, **arguments: object) -> None:
        self._client.tell(cmd=command, args=arguments)
