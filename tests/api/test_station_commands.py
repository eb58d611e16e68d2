"""Each command of the station that a protocol has words for: what it changes on the wire."""

from collections.abc import Callable
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.dlt import silent
from bsw.north.command import CommandError
from bsw.north.variables import UnknownVariable
from bsw.os.clock import MS, S
from secc.api.charger import Charger
from secc.api.literals import (
    AuthorizationStatus,
    CertificateStatus,
    Connector,
    EnergyTransferMode,
    EvseError,
    IsolationStatus,
    NoEnergyPauseMode,
    SaeJ2847BidiMode,
    SupportedAppProtocol,
)
from secc.api.objects import (
    AcEvseMaximumPower,
    AcParameters,
    Capabilities,
    DcEvseMaximumLimits,
    DcEvseMinimumLimits,
    Energy,
    EvseId,
    Power,
    Powermeter,
    SetupPhysicalValues,
    SignedMeterValue,
)
from secc.power.simulated import Ratings
from tests.net import worlds
from tools.bench.world.direct import Rig
from tools.bench.world.network import NetRig, Options

BOTH = pytest.mark.parametrize("protocol", ["din", "iso2"])
LATER = 20 * S
AC = "AC_three_phase_core"


def full(rig: Rig, after: int = 30 * S) -> Rig:
    rig.at(after, lambda: setattr(rig.state, "charging_complete", True))
    return rig.run()


def after(rig: Rig, kind: str, moment: int) -> list[Any]:
    """What the station said of this kind from a moment on."""
    return [
        heard.body for at, _, heard in rig.said if at > moment and type(heard.body).__name__ == kind
    ]


def limits(amps: float, watts: float = 150_000.0, volts: float = 920.0) -> DcEvseMaximumLimits:
    return DcEvseMaximumLimits(
        evse_maximum_current_limit=amps,
        evse_maximum_power_limit=watts,
        evse_maximum_voltage_limit=volts,
    )


def capabilities(**changed: float) -> Capabilities:
    hardware: dict[str, Any] = {
        "bidirectional": False,
        "current_regulation_tolerance_A": 3.0,
        "peak_current_ripple_A": 2.0,
        "max_export_voltage_V": 500.0,
        "min_export_voltage_V": 200.0,
        "max_export_current_A": 125.0,
        "min_export_current_A": 4.0,
        "max_export_power_W": 50_000.0,
    }
    return Capabilities(**hardware | changed)


@BOTH
def test_lower_limits_are_in_the_next_response_and_obeyed(protocol: str) -> None:
    rig = Rig(protocol)
    rig.at(LATER, lambda: rig.charger.update_dc_maximum_limits(maximum_limits=limits(50, 18_000)))
    full(rig)
    said = after(rig, "CurrentDemandRes", LATER)
    assert said[0].evse_maximum_current_limit.si() == 50.0
    assert said[0].evse_maximum_power_limit.si() == 18_000.0
    assert said[0].evse_current_limit_achieved is True
    asked = after(rig, "CurrentDemandReq", LATER + 2 * S)
    assert max(body.ev_target_current.si() for body in asked) <= 50.0
    assert rig.ending("vehicle") is Ending.TERMINATED


@BOTH
def test_lower_limits_of_the_source_are_offered(protocol: str) -> None:
    rig = Rig(protocol)
    rig.at(
        10 * MS,
        lambda: rig.charger.update_dc_minimum_limits(
            minimum_limits=DcEvseMinimumLimits(
                evse_minimum_current_limit=7,
                evse_minimum_voltage_limit=210,
                evse_minimum_power_limit=0,
            )
        ),
    )
    full(rig)
    offer = rig.bodies("ChargeParameterDiscoveryRes")[-1].evse_charge_parameter
    assert offer.evse_minimum_current_limit.si() == 7.0
    assert offer.evse_minimum_voltage_limit.si() == 210.0


@BOTH
def test_capabilities_bound_what_is_advertised(protocol: str) -> None:
    rig = Rig(protocol)
    rig.charger.set_powersupply_capabilities(capabilities=capabilities())
    full(rig)
    offer = rig.bodies("ChargeParameterDiscoveryRes")[-1].evse_charge_parameter
    assert offer.evse_maximum_voltage_limit.si() == 500.0
    assert offer.evse_maximum_current_limit.si() == 125.0
    assert offer.evse_maximum_power_limit.si() == 50_000.0
    assert offer.evse_minimum_voltage_limit.si() == 200.0
    assert offer.evse_minimum_current_limit.si() == 4.0
    assert offer.evse_current_regulation_tolerance.si() == 3.0
    assert offer.evse_peak_current_ripple.si() == 2.0


@BOTH
def test_charging_parameters_are_in_the_offer(protocol: str) -> None:
    rig = Rig(protocol)
    rig.charger.set_charging_parameters(
        physical_values=SetupPhysicalValues(
            dc_current_regulation_tolerance=1.5,
            dc_peak_current_ripple=2.5,
            dc_energy_to_be_delivered=30_000,
        )
    )
    full(rig)
    offer = rig.bodies("ChargeParameterDiscoveryRes")[-1].evse_charge_parameter
    assert offer.evse_current_regulation_tolerance.si() == 1.5
    assert offer.evse_peak_current_ripple.si() == 2.5
    assert offer.evse_energy_to_be_delivered.si() == 30_000.0


def test_the_nominal_voltage_is_told_to_an_ac_car() -> None:
    rig = Rig(mode=AC)
    rig.charger.update_ac_parameters(
        ac_parameters=AcParameters(
            nominal_frequency=50, nominal_voltage=240, connectors=[Connector.THREE_PHASE]
        )
    )
    full(rig)
    offer = rig.bodies("ChargeParameterDiscoveryRes")[-1].evse_charge_parameter
    assert offer.evse_nominal_voltage.si() == 240.0
    rig = Rig(mode=AC)
    rig.charger.set_charging_parameters(physical_values=SetupPhysicalValues(ac_nominal_voltage=220))
    full(rig)
    offer = rig.bodies("ChargeParameterDiscoveryRes")[-1].evse_charge_parameter
    assert offer.evse_nominal_voltage.si() == 220.0


def test_ac_current_and_power_limits_follow_while_charging() -> None:
    rig = Rig(mode=AC)
    rig.at(LATER, lambda: rig.charger.update_ac_max_current(max_current=10.0))
    power = AcEvseMaximumPower(charge_power=Power(total=6 * 3 * 230.0))
    rig.at(25 * S, lambda: rig.charger.update_ac_maximum_limits(maximum_limits=power))
    full(rig)
    assert after(rig, "ChargingStatusRes", LATER)[0].evse_max_current.si() == 10.0
    assert after(rig, "ChargingStatusRes", 25 * S)[0].evse_max_current.si() == 6.0
    assert rig.bodies("ChargingStatusRes")[0].evse_max_current.si() == 32.0


@BOTH
def test_a_stop_is_notified_and_obeyed(protocol: str) -> None:
    rig = Rig(protocol)
    rig.at(LATER, lambda: rig.charger.stop_charging(stop=True))
    rig.run()
    status = after(rig, "CurrentDemandRes", LATER)[0].dc_evse_status
    assert status.evse_notification.value == "StopCharging"
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert rig.ended_at["vehicle"] < 30 * S


def test_a_stop_that_is_withdrawn_before_the_car_asks_is_never_seen() -> None:
    rig = Rig(mode=AC)
    rig.at(LATER, lambda: rig.charger.stop_charging(stop=True))
    rig.at(LATER, lambda: rig.charger.stop_charging(stop=False))
    full(rig)
    statuses = [body.ac_evse_status for body in rig.bodies("ChargingStatusRes")]
    assert {status.evse_notification.value for status in statuses} == {"None"}


@BOTH
@pytest.mark.parametrize("isolation", list(IsolationStatus))
def test_the_isolation_status_is_told(protocol: str, isolation: IsolationStatus) -> None:
    rig = Rig(protocol)
    rig.at(LATER, lambda: rig.charger.update_isolation_status(isolation_status=isolation))
    full(rig)
    told = after(rig, "CurrentDemandRes", LATER)[0].dc_evse_status.evse_isolation_status
    if protocol == "din" and isolation is IsolationStatus.NO_IMD:
        assert told is None
    else:
        assert told.value == isolation.value


@BOTH
def test_the_cable_check_waits_for_its_result_and_fails_on_a_bad_one(protocol: str) -> None:
    rig = Rig(protocol, ratings=Ratings(cable_check=3600 * S))
    started: list[int] = []
    rig.charger.subscribe("start_cable_check", lambda _none: started.append(rig.scheduler.now))
    rig.at(15 * S, lambda: rig.charger.cable_check_finished(status=False))
    rig.run()
    answers = rig.bodies("CableCheckRes")
    assert [body.evse_processing.value for body in answers[:-1]] == ["Ongoing"] * (len(answers) - 1)
    assert answers[-1].response_code.value == "FAILED"
    assert len(started) == 1
    assert rig.results["vehicle"].code == "FAILED"


CODES = {
    EvseError.EMERGENCY_SHUTDOWN: "EVSE_EmergencyShutdown",
    EvseError.MALFUNCTION: "EVSE_Malfunction",
    EvseError.CONTACTOR: "EVSE_Malfunction",
    EvseError.RCD: "EVSE_Malfunction",
    EvseError.UTILITY_INTERRUPT: "EVSE_UtilityInterruptEvent",
}


@BOTH
@pytest.mark.parametrize("error", list(EvseError))
def test_an_error_is_told_until_it_is_reset(protocol: str, error: EvseError) -> None:
    rig = Rig(protocol)
    rig.at(LATER, lambda: rig.charger.send_error(error=error))
    rig.run()
    status = after(rig, "CurrentDemandRes", LATER)[0].dc_evse_status
    assert status.evse_status_code.value == CODES[error]
    assert rig.charger.state.errors == {error}
    rig.charger.reset_error()
    assert rig.charger.state.errors == set()


def test_an_error_that_was_reset_leaves_no_trace() -> None:
    rig = Rig()
    rig.at(LATER, lambda: rig.charger.send_error(error=EvseError.MALFUNCTION))
    rig.at(LATER, rig.charger.reset_error)
    full(rig)
    assert rig.ending("vehicle") is Ending.TERMINATED
    codes = {body.dc_evse_status.evse_status_code.value for body in rig.bodies("CurrentDemandRes")}
    assert codes == {"EVSE_Ready"}


def test_the_rcd_is_told_to_an_ac_car() -> None:
    rig = Rig(mode=AC)
    rig.at(LATER, lambda: rig.charger.send_error(error=EvseError.RCD))
    rig.run()
    assert after(rig, "ChargingStatusRes", LATER)[0].ac_evse_status.rcd is True


@BOTH
def test_a_verdict_that_came_early_is_remembered(protocol: str) -> None:
    rig = Rig(protocol)
    rig.customer_after = None
    verdict(rig, AuthorizationStatus.ACCEPTED)
    full(rig)
    name = "ContractAuthenticationRes" if protocol == "din" else "AuthorizationRes"
    assert [body.evse_processing.value for body in rig.bodies(name)] == ["Finished"]


@BOTH
def test_a_refused_customer_may_try_another_card(protocol: str) -> None:
    rig = Rig(protocol)
    rig.customer_after = None
    rig.at(1 * S, lambda: verdict(rig, AuthorizationStatus.BLOCKED))
    rig.at(5 * S, lambda: verdict(rig, AuthorizationStatus.ACCEPTED))
    full(rig)
    assert rig.ending("vehicle") is Ending.TERMINATED
    name = "ContractAuthenticationRes" if protocol == "din" else "AuthorizationRes"
    answers = rig.bodies(name)
    assert {body.response_code.value for body in answers} == {"OK"}
    assert answers[-1].evse_processing.value == "Finished"
    assert len(answers) > 3


def verdict(rig: Rig, status: AuthorizationStatus) -> None:
    rig.charger.authorization_response(
        authorization_status=status, certificate_status=CertificateStatus.ACCEPTED
    )


def test_energy_flows_only_when_the_contactor_is_closed() -> None:
    rig = Rig(mode=AC, ratings=Ratings(contactor=2 * S))
    full(rig)
    start = next(at for at, _, h in rig.said if type(h.body).__name__ == "PowerDeliveryReq")
    done = next(at for at, _, h in rig.said if type(h.body).__name__ == "PowerDeliveryRes")
    assert done - start >= 2 * S
    rig = Rig(mode=AC, ratings=Ratings(contactor=3600 * S))
    rig.run()
    assert rig.results["vehicle"].code == "FAILED_ContactorError"


def test_a_contactor_that_is_closed_already_counts() -> None:
    rig = Rig(mode=AC, ratings=Ratings(contactor=3600 * S))
    rig.charger.ac_contactor_closed(status=True)
    full(rig)
    assert rig.ending("vehicle") is Ending.TERMINATED


def test_the_meter_is_shown_as_it_is() -> None:
    rig = Rig(mode=AC, ratings=Ratings(meter_every=3600 * S))
    meter = Powermeter(
        timestamp="2026-01-01T00:00:00Z",
        meter_id="M-7",
        energy_Wh_import=Energy(total=1234.4),
        signed_meter_value=SignedMeterValue(
            signed_meter_data="abc", signing_method="x", encoding_method="y"
        ),
    )
    rig.at(LATER, lambda: rig.charger.update_meter_info(powermeter=meter))
    full(rig)
    shown = after(rig, "ChargingStatusRes", LATER)[0].meter_info
    assert (shown.meter_id, shown.meter_reading) == ("M-7", 1234)
    assert shown.sig_meter_reading == b"abc"


def test_nobody_who_pays_otherwise_is_asked_for_a_receipt() -> None:
    rig = Rig(mode=AC)
    rig.at(LATER, lambda: rig.charger.receipt_is_required(receipt_required=True))
    full(rig)
    assert {body.receipt_required for body in rig.bodies("ChargingStatusRes")} == {False}


@BOTH
@pytest.mark.parametrize(
    ("mode", "loops"),
    [
        (NoEnergyPauseMode.BEFORE_CABLE_CHECK, False),
        (NoEnergyPauseMode.AFTER_PRECHARGE, True),
    ],
)
def test_without_power_the_car_is_asked_to_stop_at_the_chosen_place(
    protocol: str, mode: NoEnergyPauseMode, *, loops: bool
) -> None:
    rig = Rig(protocol)
    rig.charger.no_energy_pause_charging(mode=mode)
    rig.run()
    assert rig.ending("vehicle") is (Ending.TERMINATED if loops else Ending.NO_ENERGY)
    assert ("PreChargeReq" in rig.names("vehicle")) is loops
    assert rig.electronics.energy == 0.0


@BOTH
def test_a_car_that_may_ignore_the_pause_stays_at_zero(protocol: str) -> None:
    rig = Rig(protocol)
    rig.charger.no_energy_pause_charging(mode=NoEnergyPauseMode.ALLOW_EV_TO_IGNORE)
    full(rig)
    said = rig.bodies("CurrentDemandRes")
    assert len(said) > 10
    assert {body.evse_maximum_current_limit.si() for body in said} == {0.0}
    assert {body.ev_target_current.si() for body in rig.bodies("CurrentDemandReq")} == {0.0}


@BOTH
def test_the_identity_is_the_one_of_the_protocol(protocol: str) -> None:
    rig = full(Rig(protocol))
    said = rig.bodies("SessionSetupRes")[0].evseid
    assert said == (b"+49*123*456*789" if protocol == "din" else "DE*PWX*E0001*1")


def test_pausing_has_no_word_before_iso_20_and_changes_nothing() -> None:
    rig = Rig()
    rig.at(LATER, lambda: rig.charger.pause_charging(pause=True))
    full(rig)
    assert rig.ending("vehicle") is Ending.TERMINATED
    told = {body.dc_evse_status.evse_notification.value for body in rig.bodies("CurrentDemandRes")}
    assert told == {"None"}


def test_protocols_are_restricted_and_an_unknown_one_is_told() -> None:
    charger = Charger(
        (SupportedAppProtocol.ISO2, SupportedAppProtocol.DIN), lambda: 0, silent().logger("test")
    )
    only = {"app_protocols": ["DIN70121"]}
    assert charger.update_supported_app_protocols(supported_app_protocols=only) is True  # type: ignore[arg-type]
    assert charger.state.protocols == (SupportedAppProtocol.DIN,)
    more = {"app_protocols": ["ISO15118D2", "ISO15118D20"]}
    assert charger.update_supported_app_protocols(supported_app_protocols=more) is False  # type: ignore[arg-type]
    assert charger.state.protocols == (SupportedAppProtocol.ISO2,)


Call = Callable[[Any], object]
WRONG: list[tuple[Call, str]] = [
    (lambda c: c.update_ac_max_current(max_current=401), "max_current: input should be less"),
    (lambda c: c.update_ac_max_current(max_current=float("nan")), "max_current: input should"),
    (lambda c: c.update_ac_max_current(), "max_current: is missing"),
    (lambda c: c.update_ac_max_current(10), "give arguments by name"),
    (lambda c: c.update_ac_max_current(current=1), "current: is not known here; leave it out"),
    (lambda c: c.stop_charging(stop=None), "stop: input should be a valid boolean, not None"),
    (lambda c: c.send_error(error="Error_Flood"), "error: input should be 'Error_Contactor'"),
    (lambda c: c.renegotiate(wanted="perhaps"), "wanted: input should be a valid boolean"),
    (
        lambda c: c.update_energy_transfer_modes(supported_energy_transfer_modes=[]),
        "supported_energy_transfer_modes: list should have at least 1 item",
    ),
    (
        lambda c: c.session_setup(
            payment_options=["Cash"],
            supported_certificate_service=True,
            central_contract_validation_allowed=False,
        ),
        "payment_options.0: input should be 'Contract' or 'ExternalPayment'",
    ),
    (
        lambda c: c.update_dc_maximum_limits(maximum_limits={"evse_maximum_current_limit": -1}),
        "maximum_limits.evse_maximum_current_limit: input should be greater",
    ),
    (
        lambda c: c.setup(evse_id={"evse_id": "X"}, sae_j2847_mode="V2H", debug_mode=False),
        "sae_j2847_mode: V2H is not served",
    ),
]


@pytest.mark.parametrize(("call", "text"), WRONG)
def test_what_cannot_be_taken_names_the_argument_and_changes_nothing(call: Call, text: str) -> None:
    charger = Charger(tuple(SupportedAppProtocol), lambda: 0, silent().logger("test"))
    heard: list[str] = []
    charger.on_command(heard.append)
    with pytest.raises(CommandError, match=text.replace("[", r"\[")) as caught:
        call(charger)
    assert caught.value.__cause__ is None
    assert heard == []


def test_an_unknown_variable_is_named() -> None:
    charger = Charger((), lambda: 0, silent().logger("test"))
    with pytest.raises(UnknownVariable, match="dc_status"):
        charger.subscribe("dc_status", print)
    assert charger.last("evcc_id") is None


def test_identity_alone_does_not_open_the_doors() -> None:
    charger = Charger((), lambda: 0, silent().logger("test"))
    charger.setup(evse_id=EvseId(evse_id="DE*X*E1"), sae_j2847_mode="None", debug_mode=False)  # type: ignore[arg-type]
    assert charger.missing() == ("update_energy_transfer_modes",)


def test_another_mode_or_identity_in_mid_session_is_refused_and_changes_nothing() -> None:
    rig = NetRig(worlds.simulated(), Options(mode=AC))
    said: list[str] = []

    def interfere() -> None:
        calls: tuple[Callable[[], object], ...] = (
            lambda: rig.charger.update_energy_transfer_modes(
                supported_energy_transfer_modes=[EnergyTransferMode.DC_EXTENDED]
            ),
            lambda: rig.charger.setup(
                evse_id=EvseId(evse_id="DE*PWX*OTHER"),
                sae_j2847_mode=SaeJ2847BidiMode.NONE,
                debug_mode=False,
            ),
        )
        for call in calls:
            with pytest.raises(CommandError) as caught:
                call()
            said.append(str(caught.value))

    rig.plug_in()
    rig.scheduler.after(LATER, interfere, name="interfere")
    rig.full_after(30 * S)
    rig.run()
    assert "a session with AC_three_phase_core is running; keep it in the list" in said[0]
    assert "setup: evse_id: a session runs under another" in said[1]
    assert rig.charger.state.modes == (EnergyTransferMode.AC_THREE_PHASE,)
    assert rig.ending("vehicle") is Ending.TERMINATED
    rig.charger.update_energy_transfer_modes(
        supported_energy_transfer_modes=[EnergyTransferMode.DC_EXTENDED]
    )
