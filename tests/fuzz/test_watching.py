"""What the live fuzz holds to be wrong: each invariant is broken here once, and is found."""

from collections import deque
from typing import Any, cast

import pytest

from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Heard
from bsw.v2gtp import PayloadType
from secc.session.profile import FIELD
from tools.api.client import Client
from tools.conformance.newer import requests as ask
from tools.fuzz.behind import Behind
from tools.fuzz.driver import Driver
from tools.fuzz.ecu import Load
from tools.fuzz.figures import Figures
from tools.fuzz.soak import TARGET, Soak, Source
from tools.fuzz.visitor.mirror import Mirror

SESSION = bytes(range(8))
TABLE = protocol("iso2").table


class Door:
    """A local door without an ECU behind it."""

    def __init__(self) -> None:
        self.said: deque[tuple[str, Any]] = deque()
        self.asked: list[str] = []

    def poll(self) -> list[tuple[str, Any]]:
        come = list(self.said)
        self.said.clear()
        return come

    def tell(self, **request: object) -> None:
        self.asked.append(str(request.get("cmd", "")))

    ask = tell


def answered(mirror: Mirror, name: str, session_id: bytes = SESSION, answer: str = "") -> str:
    """What is wrong with a good answer to this exchange's request."""
    exchange = TABLE.exchanges[name]
    response: Any = smallest(TABLE.exchanges[answer or name].response)
    return mirror.heard(Heard(session_id, smallest(exchange.request)), Heard(SESSION, response))


def mirror() -> Mirror:
    return Mirror(protocol("iso2"), FIELD.tolerated, secure=False)


def test_good_answers_in_order_are_followed() -> None:
    one = mirror()
    assert answered(one, "SessionSetup") == answered(one, "ServiceDiscovery") == ""
    assert one.state == "ServiceDiscovery"
    assert one.session_id == SESSION
    assert not one.over


def test_a_good_answer_where_the_table_forbids_it_is_found() -> None:
    one = mirror()
    answered(one, "SessionSetup")
    assert "CurrentDemand where only ServiceDiscovery" in answered(one, "CurrentDemand")


def test_a_good_answer_to_a_foreign_session_is_found() -> None:
    one = mirror()
    answered(one, "SessionSetup")
    assert "foreign session id" in answered(one, "ServiceDiscovery", b"\x99" * 8)


def test_an_answer_of_another_exchange_or_to_nothing_is_found() -> None:
    one = mirror()
    assert (
        answered(one, "SessionSetup", answer="SessionStop") == "SessionStopRes to SessionSetupReq"
    )
    good: Any = smallest(TABLE.exchanges["SessionSetup"].response)
    assert "OK to what is no message" in one.heard(None, Heard(SESSION, good))
    request: Any = smallest(TABLE.exchanges["SessionSetup"].request)
    assert "as an answer" in one.heard(None, Heard(SESSION, request))


LOOP = (
    *("SessionSetup", "AuthorizationSetup", "Authorization", "ServiceDiscovery", "ServiceDetail"),
    *("ServiceSelection", "DC_ChargeParameterDiscovery", "ScheduleExchange", "DC_CableCheck"),
    *("DC_PreCharge", "PowerDelivery", "DC_ChargeLoop"),
)

SAID = {
    "ServiceSelection": ask.service_selection(2, 1),
    "PowerDelivery": ask.delivery(ask.STEP.START),
}


def in_the_loop() -> Mirror:
    """Of ISO 15118-20, by good exchanges alone."""
    table = protocol("iso20").table
    one = Mirror(protocol("iso20"), FIELD.tolerated, secure=True)
    for name in LOOP:
        exchange = table.exchanges[name]
        request: Any = SAID.get(name) or smallest(exchange.request)
        response: Any = smallest(exchange.response)
        assert one.heard(Heard(SESSION, request), Heard(SESSION, good(response))) == "", name
    return one


def good(response: Any) -> Any:  # noqa: ANN401 - of any exchange
    """Accepted, and finished where a station says so."""
    changes: dict[str, Any] = {"response_code": ResponseCode.OK}
    if hasattr(response, "evse_processing"):
        changes["evse_processing"] = Processing.FINISHED
    return response.replace(**changes)


def aside(mirror: Mirror, name: str, session_id: bytes = SESSION, stream: int | None = None) -> str:
    """What is wrong with a good answer beside the row."""
    side = protocol("iso20").table.sides[name]
    request = Heard(session_id, smallest(side.exchange.request), payload_type=side.stream)
    response = good(smallest(side.exchange.response))
    told = side.stream if stream is None else stream
    return mirror.heard(request, Heard(SESSION, response, payload_type=told))


def test_a_good_answer_beside_the_row_has_its_time_its_stream_and_its_session() -> None:
    early = Mirror(protocol("iso20"), FIELD.tolerated, secure=True)
    assert "where it has no time" in aside(early, "MeteringConfirmation")
    one = in_the_loop()
    assert aside(one, "MeteringConfirmation") == ""
    assert one.state == "DC_ChargeLoop", "the row stands where it stood"
    assert "foreign session id" in aside(one, "MeteringConfirmation", b"\x99" * 8)
    assert "in stream 0x8002 to" in aside(one, "MeteringConfirmation", stream=PayloadType.MAIN)


@pytest.mark.parametrize("energy", ["start_cable_check", "current_demand_started"])
def test_energy_that_nobody_accepted_is_found(energy: str) -> None:
    door = Door()
    behind = Behind(cast("Client", door))
    behind.accepts = False
    door.said.extend([("require_auth_eim", None), (energy, None)])
    behind.attend()
    assert behind.wrongs == [f"{energy} in a session that nobody accepted"]
    assert "authorization_response" not in door.asked


def test_an_acceptance_ends_with_its_session() -> None:
    door = Door()
    behind = Behind(cast("Client", door))
    paid = [("require_auth_eim", None), ("current_demand_started", None)]
    door.said.extend([*paid, ("dlink_error", None), ("ac_close_contactor", None)])
    behind.attend()
    assert behind.wrongs == ["ac_close_contactor in a session that nobody accepted"]
    assert "authorization_response" in door.asked


def test_a_vehicle_that_makes_ready_unauthorised_or_stays_ready_is_found() -> None:
    door = Door()
    driver = Driver(cast("Client", door))
    driver.begin("DC_extended")
    ended = ("session_result", {"ending": "refused"})
    door.said.extend([("ev_power_ready", True), ("dc_power_on", None), ended])
    driver.attend()
    first, second, third = driver.wrongs
    assert first.startswith("state C in a session that no station authorised")
    assert second.startswith("contactors closed in a session that no station authorised")
    assert third.startswith("state C after the end")
    driver.wrongs.clear()
    driver.begin("DC_extended")
    driver.authorised = True
    door.said.extend([("ev_power_ready", True), ("ev_power_ready", False), ended])
    driver.attend()
    assert driver.wrongs == []


def test_memory_and_descriptors_that_grow_are_found() -> None:
    figures = Figures()
    figures.judge_load(Load(60_000, 11), Load(61_000, 12))
    assert figures.findings == []
    figures.judge_load(Load(60_000, 11), Load(90_000, 20))
    assert [what.split()[0] for what in figures.findings] == ["memory", "descriptors"]


def test_figures_of_several_add_up_and_are_all_told() -> None:
    whole = Figures()
    for number in range(2):
        one = Figures(sent=10, sessions=2, seconds=5.0 + number, loads=[(Load(1024, 3),) * 2])
        one.hit("iso2 dc", "PreCharge", "refused")
        one.found(f"thing {number}")
        whole.add(one)
    text = "\n".join(whole.lines())
    assert "2 hostile of 20 messages in 4 sessions, 6 s, 3 messages/s" in text
    assert "iso2 dc            PreCharge                          2         2" in text
    assert text.count("1.0 MiB, 3 descriptors; at the end") == 2
    assert "FOUND: thing 0" in text
    assert "FOUND: thing 1" in text


def test_the_source_of_a_soak_gives_what_the_vehicle_asks_for_and_nothing_before_or_after() -> None:
    box, car = Door(), Door()
    source = Source(cast("Client", box), Driver(cast("Client", car)))

    def asks(amps: float) -> float:
        box.said.append((TARGET, {"dc_ev_target_voltage": 410.0, "dc_ev_target_current": amps}))
        source.attend()
        return source.amps

    box.said.append(("start_pre_charge", None))
    assert asks(50.0) == 0.0
    box.said.append(("current_demand_started", None))
    assert [asks(50.0) for _ in range(4)] == [20.0, 40.0, 50.0, 50.0]
    assert [asks(0.0) for _ in range(4)] == [30.0, 10.0, 0.0, 0.0]
    asks(50.0)
    box.said.append(("current_demand_finished", None))
    source.attend()
    assert asks(50.0) == 0.0
    assert source.most == 50.0


def test_a_soak_says_each_minute_what_both_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    whole = Soak.__new__(Soak)
    whole.figures, whole._say = Figures(sessions=41), said.append
    for role in ("vehicle", "station"):
        monkeypatch.setattr(whole, role, Held(), raising=False)
    whole._tell(3)
    both = "evcc 54.0 MiB, 9 descriptors; secc 54.0 MiB, 9 descriptors"
    assert said == [f"minute 3: 41 sessions; {both}"]


class Held:
    def load(self) -> Load:
        return Load(54 * 1024, 9)
