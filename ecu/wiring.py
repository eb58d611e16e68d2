"""Runs an ECU of either role on host time, from its configuration to its exit status.

The loop turns first; the rooms, which take longer to load, start inside it.  The role says by name
where they are, so that nothing of it is loaded before.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from bsw.base import READY, Steps
from bsw.base_config import BaseConfig
from bsw.base_host import HostBase, open_base
from bsw.ecuc.load import Loaded
from bsw.os.notify import Notify
from bsw.os.process import Status
from bsw.stbm import host_calendar
from ecu.beginning import begin

if TYPE_CHECKING:
    from ecu.host import DoorsConfig

    class RoleConfig(DoorsConfig, Protocol):
        @property
        def session(self) -> "SessionConfig": ...
        def lacking(self) -> Iterable[str]:
            """What is wanted and not there, each in a sentence."""


class Ecu(Protocol):
    @property
    def protocols(self) -> tuple[str, ...]:
        """What its sessions may speak, best first."""

    def start(self) -> Steps: ...


class SessionConfig(Protocol):
    @property
    def protocols(self) -> tuple[str, ...]: ...
    @property
    def profile(self) -> str: ...


def role_of(config: BaseConfig) -> "RoleConfig":
    """The same configuration, as far as both roles' are alike."""
    return cast("RoleConfig", config)


C = TypeVar("C", bound=BaseConfig)
E = TypeVar("E", bound=Ecu)
Building = Callable[..., Generator[str, None, E]]


@dataclass(frozen=True, slots=True)
class Wiring(Generic[C, E]):
    """``session``, ``build`` and ``profile`` are modules of the role."""

    role: str
    session: str  # the largest part of the application
    build: str  # has ``building``
    profile: str  # has ``PROFILES``

    def run(
        self,
        loaded: Loaded[C],
        base: HostBase | None = None,
        made: Callable[[E], None] = lambda _ecu: None,
    ) -> Status:
        """``base`` is for an ECU inside another program; ``made`` hears when it has started."""
        base = base or open_base(loaded.config)
        notify = Notify() if base.alone else Notify({})
        session = role_of(loaded.config).session
        begin(base.trace, self.role, tuple(session.protocols), loaded.config, host_calendar())
        return base.run(lambda: self._start(loaded, base, notify, made))

    def _start(
        self, loaded: Loaded[C], base: HostBase, notify: Notify, made: Callable[[E], None]
    ) -> Steps:
        config = loaded.config
        loaded.look_outside()
        for lacking in role_of(config).lacking():
            base.dlt.logger(self.role).warning("lacking", what=lacking)
        yield "session"
        import_module(self.session)
        yield "parts"
        from ecu.host import HostDoors  # noqa: PLC0415 - the loop turns already

        building: Building[E] = import_module(self.build).building
        yield "building"
        ecu = yield from building(base, config, HostDoors(base, role_of(config), notify))
        yield from ecu.start()
        notify.ready()
        made(ecu)
        yield READY
        from bsw.chrgm.coding.rehearsal import rehearse  # noqa: PLC0415 - the loop turns already

        reading = import_module(self.profile).PROFILES[role_of(config).session.profile].reading
        for name in ecu.protocols:
            yield from rehearse(name, reading)
