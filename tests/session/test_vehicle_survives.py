"""A vehicle at a station that does everything wrong, one thing at a time, at each step.

Whatever the station says, the vehicle ends with the right reason, asks for no current, opens its
contactors and goes back to state B, in time.
"""

from collections.abc import Callable
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.script import reachable
from bsw.chrgm.modes import mode_of
from bsw.chrgm.protocols import protocol as spoken
from bsw.chrgm.record import Heard
from bsw.os.clock import MS, S
from tools.bench.world.direct import Rig

CASES = [("din", "DC_extended"), ("iso2", "DC_extended"), ("iso2", "AC_single_phase_core")]
UNUSED = {"ServiceDetail", "CertificateInstallation", "CertificateUpdate", "PaymentDetails"}
ONLY_DC = {"CableCheck", "PreCharge", "CurrentDemand", "WeldingDetection"}


def steps() -> list[tuple[str, str, str]]:
    return [
        (protocol, mode, name)
        for protocol, mode in CASES
        for name in reachable(spoken(protocol).table)
        if name not in UNUSED | {"MeteringReceipt"}
        and not (mode_of(mode).ac and name in ONLY_DC)
        and not (mode_of(mode).dc and name == "ChargingStatus")
    ]


def at_step(name: str, change: Callable[[Heard], Heard]) -> Callable[[Heard], Heard]:
    wanted = f"{name}Res"
    return lambda heard: change(heard) if type(heard.body).__name__ == wanted else heard


def changed(heard: Heard, **fields: Any) -> Heard:  # noqa: ANN401 - any field of any message
    return Heard(heard.session_id, heard.body.replace(**fields), heard.signature)


def run(protocol: str, mode: str, twist: Callable[[Heard], Heard]) -> Rig:
    rig = Rig(protocol, mode=mode)
    rig.twist = twist
    rig.at(15 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig.run(600 * S)


def safe(rig: Rig) -> None:
    assert rig.state.contactors_closed is False
    assert rig.plug.ready is False
    assert rig.pack.ac_allowed == 0.0
    assert not rig.pack.asked or rig.pack.asked[-1] == 0.0


@pytest.mark.parametrize(("protocol", "mode", "name"), steps())
def test_failed(protocol: str, mode: str, name: str) -> None:
    code: Any = spoken(protocol).table.exchanges[name].response
    failed = next(iter(code.__fields__)).kind.FAILED
    rig = run(protocol, mode, at_step(name, lambda heard: changed(heard, response_code=failed)))
    assert rig.ending("vehicle") is Ending.REFUSED
    assert rig.results["vehicle"].exchange == name
    assert rig.results["vehicle"].code == "FAILED"
    safe(rig)


@pytest.mark.parametrize(("protocol", "mode", "name"), steps())
def test_no_answer(protocol: str, mode: str, name: str) -> None:
    rig = Rig(protocol, mode=mode)
    silent_since: list[int] = []

    def lose(side: str, heard: Heard) -> bool:
        if side == "station" and type(heard.body).__name__ == f"{name}Res":
            silent_since.append(rig.scheduler.now)
            return True
        return False

    rig.lose = lose
    rig.at(15 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run(600 * S)
    assert rig.ending("vehicle") is Ending.ANSWER_TIMEOUT
    assert rig.results["vehicle"].exchange == name
    limit = spoken(protocol).table.exchanges[name].limits.answer
    assert rig.ended_at["vehicle"] - silent_since[0] <= limit + 10 * MS
    safe(rig)


@pytest.mark.parametrize(("protocol", "mode", "name"), steps())
def test_another_session_id(protocol: str, mode: str, name: str) -> None:
    other = bytes(8) if name == "SessionSetup" else b"\x42" * 8
    rig = run(protocol, mode, at_step(name, lambda heard: Heard(other, heard.body)))
    assert rig.ending("vehicle") is Ending.UNKNOWN_SESSION
    assert rig.results["vehicle"].exchange == name
    safe(rig)


@pytest.mark.parametrize(("protocol", "mode", "name"), steps())
def test_the_wrong_type(protocol: str, mode: str, name: str) -> None:
    messages = spoken(protocol).table.exchanges
    wrong = messages["SessionStop" if name != "SessionStop" else "SessionSetup"].response

    def swap(heard: Heard) -> Heard:
        from bsw.chrgm.placeholder import smallest  # noqa: PLC0415 - only here

        return Heard(heard.session_id, smallest(wrong))

    rig = run(protocol, mode, at_step(name, swap))
    assert rig.ending("vehicle") is Ending.SEQUENCE_ERROR
    safe(rig)


@pytest.mark.parametrize(
    ("protocol", "mode", "name", "limit"),
    [
        ("din", "DC_extended", "ContractAuthentication", 60),
        ("din", "DC_extended", "ChargeParameterDiscovery", 60),
        ("din", "DC_extended", "CableCheck", 40),
        ("iso2", "DC_extended", "Authorization", 60),
        ("iso2", "DC_extended", "ChargeParameterDiscovery", 60),
        ("iso2", "DC_extended", "CableCheck", 40),
        ("iso2", "AC_single_phase_core", "ChargeParameterDiscovery", 60),
    ],
)
def test_ongoing_for_ever(protocol: str, mode: str, name: str, limit: int) -> None:
    first: list[int] = []
    rig = Rig(protocol, mode=mode)

    def ongoing(heard: Heard) -> Heard:
        first.append(rig.scheduler.now)
        processing = type(heard.body.evse_processing)("Ongoing")
        return changed(heard, evse_processing=processing)

    rig.twist = at_step(name, ongoing)
    rig.responder._timing = type(rig.responder._timing)()
    rig.run(600 * S)
    ended = rig.results["vehicle"]
    assert ended.ending in {Ending.ONGOING_TIMEOUT, Ending.REFUSED}
    assert ended.exchange == name
    assert rig.ended_at["vehicle"] - first[0] <= (limit + 1) * S
    safe(rig)


def quantity(protocol: str, value: int, multiplier: int, unit: str) -> Any:  # noqa: ANN401
    messages = spoken(protocol).table.exchanges["SessionSetup"].request.__module__
    import importlib  # noqa: PLC0415 - only here

    module = importlib.import_module(messages)
    return module.PhysicalValue(multiplier=multiplier, unit=module.Unit(unit), value=value)


@pytest.mark.parametrize("protocol", ["din", "iso2"])
@pytest.mark.parametrize(
    ("field", "value", "unit"),
    [
        ("evse_maximum_voltage_limit", 0, "V"),
        ("evse_maximum_voltage_limit", 200, "V"),
        ("evse_maximum_voltage_limit", -500, "V"),
        ("evse_maximum_current_limit", 0, "A"),
        ("evse_minimum_voltage_limit", 900, "V"),
        ("evse_minimum_current_limit", 900, "A"),
    ],
)
def test_limits_that_do_not_fit(protocol: str, field: str, value: int, unit: str) -> None:
    def unfit(heard: Heard) -> Heard:
        offer = heard.body.evse_charge_parameter
        limit = quantity(protocol, value, 0, unit)
        return changed(heard, evse_charge_parameter=offer.replace(**{field: limit}))

    rig = run(protocol, "DC_extended", at_step("ChargeParameterDiscovery", unfit))
    assert rig.ending("vehicle") is Ending.INCOMPATIBLE
    assert "CableCheckReq" not in rig.names("vehicle")
    safe(rig)


@pytest.mark.parametrize("protocol", ["din", "iso2"])
@pytest.mark.parametrize(
    ("field", "value", "multiplier", "unit"),
    [
        ("evse_present_voltage", 32767, 3, "V"),
        ("evse_present_voltage", -32768, 3, "V"),
        ("evse_present_current", 32767, 3, "A"),
        ("evse_present_current", -32768, 3, "A"),
        ("evse_maximum_current_limit", -10, 0, "A"),
        ("evse_maximum_voltage_limit", 0, 0, "V"),
        ("evse_maximum_power_limit", -1, 3, "W"),
        ("evse_present_voltage", 0, -3, "V"),
    ],
)
def test_absurd_values_in_the_loop(
    protocol: str, field: str, value: int, multiplier: int, unit: str
) -> None:
    def absurd(heard: Heard) -> Heard:
        return changed(heard, **{field: quantity(protocol, value, multiplier, unit)})

    rig = run(protocol, "DC_extended", at_step("CurrentDemand", absurd))
    assert "vehicle" in rig.results
    asked = [body.ev_target_current.si() for body in rig.bodies("CurrentDemandReq")]
    assert all(0 <= amps <= 120.0 for amps in asked)
    voltages = [body.ev_target_voltage.si() for body in rig.bodies("CurrentDemandReq")]
    assert all(0 <= volts <= 420.0 for volts in voltages)
    safe(rig)


@pytest.mark.parametrize("protocol", ["din", "iso2"])
@pytest.mark.parametrize("volts", [0, 100, 350, 410, 1400])
def test_a_pre_charge_that_never_matches(protocol: str, volts: int) -> None:
    def elsewhere(heard: Heard) -> Heard:
        return changed(heard, evse_present_voltage=quantity(protocol, volts, 0, "V"))

    rig = run(protocol, "DC_extended", at_step("PreCharge", elsewhere))
    assert rig.ending("vehicle") is Ending.ONGOING_TIMEOUT
    assert rig.results["vehicle"].exchange == "PreCharge"
    assert not rig.pack.opened_at
    safe(rig)
