"""Who is asked to do something at the device: at a terminal, by a script, late, or never."""

import os
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from bsw.os.clock import MS, S
from bsw.os.clock import Action as Step
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from tools.conformance.bench import Clockwork
from tools.tester.place.hands import Hands, NotDone
from tools.tester.place.person import Person
from tools.tester.profile import Action

ASKED = Action(ask="plug in now", within=2 * S)


def _nothing() -> None:
    """Nobody presses Enter."""


class Desk:
    """A bench on the machine's clock, and the far end of its input."""

    def __init__(self, stream: TextIO, keys: int) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.work = Clockwork(Scheduler(self.clock, mailbox=mailbox))
        self.keys = keys
        self.shown: list[str] = []
        person = Person(self.work.scheduler, stream)
        self.hands = Hands(SimulatedWorker(self.work.scheduler), person, self.show)
        self.on_show: Step = _nothing

    def show(self, text: str) -> None:
        self.shown.append(text)
        self.on_show()

    def hang_up(self) -> None:
        if self.keys >= 0:
            os.close(self.keys)
        self.keys = -1

    def press(self, text: bytes = b"\n") -> None:
        os.write(self.keys, text)


def read_out() -> None:
    """The line that was pressed is read."""
    for thread in threading.enumerate():
        if thread.name == "person":
            thread.join(60)


@pytest.fixture
def desk() -> Iterator[Desk]:
    there, keys = os.pipe()
    with os.fdopen(there) as stream:
        made = Desk(stream, keys)
        yield made
        made.hang_up()
        read_out()
    made.clock.close()


def test_a_script_answers_one_question_a_line(desk: Desk) -> None:
    desk.press(b"yes\n\n")
    desk.hands.do(desk.work, ASKED, "plug in")
    desk.hands.do(desk.work, Action(ask="unplug now"), "unplug")
    assert desk.shown == ["  >>> plug in now - then Enter", "  >>> unplug now - then Enter"]


def test_where_the_input_is_over_nobody_is_there(desk: Desk) -> None:
    desk.hang_up()
    with pytest.raises(NotDone, match="'plug in now' needs a person"):
        desk.hands.do(desk.work, ASKED, "plug in")


def test_who_is_late_is_not_waited_for_and_answers_the_next_question(desk: Desk) -> None:
    late = Action(ask="plug in now").model_copy(update={"within": 50 * MS})
    with pytest.raises(NotDone, match="nobody pressed Enter"):
        desk.hands.do(desk.work, late, "plug in")
    desk.on_show = desk.press
    desk.hands.do(desk.work, Action(ask="unplug now"), "unplug")


def test_enter_for_a_question_that_was_given_up_answers_nobody(desk: Desk) -> None:
    late = Action(ask="plug in now").model_copy(update={"within": 50 * MS})
    with pytest.raises(NotDone):
        desk.hands.do(desk.work, late, "plug in")
    desk.press()
    read_out()
    desk.work.run(50 * MS)
    with pytest.raises(NotDone, match="nobody pressed Enter"):
        desk.hands.do(desk.work, late, "plug in")
