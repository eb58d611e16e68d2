"""Who stands behind a vehicle under attack: its driver, its battery and its contactors, as numbers.

A client of the vehicle's local door.  It begins each session, measures what the station under our
hand puts out, and notes whether the vehicle makes ready for energy before anybody authorised it,
or stays ready after a session's end.
"""

from __future__ import annotations

from typing import Any, Final

from tools.api.client import Client

BATTERY: Final = 380.0
NO_WEAR: Final[dict[str, object]] = dict.fromkeys(
    ("wear.sessions", "wear.closings", "wear.closings_in_all", "wear.renegotiations"), 0
)
"""Settings of a vehicle on a bench, which is never unplugged and wears nothing."""
WATCHED: Final = ("session_result", "ev_power_ready", "dc_power_on")


class Driver:
    """``attend`` when its socket is readable; what must not be is in ``wrongs``."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.ready = self.closed = False
        self.authorised = False  # by the station, in this session
        self.result: dict[str, Any] | None = None
        self.wrongs: list[str] = []
        self._measured = (-1.0, -1.0)
        self._prepare()

    def fileno(self) -> int:
        return self._client.fileno()

    def begin(self, mode: str) -> None:
        """A session, now."""
        self.result, self.authorised = None, False
        self.measure(0.0, 0.0)
        self._contactors(closed=False)
        self._ask("reset_fault")
        self._ask(
            "start_charging",
            EnergyTransferMode=mode,
            SelectedPaymentOption={},
            DepartureTime=0,
            EAmount=20,
        )
        self._ask("resume")

    def stop(self) -> None:
        self._ask("stop_charging")

    def open(self) -> None:
        """The contactors have opened."""
        self._contactors(closed=False)

    def attend(self) -> None:
        """React to what the vehicle has said by now."""
        for name, value in self._client.poll():
            self._heard(name, value)

    def measure(self, volts: float, amps: float) -> None:
        """What the inlet carries; told when it changes."""
        if (volts, amps) != self._measured:
            self._measured = (volts, amps)
            self._ask(
                "update_dc_present_values",
                inlet_voltage=volts,
                battery_voltage=BATTERY,
                current=amps,
            )

    def _heard(self, name: str, value: Any) -> None:  # noqa: ANN401 - JSON
        if name == "session_result":
            self.result = value
            if self.ready:
                self.wrongs.append(f"state C after the end of the session, {value}")
        elif name == "dc_power_on":
            self._demand("contactors closed")
            self._contactors(closed=True)
        else:
            self.ready = bool(value)
            if self.ready:
                self._demand("state C")
            else:
                self.measure(self._measured[0], 0.0)
                self._contactors(closed=False)

    def _demand(self, what: str) -> None:
        if not self.authorised:
            self.wrongs.append(f"{what} in a session that no station authorised")

    def _contactors(self, *, closed: bool) -> None:
        if closed != self.closed:
            self.closed = closed
            self._ask("update_contactor_state", closed=closed)

    def _prepare(self) -> None:
        limits = {
            "max_current_limit": 200.0,
            "max_power_limit": 80_000.0,
            "max_voltage_limit": 420.0,
            "energy_capacity": 60_000.0,
            "target_current": 50.0,
            "target_voltage": 410.0,
        }
        self._client.ask(watch=list(WATCHED))
        self._ask("set_dc_params", EvParameters=limits)
        self._ask("set_ac_params", parameters={"max_voltage": 250, "max_current": 16})
        self._ask("update_soc", SoC=40)
        self._ask("update_inlet", locked=True, cable_current=500)
        self._ask("update_contactor_state", closed=False)

    def _ask(self, command: str, **arguments: object) -> None:
        self._client.ask(cmd=command, args=arguments)
