"""Doing something at the device: by a command, or by the person who stands beside it."""

import os
import subprocess
from collections.abc import Callable, Mapping
from typing import Any, Final

from bsw.os.clock import S
from bsw.os.worker import Outcome, Worker
from tools.conformance.bench import Clockwork
from tools.tester.place.person import Person
from tools.tester.profile import Action

TOLD: Final = 300


class NotDone(Exception):
    """The device could not be brought where the case wants it; the text says why."""


def told_at_once(text: str) -> None:
    """Also where it goes through a pipe."""
    print(text, flush=True)


class Hands:
    """Commands run on a worker, and a person reads aside: connections live on meanwhile."""

    def __init__(
        self, worker: Worker, person: Person, show: Callable[[str], None] = told_at_once
    ) -> None:
        self._worker = worker
        self._person = person
        self._show = show
        self.facts: Mapping[str, str] = {}
        """Of the case that is played, for the commands' environment."""

    def do(self, clock: Clockwork, action: Action | None, what: str) -> None:
        """``None`` is nothing to be done."""
        if action is None or action.always:
            return
        if action.run:
            self._run(clock, action, what)
        else:
            self.ask(clock, action.ask, action.within)

    def ask(self, clock: Clockwork, words: str, within: int) -> None:
        """Show the words and wait for Enter."""
        answered: list[bool] = []

        def take(*, there: bool) -> None:
            answered.append(there)
            clock.scheduler.stop()

        self._show(f"  >>> {words} - then Enter")
        self._person.next_line(lambda there: take(there=there))
        if not clock.wait(lambda: answered, within):
            self._person.leave()
            raise NotDone(f"{words!r}: nobody pressed Enter within {within // S} s")
        if not answered[0]:
            raise NotDone(f"{words!r} needs a person at a terminal, or a line of input for each")

    def _run(self, clock: Clockwork, action: Action, what: str) -> None:
        environment = {**os.environ, **self.facts}

        def work() -> "subprocess.CompletedProcess[str]":
            return subprocess.run(  # noqa: S602 - the user's own command
                action.run,
                shell=True,
                env=environment,
                capture_output=True,
                text=True,
                timeout=action.within / S,
                check=False,
            )

        done = self._await(clock, work, action.within + S, what)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-TOLD:]
            raise NotDone(f"{what}: {action.run!r} ended with {done.returncode}: {said}")

    def _await(self, clock: Clockwork, work: Callable[[], object], within: int, what: str) -> Any:  # noqa: ANN401 - what the work gives
        ended: list[Outcome[Any]] = []

        def take(outcome: Outcome[Any]) -> None:
            ended.append(outcome)
            clock.scheduler.stop()

        self._worker.submit(what, work, take)
        if not clock.wait(lambda: ended, within):
            raise NotDone(f"{what}: not within {within // S} s")
        if ended[0].error is not None:
            raise NotDone(f"{what}: {ended[0].error}")
        return ended[0].value
