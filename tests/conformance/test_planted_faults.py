"""A station with one fault fails the cases that are about it, and no others.

The fault is planted where the tester hears the station: to it, the station says so.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest

from bsw.chrgm.coding.wire import Wire
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.model import Message
from bsw.chrgm.record import Heard, code_of
from tools.conformance.bench import Deviation, NotFromHere, NotReached, Setup, StationBench
from tools.conformance.catalogue import everything
from tools.conformance.lab import StationLab
from tools.conformance.station import scripted_vehicle
from tools.conformance.station.cases import Row
from tools.tester.applicable import why_not
from tools.tester.profile import Device

Twist = Callable[[Any], Any]
"""From a body to what the station says instead."""
CASES: Final = {case.id: case for case in everything()}
TC: Final = "TC_SECC_"
SETTING_UP, ELSEWHERE = f"{TC}CMN_VTB_SessionSetup_002", f"{TC}DC_VTB_PreCharge_002"
SERVICE, GRANTED = f"{TC}CMN_VTB_PaymentServiceSelection_006", f"{TC}CMN_VTB_Authorization_001"
PLAN, NEGATIVE = (f"{TC}DC_VTB_ChargeParameterDiscovery_{number}" for number in ("012", "004"))
CABLE, STOPPED = f"{TC}DC_VTB_CableCheck_004", f"{TC}DC_VTB_PowerDelivery_002"
TUPLE, FOREIGN = f"{TC}DC_VTB_PowerDelivery_008", f"{TC}DC_VTB_CurrentDemand_004"
METER, READING = (f"{TC}DC_VTB_CurrentDemand_{number}" for number in ("006", "008"))
WELDING, FALLING = f"{TC}DC_VTB_WeldingDetection_001", "TWIN-POWER-026"
PANEL: Final = {
    *(SETTING_UP, ELSEWHERE, SERVICE, GRANTED, PLAN, NEGATIVE, CABLE),
    *(STOPPED, TUPLE, FOREIGN, METER, READING, WELDING, FALLING),
}


def played(identity: str) -> str:
    case = CASES[identity]
    try:
        case.play()
    except (NotReached, NotFromHere):
        return "inconclusive"
    except Deviation:
        return "fail"
    return "pass"


def failing(monkeypatch: pytest.MonkeyPatch, twist: Twist, ids: Iterable[str]) -> set[str]:
    class Twisted(Wire):
        def hear(self, payload_type: int, payload: bytes) -> Heard:
            heard = super().hear(payload_type, payload)
            return Heard(heard.session_id, twist(heard.body), heard.signature)

    monkeypatch.setattr(scripted_vehicle, "Wire", Twisted)
    return {identity for identity in ids if played(identity) == "fail"}


def of(kind: type[Message], **change: Any) -> Twist:  # noqa: ANN401 - values of any element
    return lambda body: body.replace(**change) if isinstance(body, kind) else body


def code(told: str, instead: str) -> Twist:
    """Another response code, whatever the message."""

    def twist(body: Any) -> Any:  # noqa: ANN401 - a message
        right = code_of(body) == told
        return body.replace(response_code=iso2.ResponseCode(instead)) if right else body

    return twist


def short_plan(body: Any) -> Any:  # noqa: ANN401 - a message
    if not isinstance(body, iso2.ChargeParameterDiscoveryRes) or body.sa_schedules is None:
        return body
    listed = body.sa_schedules
    assert isinstance(listed, iso2.SAScheduleList)
    tuples = []
    for one in listed.sa_schedule_tuple:
        (*_, last) = one.p_max_schedule.p_max_schedule_entry
        hour = last.replace(time_interval=iso2.RelativeTimeInterval(start=0, duration=3600))
        tuples.append(
            one.replace(p_max_schedule=one.p_max_schedule.replace(p_max_schedule_entry=(hour,)))
        )
    return body.replace(sa_schedules=listed.replace(sa_schedule_tuple=tuple(tuples)))


def rising() -> Twist:
    volts = [0.0]

    def twist(body: Any) -> Any:  # noqa: ANN401 - a message
        if not isinstance(body, iso2.WeldingDetectionRes):
            return body
        volts[0] += 20.0
        return body.replace(evse_present_voltage=iso2.PhysicalValue.of(volts[0], iso2.Unit.V))

    return twist


OK: Final = iso2.ResponseCode.OK
FAULTS: Final[dict[str, tuple[Callable[[], Twist], set[str]]]] = {
    "another code for a foreign session": (
        lambda: code("FAILED_UnknownSession", "FAILED"),
        {CABLE, FOREIGN},
    ),
    "another code out of order": (
        lambda: code("FAILED_SequenceError", "FAILED"),
        {SETTING_UP, ELSEWHERE},
    ),
    "takes an unknown service": (
        lambda: code("FAILED_ServiceSelectionInvalid", "OK"),
        {SERVICE},
    ),
    "takes a negative current": (lambda: code("FAILED_WrongChargeParameter", "OK"), {NEGATIVE}),
    "takes an unknown tuple": (lambda: code("FAILED_TariffSelectionInvalid", "OK"), {TUPLE}),
    "a plan of one hour": (lambda: short_plan, {PLAN}),
    "no plan at all": (lambda: of(iso2.ChargeParameterDiscoveryRes, sa_schedules=None), {PLAN}),
    "demands receipts of who pays otherwise": (
        lambda: of(iso2.CurrentDemandRes, receipt_required=True),
        {METER, READING},
    ),
    "does not show its meter": (
        lambda: of(iso2.CurrentDemandRes, meter_info=None),
        {METER, READING},
    ),
    "refuses to stop": (
        lambda: of(iso2.WeldingDetectionRes, response_code=iso2.ResponseCode.FAILED),
        {WELDING, FALLING},
    ),
    "the voltage rises after the stop": (rising, {FALLING}),
    "the voltage stays": (
        lambda: of(
            iso2.WeldingDetectionRes, evse_present_voltage=iso2.PhysicalValue.of(380, iso2.Unit.V)
        ),
        {FALLING},
    ),
    "never grants": (
        lambda: of(iso2.AuthorizationRes, evse_processing=iso2.EVSEProcessing.ONGOING),
        {GRANTED},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_right_cases_fail_and_only_those(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, wanted = FAULTS[name]
    assert failing(monkeypatch, make(), sorted(PANEL)) == wanted


class WaitingForACard(StationLab):
    """Nobody comes unless the case says that he does."""

    came_at = 0

    def _authorize(self) -> None:
        """By ``pay`` alone."""

    def pay(self) -> None:
        if not self.came_at:
            self.came_at = self.now
            self.accept()


@pytest.mark.parametrize("slow", ["", "Authorization"])
def test_the_card_is_held_there_once_the_station_waits_for_it(slow: str) -> None:
    labs: list[WaitingForACard] = []

    def bench(setup: Setup) -> StationBench:
        labs.append(WaitingForACard(setup))
        return labs[-1]

    checks = ("Ongoing first", "Finished")
    Row("Authorization", checks=checks, setup=Setup(slow=slow, bench=bench)).play()
    assert labs[0].came_at


def test_a_meter_nobody_named_is_not_asked_for() -> None:
    without, with_it = Device(), Device(can=("meter",))
    assert "meter" in why_not(CASES[METER], without)
    assert why_not(CASES[METER], with_it) == ""
    newer = Device(protocols=("iso20",), plain=True, lab=("iso20_without_tls",))
    assert "meter" in why_not(CASES["PX-SECC20-026"], newer)


def trembling() -> Twist:
    """A meter that is a volt off, and a capacity that takes a second to be empty."""
    volts = [380.0, 120.0, 121.0, 80.0, 81.0, 50.0, 10.0]

    def twist(body: Any) -> Any:  # noqa: ANN401 - a message
        if not isinstance(body, iso2.WeldingDetectionRes):
            return body
        now = volts.pop(0) if len(volts) > 1 else volts[0]
        return body.replace(evse_present_voltage=iso2.PhysicalValue.of(now, iso2.Unit.V))

    return twist


def other_words(body: Any) -> Any:  # noqa: ANN401 - a message
    """It waits for its customer by the longer word, and leaves out what is optional."""
    waiting = iso2.EVSEProcessing.ONGOING_WAITING_FOR_CUSTOMER_INTERACTION
    if isinstance(body, iso2.AuthorizationRes):
        ongoing = body.evse_processing is iso2.EVSEProcessing.ONGOING
        return body.replace(evse_processing=waiting) if ongoing else body
    if isinstance(body, iso2.ServiceDiscoveryRes):
        return body.replace(service_list=None)
    if isinstance(body, iso2.CurrentDemandRes):
        return body.replace(meter_info=None)
    return body


@pytest.mark.parametrize(
    ("make", "spared"), [(trembling, set()), (lambda: other_words, {METER, READING})]
)
def test_who_does_it_otherwise_by_right_fails_nothing(
    make: Callable[[], Twist], spared: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``spared``: the profile says that there is no meter, and they are not played."""
    assert failing(monkeypatch, make(), sorted(PANEL - spared)) == set()
