"""The only loop in the ECU.

Tasks, alarms and events run to completion, one at a time, in one thread.  What is due at the
same nanosecond runs in the order of priority, then of arming: that makes a run repeatable.
What has priority ``FIRST`` and is due waits behind one other that is late, not behind all of them.
The scheduler does not know what it runs, nor whether its time is real.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from bsw.os.clock import Action, Clock
from bsw.os.mailbox import Event, Mailbox
from bsw.os.plan import Plan, Planned

FIRST, NORMAL, LAST = 0, 10, 20
"""Priorities.  The smaller number runs first; supervision uses ``FIRST``."""

EVENTS_PER_TURN = 64
"""A flood of events may delay a due alarm by this many events, not for ever."""

ALARMS_PER_LOOK = 16
"""Alarms that are late in a row may delay a look at the outside by this many, or by as many as were
planned when it looked last, not for ever.  With a fixed number a host that cannot keep up would
take in more than it works off: each look may bring connections that arm alarms of their own."""

STALE_ALLOWED = 64
"""Cancelled plans stay in the heap until half of it, and more than this, is such chaff."""


class Alarm:
    """Something that happens once.  Cancelling it twice, or after it rang, does no harm.

    With ``slack`` it may ring so much later than it is due, where waking up costs something; one
    of priority ``FIRST`` never does.  With a ``period`` it is a task's: the scheduler plans it anew
    before each ringing.
    """

    __slots__ = (
        "_scheduler",
        "action",
        "due",
        "name",
        "overruns",
        "period",
        "priority",
        "serial",
        "slack",
    )

    def __init__(  # noqa: PLR0917 - one for each alarm of a session: keywords cost
        self,
        scheduler: "Scheduler",
        name: str,
        priority: int,
        action: Action,
        slack: int = 0,
        period: int = 0,
    ) -> None:
        self._scheduler = scheduler
        self.name = name
        self.priority = priority
        self.action = action
        self.slack = slack
        self.period = period
        self.overruns = 0
        self.due = 0
        self.serial = -1  # not armed

    @property
    def armed(self) -> bool:
        return self.serial >= 0

    def cancel(self) -> None:
        self._scheduler.disarm(self)

    def rearm(self, delay: int) -> None:
        """Ring ``delay`` from now, whether the alarm was armed, has rung or was cancelled."""
        scheduler = self._scheduler
        scheduler.arm(self, scheduler.clock.now() + delay)

    def move(self, due: int) -> None:
        """Ring at ``due`` instead, on the scheduler's time."""
        self._scheduler.arm(self, due)

    def next_due(self, now: int) -> int:
        """Of a periodic one that rings ``now``, from the plan: late ones keep their phase."""
        due = self.due + self.period
        if due <= now:  # whole periods were missed: skip them, say so
            missed = (now - due) // self.period + 1
            self.overruns += missed
            due += missed * self.period
        return due


class Task:
    """Something periodic.  Its phase is kept: it is planned from the plan, not from the finish."""

    __slots__ = ("_alarm",)

    def __init__(
        self,
        scheduler: "Scheduler",
        name: str,
        period: int,
        priority: int,
        action: Action,
        *,
        slack: int = 0,
    ) -> None:
        self._alarm = Alarm(scheduler, name, priority, action, slack, period)

    @property
    def name(self) -> str:
        return self._alarm.name

    @property
    def period(self) -> int:
        return self._alarm.period

    @property
    def overruns(self) -> int:
        """Periods in which it did not run, because something before it took too long."""
        return self._alarm.overruns

    @property
    def next_due(self) -> int:
        return self._alarm.due

    def start(self, due: int) -> None:
        self._alarm.move(due)

    def stop(self) -> None:
        self._alarm.cancel()


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception that left a task, an alarm or an event.  The ECU stops charging on it."""

    where: str
    error: Exception


FaultHandler = Callable[[Fault], None]


class SchedulerFault(RuntimeError):
    """A task failed and nobody is appointed to bring the ECU to its safe state."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.where} failed: {type(fault.error).__name__}: {fault.error}")
        self.fault = fault


class Scheduler:
    """Tasks, alarms and events on one clock.

    A ``lenient`` one makes use of slack: what is due rings with what wakes the process anyhow, and
    nothing wakes it before the first of them would be too late.  Without, all ring on time.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        mailbox: Mailbox | None = None,
        on_fault: FaultHandler | None = None,
        lenient: bool = False,
    ) -> None:
        self.clock = clock
        self.mailbox = mailbox if mailbox is not None else Mailbox()
        self._on_fault = on_fault
        self.faults = 0
        self.activations = 0
        self._alarms: list[tuple[int, int, int, Planned]] = []
        self.lenient = lenient
        self._early: list[
            tuple[int, int, int, Planned]
        ] = []  # those with slack, by when they are due
        self._first = Plan()  # those of supervision, few
        self._passed = False
        self._serials = count()
        self._stale = 0
        self._running = False

    @property
    def now(self) -> int:
        return self.clock.now()

    @property
    def planned(self) -> int:
        """Entries in the heap, cancelled ones not yet swept out included."""
        return len(self._first) + len(self._alarms)

    @property
    def waiting(self) -> int:
        """Alarms that are armed, tasks included."""
        return self._first.waiting + len(self._alarms) - self._stale

    def at(self, when: int, action: Action, *, name: str, priority: int = NORMAL) -> Alarm:
        """Call ``action`` once at ``when``; in the past means as soon as possible."""
        alarm = Alarm(self, name, priority, action)
        self.arm(alarm, when)
        return alarm

    def after(self, delay: int, action: Action, *, name: str, priority: int = NORMAL) -> Alarm:
        """Call ``action`` once, ``delay`` nanoseconds from now."""
        return self.at(self.clock.now() + delay, action, name=name, priority=priority)

    def alarm(self, action: Action, *, name: str, priority: int = NORMAL, slack: int = 0) -> Alarm:
        """An alarm that is not armed yet: ``rearm`` starts it."""
        return Alarm(self, name, priority, action, slack)

    def every(
        self,
        period: int,
        action: Action,
        *,
        name: str,
        offset: int | None = None,
        priority: int = NORMAL,
        slack: int = 0,
        aligned: bool = False,
    ) -> Task:
        """Call ``action`` each ``period``, first after ``offset`` (default: one period).

        Tasks with slack, and those that are ``aligned``, keep their phases to each other whenever
        they were started, so that one waking up serves several.
        """
        if period <= 0:
            raise ValueError(f"task {name!r}: the period must be above 0 ns, not {period}")
        task = Task(self, name, period, priority, action, slack=slack)
        offset = period if offset is None else offset
        due = self.clock.now() + offset
        if (slack or aligned) and self.lenient:
            due += (offset - due) % period
        task.start(due)
        return task

    def post(self, action: Action, *, name: str, owed: bool = False) -> None:
        """Call ``action`` soon, in the scheduler's thread.  Safe from any thread.

        ``owed`` is for the outcome of a job only: see ``Mailbox.put``.
        """
        self.mailbox.put(Event(name, action), owed=owed)
        self.clock.wake()

    def arm(self, alarm: Planned, due: int) -> None:
        if alarm.serial >= 0:
            self.disarm(alarm)
        alarm.due = due
        alarm.serial = serial = next(self._serials)
        if alarm.priority <= FIRST:
            self._first.add(alarm)
            return
        if alarm.slack and self.lenient:
            heapq.heappush(self._early, (due, alarm.priority, serial, alarm))
            due += alarm.slack
        heapq.heappush(self._alarms, (due, alarm.priority, serial, alarm))

    def disarm(self, alarm: Planned) -> None:
        if alarm.serial < 0:
            return
        alarm.serial = -1
        if alarm.priority <= FIRST:
            self._first.cancelled()
            return
        self._stale += 1
        if self._stale > STALE_ALLOWED and 2 * self._stale > len(self._alarms):
            self._alarms[:] = [entry for entry in self._alarms if entry[2] == entry[3].serial]
            heapq.heapify(self._alarms)
            self._stale = 0

    def stop(self) -> None:
        """Leave ``run`` after what is running now.  From another thread: post it."""
        self._running = False

    def run(self, until: int | None = None) -> None:  # noqa: C901, PLR0912, PLR0915 - calls cost here
        """Run until ``stop`` is called or the clock passes ``until``.

        What is due at ``until`` and what was posted by then still runs.  What a host that cannot
        keep up would run later waits for the next ``run``.
        """
        self._running = True
        waiting, alarms, early = self.mailbox.waiting, self._alarms, self._early
        first_plan, clock, read_clock = self._first, self.clock, self.clock.now
        pop, pop_and_push, serials = heapq.heappop, heapq.heapreplace, self._serials
        lenient = self.lenient
        left = max(ALARMS_PER_LOOK, self.planned)
        while True:
            if waiting:
                self._deliver_events(EVENTS_PER_TURN)
            if not self._running:
                return
            now = read_clock()
            while alarms and alarms[0][2] != alarms[0][3].serial:  # cancelled or re-armed
                pop(alarms)
                self._stale -= 1
            other = alarms[0][0] if alarms else None
            first = None
            if first_plan.entries:
                entry = first_plan.entries[0]
                first = entry[0] if entry[2] == entry[3].serial else first_plan.next_due()
            if early and early[0][0] <= now and left and (first is None or first > now):
                left -= self._ring_early()
                continue
            due = other if first is None or (other is not None and other < first) else first
            if until is not None and now >= until and self._done(due, until, now):
                self._deliver_events(len(waiting))
                return
            if due is None or due > now or not left:
                if due is None or waiting or early or (until is not None and until < due):
                    only = self._wait(now, due, until)
                else:  # as nearly always: until the next one, and nothing else
                    clock.wait_until(due)
                    only = not waiting and read_clock() >= due
                left = max(ALARMS_PER_LOOK, len(first_plan.entries) + len(alarms))
                if not only:
                    continue
                now = due or now
            left -= 1
            if first is not None and first <= now and self._first_goes(first, other):
                alarm: Planned = first_plan.take()
                self._again(alarm)
            elif (alarm := alarms[0][3]).period and not (alarm.slack and lenient):
                due = alarm.due + alarm.period
                if due <= read_clock():  # a period was missed
                    due = alarm.next_due(read_clock())
                alarm.due = due
                alarm.serial = serial = next(serials)
                pop_and_push(alarms, (due, alarm.priority, serial, alarm))
            else:
                pop(alarms)
                self._again(alarm)
            self.activations += 1
            try:
                alarm.action()
            except Exception as error:  # noqa: BLE001 - leads to the safe stop
                self._failed(alarm.name, error)

    def _again(self, alarm: Planned) -> None:
        """It rings: a periodic one is planned anew before that."""
        alarm.serial = -1
        if alarm.period:
            self.arm(alarm, alarm.next_due(self.clock.now()))

    def _wait(self, now: int, due: int | None, until: int | None) -> bool:
        """Look at the outside until something is due; whether that is all there is to do then."""
        clock, waiting, alarms = self.clock, self.mailbox.waiting, self._alarms
        if waiting:
            clock.wait_until(now)
            return False
        end = until if due is None or (until is not None and until < due) else due
        if self._early and end == due and alarms[0][0] == due and alarms[0][3].slack:
            clock.wait_within(alarms[0][3].due, alarms[0][0])
            return False
        clock.wait_until(end)
        return end == due and due is not None and not waiting and clock.now() >= due

    def _first_goes(self, first: int, other: int | None) -> bool:
        """By its turn, or past others that are late; but not twice in a row past them."""
        by_turn = other is None or first <= other
        self._passed = not by_turn and not self._passed
        return by_turn or self._passed

    def _ring_early(self) -> bool:
        """Awake anyhow: what is due need not wait for the end of its slack."""
        _, _, serial, alarm = heapq.heappop(self._early)
        if alarm.serial != serial:  # rung, cancelled or re-armed
            return False
        self._stale += 1  # its entry among the others
        self._again(alarm)
        self._call(alarm.name, alarm.action)
        return True

    def _done(self, due: int | None, until: int, now: int) -> bool:
        if due is not None and due <= until:
            return False
        return now > until or not self.mailbox.waiting

    def _deliver_events(self, most: int) -> None:
        for _ in range(most):
            event = self.mailbox.take() if self._running else None
            if event is None:
                return
            self._call(event.name, event.action)

    def _call(self, where: str, action: Action) -> None:
        self.activations += 1
        try:
            action()
        except Exception as error:  # noqa: BLE001 - leads to the safe stop
            self._failed(where, error)

    def _failed(self, where: str, error: Exception) -> None:
        self.faults += 1
        self._fault(Fault(where, error))

    def report_to(self, handler: FaultHandler) -> None:
        """Whoever decides what a task that failed means; without one the loop ends."""
        self._on_fault = handler

    def _fault(self, fault: Fault) -> None:
        if self._on_fault is None:
            self._running = False
            raise SchedulerFault(fault) from fault.error
        try:
            self._on_fault(fault)
        except Exception as error:
            self._running = False
            raise SchedulerFault(Fault(f"the fault handler for {fault.where}", error)) from error
