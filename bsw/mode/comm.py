"""Communication manager: who needs which channel, and so whether it is up.

Users ask for a channel and let it go; a channel is up while anybody needs it and for a while
after, takes its leave, and goes down.  What "up" means - modem powered, bus started - is the
channel's own affair.
"""

from collections.abc import Callable
from enum import Enum

from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler


class Mode(Enum):
    DOWN = "no communication"
    UP = "full communication"
    RELEASED = "nobody needs it"  # up still; others on it may leave already
    LEAVING = "taking leave"  # up for a last word


def _nobody(_mode: Mode) -> None:
    """Nobody asked to be told."""


class Channel:
    """``switch`` turns it on and off; ``linger`` keeps it up after the last user has gone.

    ``leave`` is the time for a last word before it goes down; ``told`` hears each new mode.
    """

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        log: Logger,
        switch: Callable[[bool], None],
        *,
        linger: int = 2 * S,
        leave: int = 0,
        told: Callable[[Mode], None] = _nobody,
    ) -> None:
        self.name = name
        self.mode = Mode.DOWN
        self._log = log
        self._switch = switch
        self._linger = linger
        self._leave = leave
        self._told = told
        self._users: set[str] = set()
        self._alarm = scheduler.alarm(self._step_down, name=f"comm {name}")

    @property
    def users(self) -> tuple[str, ...]:
        return tuple(sorted(self._users))

    def request(self, user: str) -> None:
        self._users.add(user)
        self._alarm.cancel()
        was_down = self.mode is Mode.DOWN
        self._enter(Mode.UP)
        if was_down:
            self._switch(True)

    def release(self, user: str) -> None:
        self._users.discard(user)
        if not self._users and self.mode is Mode.UP:
            self._enter(Mode.RELEASED)
            self._alarm.rearm(self._linger)

    def _step_down(self) -> None:
        if self.mode is Mode.RELEASED and self._leave:
            self._enter(Mode.LEAVING)
            self._alarm.rearm(self._leave)
        else:
            self._enter(Mode.DOWN)
            self._switch(False)

    def _enter(self, mode: Mode) -> None:
        if mode is not self.mode:
            self.mode = mode
            self._log.debug("channel", name=self.name, mode=mode.value, users=", ".join(self.users))
            self._told(mode)


class ComM:
    """All channels of the ECU by name."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}

    def add(self, channel: Channel) -> Channel:
        assert channel.name not in self._channels, f"channel {channel.name} exists already"
        self._channels[channel.name] = channel
        return channel

    def __getitem__(self, name: str) -> Channel:
        return self._channels[name]

    @property
    def idle(self) -> bool:
        """Nobody needs any channel."""
        return all(not channel.users for channel in self._channels.values())
