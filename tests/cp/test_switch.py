"""Several pilots, one of which counts."""

from bsw.cp.pilot import Pilot, PilotListener, PilotState
from bsw.cp.switch import UNPLUGGED, PilotSwitch


class Plug:
    def __init__(self, state: PilotState) -> None:
        self.reading = Pilot(state, 5.0)
        self.shown: list[PilotState] = []
        self.tell: PilotListener = lambda _pilot: None

    def read(self) -> Pilot:
        return self.reading

    def show(self, state: PilotState) -> None:
        self.shown.append(state)

    def listen(self, changed: PilotListener) -> None:
        self.tell = changed


def two() -> tuple[Plug, Plug, PilotSwitch, list[Pilot]]:
    first, second = Plug(PilotState.B), Plug(PilotState.C)
    switch = PilotSwitch({0: first, 1: second})
    heard: list[Pilot] = []
    switch.listen(heard.append)
    return first, second, switch, heard


def test_nothing_is_plugged_in_while_none_counts() -> None:
    first, _second, switch, heard = two()
    assert switch.active is None
    assert switch.read() == UNPLUGGED == Pilot(PilotState.A)
    switch.show(PilotState.C)
    first.tell(first.reading)
    switch.activate(None)
    assert (first.shown, heard) == ([], [])


def test_the_one_that_counts_is_read_shown_and_heard() -> None:
    first, second, switch, heard = two()
    switch.activate(0)
    assert (switch.active, switch.read()) == (0, first.reading)
    switch.show(PilotState.C)
    first.tell(Pilot(PilotState.C))
    second.tell(Pilot(PilotState.E))
    switch.activate(0)
    assert first.shown == [PilotState.C]
    assert second.shown == []
    assert heard == [first.reading, Pilot(PilotState.C)]


def test_the_old_one_goes_before_the_new_one_comes() -> None:
    first, second, switch, heard = two()
    switch.activate(0)
    switch.activate(1)
    assert first.shown == [PilotState.B]
    assert second.shown == []
    assert heard == [first.reading, UNPLUGGED, second.reading]
    assert switch.gate(0).read() == UNPLUGGED
    switch.gate(0).show(PilotState.C)
    assert first.shown == [PilotState.B]
    switch.activate(None)
    assert switch.read() == UNPLUGGED
    assert heard[-1] == UNPLUGGED


def test_an_empty_plug_that_begins_or_ends_to_count_is_no_news() -> None:
    first, _second, switch, heard = two()
    first.reading = UNPLUGGED
    switch.activate(0)
    switch.activate(None)
    assert heard == []
    assert first.shown == [PilotState.B]


def test_a_gate_that_is_open_already_is_not_opened_again() -> None:
    first, _second, switch, heard = two()
    gate = switch.gate(0)
    gate.switch(opened=True)
    gate.switch(opened=True)
    gate.show(PilotState.C)
    assert heard == [first.reading]
    gate.switch(opened=False)
    gate.switch(opened=False)
    assert first.shown == [PilotState.C, PilotState.B]
