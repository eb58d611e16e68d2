"""Start and stop points: the tables of the standard, row by row."""

from typing import Any

import pytest

from ocpp.station.outlets.outlet import Occurrence, Outlet
from ocpp.station.outlets.points import DEFAULT_TX, Point, TxRules
from ocpp.station.outlets.survivor import snapshot
from ocpp.station.records import (
    ENERGY,
    ChargingState,
    Context,
    Instant,
    Phase,
    Sample,
    Stop,
    Token,
    Trigger,
    TxEvent,
)

TOKEN = Token("04E1")
START, STOP = DEFAULT_TX.start, DEFAULT_TX.stop


class World:
    """An outlet, and what its transactions said."""

    def __init__(
        self,
        start: str = "PowerPathClosed",
        stop: str = "EVConnected,Authorized",
        **rules: Any,  # noqa: ANN401 - any of them
    ) -> None:
        self.events: list[TxEvent] = []
        self.states: list[bytes] = []
        self.energy = 100.0
        self.ids = 0
        self.outlet = Outlet(
            3,
            TxRules(start=points(start), stop=points(stop), **rules),
            meter=lambda: (Sample(self.energy), Sample(16.0, "Current.Import", "A")),
            now=lambda: Instant(1, len(self.events)),
            new_id=self.new_id,
            emit=self.hear,
        )

    def new_id(self) -> str:
        self.ids += 1
        return f"T{self.ids}"

    def hear(self, occurrence: Occurrence) -> None:
        self.events.append(occurrence.event)
        self.states.append(occurrence.state)

    def do(self, letters: str) -> "World":
        """B bay, P plug, A authorize, R remote start, C charge, X stop by token, O power path open,
        V vehicle pauses, U unplug, L leave, M measure, S signed, T time-out."""
        acts = {
            "B": self.outlet.arrive,
            "P": lambda: self.outlet.plug(1),
            "A": lambda: self.outlet.authorize(TOKEN),
            "R": lambda: self.outlet.authorize(TOKEN, remote_start=7, reservation=9),
            "C": self.outlet.flow,
            "X": lambda: self.outlet.deauthorize(Trigger.STOPPED, Stop.LOCAL, token=TOKEN),
            "O": self.outlet.stop_energy,
            "V": lambda: self.outlet.pause(by_vehicle=True),
            "U": self.outlet.unplug,
            "L": self.outlet.depart,
            "M": self.outlet.measure,
            "S": self.outlet.sign,
            "T": self.outlet.time_out,
        }
        for letter in letters:
            self.energy += 10
            acts[letter]()
        return self

    def said(self) -> list[str]:
        return [line(event) for event in self.events]


def points(names: str) -> frozenset[Point]:
    return frozenset(Point(name) for name in names.split(","))


def line(event: TxEvent) -> str:
    """``Started(CablePluggedIn, EVConnected)+evse+idToken``, as the table writes it."""
    assert event.charging is not None
    told = "+evse" * event.tells_place + "+idToken" * (event.token is not None)
    stop = f", {event.stop.value}" if event.stop is not None else ""
    return f"{event.phase.value}({event.trigger.value}, {event.charging.value}{stop}){told}"


@pytest.mark.parametrize(
    ("start", "acts", "said"),
    [
        (
            "ParkingBayOccupancy",
            "BPAC",
            [
                "Started(EVDetected, Idle)",
                "Updated(CablePluggedIn, EVConnected)+evse",
                "Updated(Authorized, EVConnected)+idToken",
                "Updated(ChargingStateChanged, Charging)",
            ],
        ),
        (
            "EVConnected",
            "PAC",
            [
                "Started(CablePluggedIn, EVConnected)+evse",
                "Updated(Authorized, EVConnected)+idToken",
                "Updated(ChargingStateChanged, Charging)",
            ],
        ),
        (
            "EVConnected",
            "APC",
            [
                "Started(CablePluggedIn, EVConnected)+evse+idToken",
                "Updated(ChargingStateChanged, Charging)",
            ],
        ),
        (
            "Authorized",
            "PAC",
            [
                "Started(Authorized, EVConnected)+evse+idToken",
                "Updated(ChargingStateChanged, Charging)",
            ],
        ),
        (
            "Authorized",
            "APC",
            [
                "Started(Authorized, Idle)+idToken",
                "Updated(CablePluggedIn, EVConnected)+evse",
                "Updated(ChargingStateChanged, Charging)",
            ],
        ),
        ("PowerPathClosed", "PA", ["Started(Authorized, EVConnected)+evse+idToken"]),
        ("PowerPathClosed", "AP", ["Started(CablePluggedIn, EVConnected)+evse+idToken"]),
        ("DataSigned", "PAS", ["Started(SignedDataReceived, EVConnected)+evse+idToken"]),
        ("EnergyTransfer", "PAC", ["Started(ChargingStateChanged, Charging)+evse+idToken"]),
        ("EVConnected,Authorized", "A", ["Started(Authorized, Idle)+idToken"]),
        ("EVConnected,Authorized", "P", ["Started(CablePluggedIn, EVConnected)+evse"]),
        ("PowerPathClosed", "R", []),
        ("PowerPathClosed", "RP", ["Started(RemoteStart, EVConnected)+evse+idToken"]),
    ],
)
def test_a_transaction_starts_with_the_first_point_that_comes_true(
    start: str, acts: str, said: list[str]
) -> None:
    assert World(start).do(acts).said() == said


@pytest.mark.parametrize(
    ("stop", "acts", "said"),
    [
        (
            "EVConnected",
            "XOU",
            [
                "Updated(StopAuthorized, Charging)+idToken",
                "Updated(ChargingStateChanged, EVConnected)",
                "Ended(EVCommunicationLost, Idle, Local)",
            ],
        ),
        ("EVConnected", "U", ["Ended(EVCommunicationLost, Idle, EVDisconnected)"]),
        ("Authorized", "X", []),
        ("Authorized", "XO", ["Ended(StopAuthorized, EVConnected, Local)+idToken"]),
        ("Authorized", "U", ["Ended(EVCommunicationLost, Idle, EVDisconnected)"]),
        ("PowerPathClosed", "XXO", ["Ended(StopAuthorized, EVConnected, Local)+idToken"]),
        ("PowerPathClosed", "XV", ["Ended(StopAuthorized, SuspendedEV, Local)+idToken"]),
        ("PowerPathClosed", "XU", ["Ended(StopAuthorized, Idle, Local)+idToken"]),
        ("PowerPathClosed", "U", ["Ended(EVCommunicationLost, Idle, EVDisconnected)"]),
        (
            "EnergyTransfer",
            "XO",
            [
                "Updated(StopAuthorized, Charging)+idToken",
                "Ended(ChargingStateChanged, EVConnected, Local)",
            ],
        ),
        ("EnergyTransfer", "U", ["Ended(EVCommunicationLost, Idle, EVDisconnected)"]),
        ("EnergyTransfer", "V", ["Updated(ChargingStateChanged, SuspendedEV)"]),
        (
            "ParkingBayOccupancy",
            "XOUL",
            [
                "Updated(StopAuthorized, Charging)+idToken",
                "Updated(ChargingStateChanged, EVConnected)",
                "Updated(EVCommunicationLost, Idle)",
                "Ended(EVDeparted, Idle, Local)",
            ],
        ),
    ],
)
def test_a_transaction_ends_with_the_first_point_that_is_true_no_more(
    stop: str, acts: str, said: list[str]
) -> None:
    world = World("PowerPathClosed", stop).do("BPAC")
    world.events.clear()
    assert world.do(acts).said() == said


def test_without_stop_on_disconnect_a_replug_goes_on() -> None:
    world = World(stop="Authorized", stop_on_disconnect=False).do("PAC")
    world.events.clear()
    assert world.do("UPC").said() == [
        "Updated(EVCommunicationLost, Idle)",
        "Updated(CablePluggedIn, EVConnected)",
        "Updated(ChargingStateChanged, Charging)",
    ]


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ("Authorized", ["Ended(EVConnectTimeout, Idle, Timeout)"]),
        (
            "EVConnected",
            ["Updated(EVConnectTimeout, Idle)", "Ended(EVConnectTimeout, Idle, Timeout)"],
        ),
        ("ParkingBayOccupancy", ["Updated(EVConnectTimeout, Idle)"]),
    ],
)
def test_e03_nobody_plugs_in(stop: str, said: list[str]) -> None:
    world = World("Authorized", stop).do("BA")
    world.events.clear()
    assert world.do("T").said() == said


def test_a_refused_token_without_a_transaction_causes_no_event() -> None:
    assert World("Authorized").do("PUP").said() == []


def test_a_new_transaction_needs_a_new_condition() -> None:
    world = World("EVConnected", "Authorized").do("PAX")
    assert world.outlet.transaction is None
    world.do("M")
    assert len(world.events) == 3
    world.do("UP")
    assert world.events[-1].transaction == "T2"


def test_remote_start_and_reservation_are_told_once() -> None:
    """E01.FR.13, E02.FR.03, E03.FR.03."""
    world = World("EVConnected").do("PRCM")
    assert [(event.remote_start, event.reservation) for event in world.events] == [
        (None, None),
        (7, 9),
        (None, None),
        (None, None),
    ]
    assert world.events[1].trigger is Trigger.REMOTE_START


def contexts(event: TxEvent) -> list[tuple[Context, float]]:
    return [
        (sample.context, sample.value)
        for reading in event.readings
        for sample in reading.samples
        if sample.measurand == ENERGY
    ]


def test_the_begin_is_told_at_the_start_and_again_at_the_end() -> None:
    world = World().do("PACMXO")
    assert contexts(world.events[0]) == [(Context.BEGIN, 120.0)]
    assert contexts(world.events[2]) == [(Context.PERIODIC, 140.0)]
    assert contexts(world.events[-1]) == [(Context.BEGIN, 120.0), (Context.END, 160.0)]
    assert world.events[-1].meter_wh == 160.0


def test_a_start_without_a_place_tells_the_begin_at_the_plug() -> None:
    world = World("Authorized").do("AP")
    assert contexts(world.events[1]) == [(Context.BEGIN, 120.0)]


@pytest.mark.parametrize(
    ("stop", "phase"),
    [("EVConnected", "Updated"), ("Authorized", "Ended"), ("EnergyTransfer", "Ended")],
)
def test_e05_a_withdrawn_authorization_stops_energy_with_it(stop: str, phase: str) -> None:
    world = World("EVConnected", stop).do("PAC")
    world.outlet.deauthorize(Trigger.DEAUTHORIZED, Stop.DEAUTHORIZED)
    if phase == "Ended":
        world.do("O")
    assert line(world.events[-1]).startswith(f"{phase}(Deauthorized, EVConnected")
    assert world.outlet.charging is ChargingState.CONNECTED


def test_a_reset_ends_a_transaction_without_the_token() -> None:
    world = World(stop="ParkingBayOccupancy").do("PAC")
    world.outlet.end(Trigger.RESET, Stop.IMMEDIATE_RESET)
    assert world.outlet.ending
    world.do("O")
    assert world.said()[-1] == "Ended(ResetCommand, EVConnected, ImmediateReset)"


def test_what_flows_until_it_has_come_to_rest_belongs_to_the_transaction() -> None:
    world = World().do("PACX")
    assert world.outlet.ending
    world.outlet.deauthorize(Trigger.DEAUTHORIZED, Stop.DEAUTHORIZED)  # the first reason counts
    world.outlet.end(Trigger.ABNORMAL, Stop.OTHER)
    world.do("MO")
    assert world.said()[-2:] == [
        "Updated(MeterValuePeriodic, Charging)",
        "Ended(StopAuthorized, EVConnected, Local)+idToken",
    ]
    assert world.events[-1].meter_wh == 160.0
    assert not world.outlet.ending


def test_nobody_pays_for_what_flowed_before_he_came() -> None:
    world = World().do("PACXA")
    ended, started = world.events[-2:]
    assert (ended.phase, started.phase) == (Phase.ENDED, Phase.STARTED)
    assert ended.meter_wh == started.meter_wh == 150.0
    assert ended.transaction != started.transaction


def test_an_order_to_end_can_be_settled_before_the_charger_has_come_to_rest() -> None:
    world = World().do("PACX")
    world.outlet.settle()
    assert world.said()[-1] == "Ended(StopAuthorized, EVConnected, Local)+idToken"
    world.outlet.settle()
    world.do("O")
    assert world.said()[-1] == "Ended(StopAuthorized, EVConnected, Local)+idToken"


def test_what_is_kept_is_enough_to_end_it_later() -> None:
    world = World().do("PACM")
    kept = snapshot(world.states[-1])
    assert (kept.evse, kept.connector, kept.charging) == (3, 1, ChargingState.CHARGING)
    assert kept.began is not None
    assert kept.last[0].value == 140.0
