"""The charger interface in the words of ``ocpp.station``, and back: one outlet.

Hears of the plug, of questions who pays and of energy; answers questions and stops sessions for
the back end.  Knows no frame and no version.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.modes import mode_of
from bsw.cp.pilot import CONNECTED, Pilot, PilotState
from bsw.dlt import Logger
from bsw.os.scheduler import Scheduler
from ocpp.station.charging.composite import Limit, Supply
from ocpp.station.contracts.shown import ContractRules
from ocpp.station.outlets.places import Lock
from ocpp.station.records import Sample, Stop, Token
from ocpp.station.station import Station
from ocpp.station.translation import Standing, Verdict
from secc.api.extensions import AuthorizationRequest, DutyOffer, GridControl, GridControls
from secc.api.literals import AuthorizationStatus, CertificateStatus, PaymentOption
from secc.api.state import StationState
from secc.ocpp.config import OcppConfig
from secc.ocpp.contracts import BackendContracts, contract_of
from secc.ocpp.driver import DriverWishes
from secc.ocpp.meter import Register
from secc.ocpp.schedules import BackendSchedules
from secc.ocpp.sides import ChargerSide
from secc.ocpp.site import SiteLimit
from secc.ocpp.vehicle import BackendVehicle
from secc.session.limits import (
    ac_discharge_hardware,
    dc_discharge_hardware,
    dc_hardware,
    nominal_voltage,
)

EVSE: Final = 1
EMAID: Final = "eMAID"
MAC: Final = "MacAddress"


class BackendOutlet:
    """Implements ``ocpp.station.outlets.places.Charger`` on the charger interface."""

    def __init__(
        self,
        side: ChargerSide,
        register: Register,
        config: OcppConfig,
        log: Logger,
        *,
        scheduler: Scheduler,
        restart: Callable[[], bool],
    ) -> None:
        self._charger = charger = side.charger
        self._register = register
        self._log = log
        self._driver = config.driver
        self._card = config.card
        self._running = side.running
        self._senses = side.measured
        self._duty = DutyOffer(current=0.0, closed=False)
        self._asked: AuthorizationRequest | None = None
        self._unheard = False
        self._stopping = False
        self._plugged = False
        self._restart = restart
        self._station: Station | None = None
        self._contracts = BackendContracts(charger, log, lambda: self._tied.relay)
        self._site = SiteLimit(scheduler, charger, lambda: self.supply(EVSE), lambda: self._tied)
        self._vehicle = BackendVehicle(charger, EVSE, lambda: self._tied)
        self._schedules = BackendSchedules(charger, side.schedules, log, EVSE, lambda: self._tied)

    def take(self, station: Station) -> None:
        """The station is another one from now on, and hears how things are."""
        self._station = station
        if self._plugged:
            station.plugged(EVSE)
        self._site.again()

    def tie(self, station: Station, pilot: Callable[[Callable[[Pilot], None]], None]) -> None:
        """From here on the outlet's news reach the station."""
        self._station = station
        pilot(self._pilot_changed)
        subscribe = self._charger.subscribe
        subscribe("evcc_id", lambda _identity: self._plug(plugged=True))
        subscribe("authorization_request", self._asks)
        self._contracts.tie()
        self._vehicle.tie()
        self._schedules.tie()
        self._site.tie()
        self._charger.backed_by(DriverWishes(EVSE, lambda: self._tied))
        subscribe("current_demand_started", lambda _none: self._tied.charging(EVSE))
        subscribe("ac_close_contactor", lambda _none: self._tied.charging(EVSE))
        subscribe("ac_open_contactor", lambda _none: self._opened())
        subscribe("duty_offer", self._by_duty)
        subscribe("dc_open_contactor", lambda _none: self._tied.stopped(EVSE))
        subscribe("plug_faults", lambda told: self._tied.faulted(EVSE, fault=bool(told.faults)))

    def session_ended(self, result: SessionResult, *, measured: bool) -> None:
        """A session is over; without a measured pilot the vehicle is taken to have gone.

        A vehicle that ends the session has ended the charge [E15.FR.04, E15.FR.05].
        """
        self._asked = None
        self._duty = DutyOffer(current=0.0, closed=False)
        self._schedules.session_ended()
        if result.ending is Ending.TERMINATED and not self._stopping:
            self._tied.ended_by_vehicle(EVSE)
        if self._tied.outlet(EVSE).ending:
            self._tied.stopped(EVSE)  # however the session ended, nothing flows any more
        self._stopping = False
        if not measured:
            self._plug(plugged=False)

    def allow(self, evse: int, token: Token) -> None:
        """From the station.  A session that asks later finds the driver known."""
        assert evse == EVSE
        self._log.info("allowed", kind=token.kind)
        self._answer(AuthorizationStatus.ACCEPTED)

    def refuse(self, evse: int, token: Token, verdict: Verdict) -> None:
        """From the station."""
        assert evse == EVSE
        self._log.info("refused", kind=token.kind, why=verdict.standing.value)
        self._unheard = not self._tied.is_online
        if self._asked is not None:
            certificate = CertificateStatus(verdict.certificate or "Accepted")
            self._answer(_status_of(verdict), certificate)

    def online(self) -> None:
        """The back end listens: a driver who was refused without it, and waits, is asked about."""
        self._site.online()
        asked, unheard = self._asked, self._unheard
        self._unheard = False
        if unheard and asked is not None and self._charger.verdicts.waits(asked.request_id):
            self._asks(asked)

    def stop(self, evse: int, why: Stop) -> None:
        """From the station."""
        assert evse == EVSE
        self._charger.verdicts.forget_advance()
        if self._running() and not self._stopping:
            self._log.info("stops", why=why.value)
            self._stopping = True
            self._charger.stop_charging(stop=True)

    def meter(self, evse: int) -> tuple[Sample, ...]:
        """From the station."""
        assert evse == EVSE
        return self._register.samples()

    def locks(self, evse: int) -> bool:
        """From the station: the cable is fixed, the lock is in the vehicle."""
        assert evse == EVSE
        return False

    def unlock(self, evse: int) -> Lock:
        """From the station, which has nothing to open."""
        assert evse == EVSE
        return Lock.FAILED

    def show(self, evse: int, lines: tuple[str, ...]) -> None:
        """From the station: an outlet without a display has its log."""
        self._log.info("display", evse=evse, text=" | ".join(lines))

    def senses(self, evse: int) -> bool:
        """From the station."""
        assert evse == EVSE
        return self._senses

    def supply(self, evse: int) -> Supply:
        """From the station: as the charger interface tells it now."""
        assert evse == EVSE
        return supply_of(self._charger.state)

    def limit(self, evse: int, limit: Limit, supply: Supply) -> None:
        """From the station: it holds from the next answer to the vehicle on."""
        assert evse == EVSE
        if limit.by is not None:
            self._log.info("limited", by=limit.by.value, **_watts(limit, supply))
        self._site.hold(limit, supply)

    def grid(self, controls: Mapping[str, tuple[str, Mapping[str, Any]]]) -> None:
        """From the station: for whoever drives the inverter."""
        told = tuple(
            GridControl(id=name, kind=kind, values=json.dumps(values))
            for name, (kind, values) in controls.items()
        )
        self._charger.variables.publish("grid_controls", GridControls(controls=told))

    def transfers(self, evse: int) -> tuple[str, ...]:
        """From the station."""
        assert evse == EVSE
        return self._vehicle.transfers()

    def transfers_allowed(self, evse: int, transfers: frozenset[str] | None) -> bool:
        """From the station."""
        assert evse == EVSE
        return self._vehicle.allow(transfers)

    def offered(self, evse: int) -> None:
        """From the station."""
        assert evse == EVSE
        self._schedules.offered()

    def contracts(self, rules: ContractRules) -> None:
        """From the station."""
        self._contracts.allow(rules)

    def restart(self) -> bool:
        """From the station."""
        return self._restart()

    def _by_duty(self, told: DutyOffer) -> None:
        self._duty = told

    def _opened(self) -> None:
        """A vehicle without a protocol may go on: it has stopped drawing, or is offered nothing."""
        if self._duty.closed and self._plugged and not self._stopping:
            self._tied.paused(EVSE, by_vehicle=self._duty.current > 0)
        else:
            self._tied.stopped(EVSE)

    @property
    def _tied(self) -> Station:
        assert self._station is not None, "tie it first"
        return self._station

    def _pilot_changed(self, pilot: Pilot) -> None:
        if pilot.state in CONNECTED:
            self._plug(plugged=True)
        elif pilot.state is PilotState.A:
            self._plug(plugged=False)

    def _plug(self, *, plugged: bool) -> None:
        if plugged is self._plugged:
            return
        self._plugged = plugged
        if plugged:
            self._tied.plugged(EVSE)
        else:
            self._tied.unplugged(EVSE)

    def _asks(self, asked: AuthorizationRequest) -> None:
        """A session asks who pays: the driver may be known already."""
        self._asked = asked
        if not self._tied.asks(EVSE, asked.evcc_id or ""):
            self._answer(AuthorizationStatus.INVALID)
            return
        token = self._token(asked)
        present = self._tied.outlet(EVSE).token
        if present is not None and (token is None or present.same_as(token)):
            self._answer(AuthorizationStatus.ACCEPTED)
        elif token is not None:
            self._tied.presented(EVSE, token, contract_of(asked))

    def _token(self, asked: AuthorizationRequest) -> Token | None:
        newest = self._vehicle.evccid
        if asked.payment_option is PaymentOption.CONTRACT:
            assert asked.id_token is not None
            return Token(asked.id_token.id_token.value, EMAID, evccid=newest)
        if self._driver == "card":
            return Token(self._card, evccid=newest)
        if self._driver == "vehicle" and asked.evcc_id is not None:
            return Token(asked.evcc_id.replace(":", ""), MAC, evccid=newest)
        return None

    def _answer(
        self,
        status: AuthorizationStatus,
        certificate: CertificateStatus = CertificateStatus.ACCEPTED,
    ) -> None:
        """The question that is open, if there is one."""
        asked = self._asked
        if asked is not None and self._charger.verdicts.waits(asked.request_id):
            self._charger.authorization_verdict(
                request_id=asked.request_id,
                authorization_status=status,
                certificate_status=certificate,
            )


def _status_of(verdict: Verdict) -> AuthorizationStatus:
    """A good token does not make up for a chain that does not hold."""
    good = verdict.standing is Standing.ACCEPTED and not verdict.accepted
    return AuthorizationStatus.INVALID if good else AuthorizationStatus(verdict.standing.value)


def _watts(limit: Limit, supply: Supply) -> dict[str, int]:
    """As the log has it."""
    told = {"watts": limit.amperes, "back": limit.back}
    if limit.setpoint is not None:
        told["setpoint"] = limit.setpoint
    return {name: round(supply.watts(amperes, limit.phases)) for name, amperes in told.items()}


def supply_of(state: StationState) -> Supply:
    """A DC source by its power and current; an AC outlet by its phases."""
    modes = [mode_of(mode.value) for mode in state.modes or ()]
    if any(mode.dc for mode in modes):
        limits, takes = dc_hardware(state), dc_discharge_hardware(state)
        amperes = limits.current or 1.0
        voltage = limits.power / amperes or limits.voltage or 1.0
        back = min(takes.current, takes.power / voltage)
        back = back if any(mode.discharges for mode in modes) else 0.0
        return Supply(amperes, voltage, 1, dc=True, back=back)
    phases = max((mode.phases for mode in modes), default=1)
    voltage = nominal_voltage(state)
    watts = max((ac_discharge_hardware(state, mode) for mode in modes), default=0.0)
    back = watts / (voltage * phases) if voltage > 0 else 0.0
    return Supply(state.ac_max_current or 0.0, voltage, phases, back=back)
