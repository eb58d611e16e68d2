"""ECU state manager: start in order, run, sleep with a reason to wake, stop in reverse order.

Knows the rooms only as things that can be started and stopped.  A room that fails to start takes
those before it down again; a room that does not stop in time is left behind, and named.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum

from bsw.dlt import Logger
from bsw.os.clock import Action, S
from bsw.os.scheduler import Scheduler


class State(Enum):
    OFF = "off"
    STARTING = "starting"
    RUN = "run"
    SLEEP = "sleep"
    STOPPING = "stopping"
    STOPPED = "stopped"


class WakeUp(Enum):
    """Why the ECU is awake."""

    POWER_ON = "power on"
    PLUG = "plug"
    PILOT = "oscillator of the station"  # B1 to B2
    VEHICLE = "vehicle network"
    TIMER = "timer"
    TESTER = "diagnostic tester"


def _at_once(done: Action) -> None:
    done()


def _nothing() -> None:
    """For rooms that need no start, or neither sleep nor wake."""


@dataclass(frozen=True, slots=True)
class Room:
    """``stop`` calls what it is handed when it has stopped; it may take a while."""

    name: str
    start: Action = _nothing
    stop: Callable[[Action], None] = _at_once
    sleep: Action = _nothing
    wake: Action = _nothing


class StartFailed(Exception):
    """A room could not start; those before it were stopped again."""

    def __init__(self, room: str, error: Exception) -> None:
        super().__init__(f"{room} does not start: {error}")
        self.room = room


class EcuM:
    def __init__(
        self,
        rooms: tuple[Room, ...],
        scheduler: Scheduler,
        log: Logger,
        told: Callable[[State], None],
        *,
        stop_within: int = 5 * S,
    ) -> None:
        self.state = State.OFF
        self.wake_up: WakeUp = WakeUp.POWER_ON
        self.left_behind: list[str] = []
        self._rooms = rooms
        self._scheduler = scheduler
        self._log = log
        self._stop_within = stop_within
        self._told = told
        self._started: list[Room] = []
        self._awaiting: list[Action] = []

    def start(self, reason: WakeUp = WakeUp.POWER_ON) -> None:
        """All rooms, without a pause."""
        for _name in self.steps(reason):
            pass

    def steps(self, reason: WakeUp = WakeUp.POWER_ON) -> Generator[str, None, None]:
        """Start one room per step; yields before each, with its name.

        A stop in between takes down the rooms that have started, and no other room starts.
        """
        self.wake_up = reason
        self._enter(State.STARTING)
        for room in self._rooms:
            if room.start is not _nothing:
                yield room.name
            if self.state is not State.STARTING:
                return
            self._start(room)
        self._enter(State.RUN)

    def _start(self, room: Room) -> None:
        try:
            room.start()
        except Exception as error:
            self.stop(_nothing)
            raise StartFailed(room.name, error) from error
        self._started.append(room)

    def sleep(self) -> bool:
        """Only from RUN; the rooms in reverse order."""
        if self.state is not State.RUN:
            return False
        for room in reversed(self._started):
            room.sleep()
        self._enter(State.SLEEP)
        return True

    def wake(self, reason: WakeUp) -> bool:
        if self.state is not State.SLEEP:
            return False
        self.wake_up = reason
        for room in self._started:
            room.wake()
        self._log.info("awake", reason=reason.value)
        self._enter(State.RUN)
        return True

    def stop(self, done: Action) -> None:
        """The rooms one after the other, last started first; then ``done`` of all who asked."""
        if self.state is State.STOPPED:
            done()
            return
        self._awaiting.append(done)
        if self.state is not State.STOPPING:
            self._enter(State.STOPPING)
            self._stop_next()

    def _stop_next(self) -> None:
        if not self._started:
            self._enter(State.STOPPED)
            for done in self._awaiting:
                done()
            return
        room = self._started.pop()
        over = False

        def stopped() -> None:
            nonlocal over
            if not over:
                over = True
                alarm.cancel()
                self._stop_next()

        def late() -> None:
            self.left_behind.append(room.name)
            self._log.error("does not stop", room=room.name)
            stopped()

        alarm = self._scheduler.after(self._stop_within, late, name=f"stop {room.name}")
        room.stop(stopped)

    def _enter(self, state: State) -> None:
        self.state = state
        self._log.info("ecu", state=state.value)
        self._told(state)
