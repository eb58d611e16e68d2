"""Communication manager: who needs which channel, and so whether it is up.

Users ask for a channel and let it go; a channel is up while anybody needs it and for a while
after.  What "up" means - modem powered, bus started - is the channel's own affair.
"""

from collections.abc import Callable
from enum import Enum

from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler


class Mode(Enum):
    DOWN = "no communication"
    UP = "full communication"


class Channel:
    """``switch`` turns it on and off; ``linger`` keeps it up after the last user has gone."""

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        log: Logger,
        switch: Callable[[bool], None],
        *,
        linger: int = 2 * S,
    ) -> None:
        self.name = name
        self.mode = Mode.DOWN
        self._log = log
        self._switch = switch
        self._linger = linger
        self._users: set[str] = set()
        self._alarm = scheduler.alarm(self._down, name=f"comm {name}")

    @property
    def users(self) -> tuple[str, ...]:
        return tuple(sorted(self._users))

    def request(self, user: str) -> None:
        self._users.add(user)
        self._alarm.cancel()
        if self.mode is Mode.DOWN:
            self._set(Mode.UP)

    def release(self, user: str) -> None:
        self._users.discard(user)
        if not self._users and self.mode is Mode.UP and not self._alarm.armed:
            self._alarm.rearm(self._linger)

    def _down(self) -> None:
        self._set(Mode.DOWN)

    def _set(self, mode: Mode) -> None:
        self.mode = mode
        self._log.info("channel", name=self.name, mode=mode.value)
        self._switch(mode is Mode.UP)


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
