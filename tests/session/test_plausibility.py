"""Values that cannot be true: no request rises on one, and it ends the session by its name."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages import din, iso2
from bsw.chrgm.messages.iso20 import common_types
from bsw.chrgm.record import Heard
from bsw.os.clock import S
from evcc.session.plausible import RULES, Judge
from evcc.session.profile import LAB
from evcc.vehicle import StationView
from secc.power.simulated import Ratings, SimulatedElectronics
from tools.bench.world.direct import Rig

MESSAGES: dict[str, Any] = {"din": din, "iso2": iso2}
BEGIN = 12 * S
"""By then the request stands at what the battery wants."""
BEFORE = 8 * S
"""The request still rises: what it may not do is seen."""
VOLTAGE, CURRENT, LIMIT = (
    "evse_present_voltage",
    "evse_present_current",
    "evse_maximum_current_limit",
)


def physical(protocol: str, value: int, multiplier: int, unit: str) -> Any:  # noqa: ANN401
    module = MESSAGES[protocol]
    return module.PhysicalValue(multiplier=multiplier, unit=module.Unit(unit), value=value)


def changed(heard: Heard, **fields: Any) -> Heard:  # noqa: ANN401 - any field of any message
    return Heard(heard.session_id, heard.body.replace(**fields), heard.signature)


def run(
    protocol: str,
    field: str,
    told: Callable[[int], Any],
    begin: int = BEGIN,
    message: str = "CurrentDemandRes",
) -> Rig:
    """From ``begin`` on the field says something else: by the number of the message."""
    rig = Rig(protocol)
    count = [0]

    def twist(heard: Heard) -> Heard:
        late = rig.scheduler.now >= begin and type(heard.body).__name__ == message
        if not late:
            return heard
        count[0] += 1
        other = told(count[0])
        return heard if other is None else changed(heard, **{field: other})

    rig.twist = twist
    rig.at(60 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig.run(300 * S)


def asked_since(rig: Rig, begin: int) -> list[float]:
    return [
        heard.body.ev_target_current.si()
        for at, _, heard in rig.said
        if at >= begin and type(heard.body).__name__ == "CurrentDemandReq"
    ]


def safe(rig: Rig) -> None:
    assert rig.state.contactors_closed is False
    assert rig.plug.ready is False
    assert rig.pack.asked[-1] == 0.0
    assert "SessionStopReq" in rig.names("vehicle"), "an ordered stop, not a cut"


@dataclass(frozen=True)
class Case:
    field: str
    value: int
    multiplier: int
    unit: str
    ending: Ending
    fault: str
    within: int = 2 * S


CASES = {
    "32,767 kV": Case(VOLTAGE, 32_767, 3, "V", Ending.IMPLAUSIBLE, "STATION_VOLTAGE"),
    "-32,768 kV": Case(VOLTAGE, -32_768, 3, "V", Ending.IMPLAUSIBLE, "STATION_VOLTAGE"),
    "-1 V": Case(VOLTAGE, -1, 0, "V", Ending.VOLTAGE_MISMATCH, "STATION_VOLTAGE", 3 * S),
    "1 mV": Case(VOLTAGE, 1, -3, "V", Ending.VOLTAGE_MISMATCH, "STATION_VOLTAGE", 3 * S),
    "500 V beside 386 V": Case(
        VOLTAGE, 500, 0, "V", Ending.VOLTAGE_MISMATCH, "STATION_VOLTAGE", 3 * S
    ),
    "amperes of voltage": Case(VOLTAGE, 386, 0, "A", Ending.IMPLAUSIBLE, "STATION_VOLTAGE"),
    "volts of current": Case(CURRENT, 120, 0, "V", Ending.IMPLAUSIBLE, "STATION_CURRENT"),
    "watts of limit": Case(LIMIT, 200, 0, "W", Ending.IMPLAUSIBLE, "STATION_LIMITS"),
    "32,767 kA": Case(CURRENT, 32_767, 3, "A", Ending.IMPLAUSIBLE, "STATION_CURRENT"),
    "-120 A": Case(CURRENT, -120, 0, "A", Ending.IMPLAUSIBLE, "STATION_CURRENT"),
    "far above the request": Case(
        CURRENT, 320, 0, "A", Ending.IMPLAUSIBLE, "STATION_CURRENT", 3 * S
    ),
    "below what flows": Case(
        CURRENT, 60, 0, "A", Ending.VEHICLE_FAULT, "STATION_CURRENT", 7 * S
    ),
    "a limit of 1 V": Case(
        "evse_maximum_voltage_limit", 1, 0, "V", Ending.IMPLAUSIBLE, "STATION_LIMITS", 3 * S
    ),
    "a negative limit of volts": Case(
        "evse_maximum_voltage_limit", -500, 0, "V", Ending.IMPLAUSIBLE, "STATION_LIMITS"
    ),
    "a negative limit of amperes": Case(
        LIMIT, -10, 0, "A", Ending.IMPLAUSIBLE, "STATION_LIMITS"
    ),
    "a negative limit of watts": Case(
        "evse_maximum_power_limit", -1, 3, "W", Ending.IMPLAUSIBLE, "STATION_LIMITS"
    ),
    "32,767 MW": Case(
        "evse_maximum_power_limit", 32_767, 3, "W", Ending.IMPLAUSIBLE, "STATION_LIMITS"
    ),
}  # fmt: skip


@pytest.mark.parametrize("protocol", ["din", "iso2"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_ends_in_order_and_by_its_name(protocol: str, case: Case) -> None:
    told = physical(protocol, case.value, case.multiplier, case.unit)
    rig = run(protocol, case.field, lambda _: told)
    result = rig.results["vehicle"]
    assert (result.ending, result.fault) == (case.ending, case.fault)
    assert BEGIN < rig.ended_at["vehicle"] < BEGIN + case.within + 1 * S
    assert result.detail, "the detail says what was told"
    safe(rig)


@pytest.mark.parametrize("protocol", ["din", "iso2"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_request_rises_on_it(protocol: str, case: Case) -> None:
    told = physical(protocol, case.value, case.multiplier, case.unit)
    rig = run(protocol, case.field, lambda _: told, BEFORE)
    asked = asked_since(rig, BEFORE + rig.latency)
    if case.value in {60, 320}:  # only beside another value is it absurd, and that comes later
        assert max(asked) <= 120.0
    else:
        after = asked[2:]
        assert all(later <= earlier for earlier, later in pairwise(after)), asked


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_one_absurd_value_is_borne(protocol: str) -> None:
    told = physical(protocol, 32_767, 3, "V")
    rig = run(protocol, VOLTAGE, lambda number: told if number == 1 else None)
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert max(asked_since(rig, BEGIN + 1 * S)) == pytest.approx(120.0)


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_every_second_value_absurd_is_not_borne_for_ever(protocol: str) -> None:
    told = physical(protocol, 32_767, 3, "V")
    rig = run(protocol, VOLTAGE, lambda number: told if number % 2 else None)
    assert rig.ending("vehicle") is Ending.IMPLAUSIBLE


def test_power_is_divided_by_the_highest_voltage_that_is_known() -> None:
    """20 kW at 386 V are 52 A, whatever small voltage the station tells."""
    rig = Rig("iso2", ratings=Ratings(max_power=20_000.0))

    def twist(heard: Heard) -> Heard:
        if type(heard.body).__name__ != "CurrentDemandRes":
            return heard
        return changed(heard, **{VOLTAGE: physical("iso2", 370, 0, "V")})

    rig.twist = twist
    rig.at(30 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert max(asked_since(rig, 0)) <= 20_000 / 380.0


@pytest.mark.parametrize("protocol", ["din", "iso2"])
@pytest.mark.parametrize(
    ("field", "value", "unit"),
    [
        ("evse_maximum_current_limit", -1, "A"),
        ("evse_maximum_current_limit", 200, "V"),
        ("evse_maximum_voltage_limit", 920, "A"),
        ("evse_maximum_power_limit", -5, "W"),
        ("evse_minimum_voltage_limit", -1, "V"),
        ("evse_minimum_current_limit", 1, "W"),
    ],
)
def test_an_offer_that_cannot_be_true_is_not_taken(
    protocol: str, field: str, value: int, unit: str
) -> None:
    rig = Rig(protocol)

    def twist(heard: Heard) -> Heard:
        if type(heard.body).__name__ != "ChargeParameterDiscoveryRes":
            return heard
        offer = heard.body.evse_charge_parameter
        offer = offer.replace(**{field: physical(protocol, value, 0, unit)})
        return changed(heard, evse_charge_parameter=offer)

    rig.twist = twist
    rig.run(300 * S)
    assert rig.ending("vehicle") is Ending.INCOMPATIBLE
    assert rig.results["vehicle"].fault == "STATION_LIMITS"
    assert "CableCheckReq" not in rig.names("vehicle")


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_pre_charge_does_not_wait_for_32_kilovolts(protocol: str) -> None:
    told = physical(protocol, 32_767, 0, "V")
    rig = run(protocol, VOLTAGE, lambda _: told, 0, "PreChargeRes")
    result = rig.results["vehicle"]
    assert (result.ending, result.exchange) == (Ending.IMPLAUSIBLE, "PreCharge")
    assert not rig.pack.opened_at


@pytest.mark.parametrize(
    ("field", "value", "unit"), [("evse_nominal_voltage", 1, "V"), ("evse_max_current", 16, "V")]
)
def test_an_offer_of_ac_that_cannot_be_true_is_not_taken(field: str, value: int, unit: str) -> None:
    rig = Rig("iso2", mode="AC_three_phase_core")

    def twist(heard: Heard) -> Heard:
        if type(heard.body).__name__ != "ChargeParameterDiscoveryRes":
            return heard
        offer = heard.body.evse_charge_parameter
        offer = offer.replace(**{field: physical("iso2", value, 0, unit)})
        return changed(heard, evse_charge_parameter=offer)

    rig.twist = twist
    rig.run(300 * S)
    assert rig.results["vehicle"].fault == "STATION_LIMITS"
    assert rig.pack.ac_allowed == 0.0


def test_an_absurd_limit_in_the_loop_of_ac_ends_it() -> None:
    rig = Rig("iso2", mode="AC_three_phase_core")

    def twist(heard: Heard) -> Heard:
        if type(heard.body).__name__ != "ChargingStatusRes" or rig.scheduler.now < BEGIN:
            return heard
        return changed(heard, evse_max_current=physical("iso2", -16, 0, "A"))

    rig.twist = twist
    rig.run(300 * S)
    assert rig.ending("vehicle") is Ending.IMPLAUSIBLE
    assert rig.pack.ac_allowed == 0.0


@dataclass(frozen=True)
class Told:
    """A quantity as no codec lets it through: what a broken one might."""

    value: int
    multiplier: int
    unit: Any = None

    def si(self) -> float:
        return float(self.value * 10**self.multiplier)


@pytest.mark.parametrize("multiplier", [-128, -4, 4, 127])
def test_a_multiplier_beyond_the_norm_is_no_value(multiplier: int) -> None:
    judge = Judge()
    assert judge.believe("present_voltage", Told(400, multiplier)) is None
    assert judge.doubtful


def test_a_value_without_a_unit_is_in_that_of_its_field() -> None:
    """DIN may leave the unit out, and ISO 15118-20 has none."""
    assert Judge().believe("present_voltage", Told(4_000, -1)) == 400.0


@pytest.mark.parametrize(("value", "exponent"), [(4, 2), (4_000, -1), (31_000, -4)])
def test_the_exponent_of_iso_15118_20_may_be_any(value: int, exponent: int) -> None:
    told = common_types.RationalNumber(exponent=exponent, value=value)
    assert Judge().believe("present_voltage", told) == pytest.approx(told.si())


def test_an_absurd_exponent_is_out_of_bounds() -> None:
    judge = Judge()
    told = common_types.RationalNumber(exponent=127, value=1)
    assert judge.believe("present_voltage", told) is None
    assert judge.doubtful


def test_a_station_that_cannot_deliver_less_is_no_liar() -> None:
    """20 A at least, while the battery wants 5 A."""
    rig = Rig(ratings=Ratings(min_current=25.0))
    rig.state.target_current = 5.0

    def twist(heard: Heard) -> Heard:
        if type(heard.body).__name__ != "CurrentDemandRes":
            return heard
        return changed(heard, **{CURRENT: physical("iso2", 25, 0, "A")})

    tick = rig.pack.tick

    def unmeasured(electronics: SimulatedElectronics, step: int) -> None:
        tick(electronics, step)
        rig.state.battery_current = None

    rig.twist = twist
    rig.pack.tick = unmeasured  # type: ignore[method-assign]
    rig.at(30 * S, lambda: setattr(rig.state, "charging_complete", True))
    assert rig.run().results["vehicle"].fault == ""


def test_each_row_names_a_value_of_the_view_and_orders_its_bounds() -> None:
    for name, rule in RULES.items():
        assert hasattr(StationView(), name)
        assert rule.low < rule.high
        assert rule.fault or rule.hold is None


def test_a_station_without_power_is_not_measured_by_what_is_not_there() -> None:
    rig = Rig(vehicle_profile=LAB)
    rig.twist = lambda heard: (
        changed(heard, **{VOLTAGE: physical("iso2", 0, 0, "V")})
        if type(heard.body).__name__ == "CurrentDemandRes"
        else heard
    )
    rig.at(20 * S, lambda: setattr(rig.state, "charging_complete", True))
    assert rig.run().ending("vehicle") is Ending.TERMINATED


def test_the_page_has_each_row() -> None:
    page = (Path(__file__).parents[2] / "docs" / "ecu.md").read_text()
    for name, rule in RULES.items():
        assert f"| `{name}` | {rule.low:g} to {rule.high:g} {rule.unit} |" in page
        for relation in rule.relations:
            borne = f"{relation.hold / S:g} s: {relation.ending.value}"
            assert f"| - {relation.text} | | {borne} |" in page
