"""An ECU of ours inside your program, on the host's clock: a station or a vehicle by its commands.

It runs in a thread of its own (``start``) or in yours (``run``).  Commands and variables are those
of its north side; they pass to the ECU's thread and back, so nobody needs a lock.  Signals and
the interpreter's settings stay yours.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from bsw.base import CannotStart
from bsw.base_config import BaseConfig
from bsw.base_host import HostBase, open_base
from bsw.ecuc.load import Loaded, load
from bsw.ecuc.tree import ConfigurationError
from bsw.north.command import CommandError
from bsw.north.side import NorthSide
from bsw.os.process import Cause, Status, Stop
from evcc.config import EvccConfig
from secc.config import SeccConfig

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "CannotStart",
    "CommandError",
    "ConfigurationError",
    "Ecu",
    "NotRunning",
    "Station",
    "Status",
    "Vehicle",
]

C = TypeVar("C", bound=BaseConfig)
Heard = Callable[[Any], None]

_QUIET: Final = {"log.level": "warning"}


class NotRunning(RuntimeError):
    """The ECU has not been started, or has ended."""


class Ecu(Generic[C]):
    """What ``Station`` and ``Vehicle`` have in common.

    ``settings`` are keys and values as ``--set`` takes them, and win over the files.
    """

    def __init__(
        self, model: type[C], settings: Mapping[str, object] | None, files: tuple[Path | str, ...]
    ) -> None:
        chosen = {**_QUIET, **(settings or {})}
        words = tuple(f"{key}={_text(value)}" for key, value in chosen.items())
        self._loaded: Loaded[C] = load(model, tuple(map(Path, files)), words)
        self._base: HostBase | None = None
        self._side: NorthSide | None = None
        self._thread: threading.Thread | None = None
        self._ready: Future[None] = Future()
        self._ended: Future[Status] = Future()
        self._listeners: list[tuple[str, Heard]] = []
        self._loop = 0  # the thread the ECU runs in

    def _play(self, base: HostBase, made: Callable[[NorthSide], None]) -> Status:
        raise NotImplementedError

    # Life

    def run(self) -> Status:
        """Run in the calling thread until the job is over or ``stop`` is called from another."""
        if self._base is not None:
            raise NotRunning("an ECU runs once; make another one")
        self._loop = threading.get_ident()
        self._base = base = open_base(self._loaded.config, alone=False)
        try:
            status = self._play(base, self._made)
        except BaseException as error:
            for waiting in (self._ready, self._ended):
                if not waiting.done():
                    waiting.set_exception(error)
            raise
        if not self._ready.done():
            self._ready.set_exception(NotRunning(f"it ended at its start, {status.name}"))
        self._ended.set_result(status)
        return status

    def start(self, within: float = 60.0) -> "Self":
        """Run in a thread of its own; comes back when all rooms have started.

        What keeps it from starting is raised here: ``CannotStart``, ``ConfigurationError``.
        """
        self._thread = threading.Thread(target=self._in_thread, name="pilotwire", daemon=True)
        self._thread.start()
        self.ready(within)
        return self

    def ready(self, within: float = 60.0) -> None:
        """Wait until all rooms have started; for a thread beside one that calls ``run``."""
        self._ready.result(within)

    def _in_thread(self) -> None:
        with contextlib.suppress(Exception):  # ``ready`` and ``wait`` raise it
            self.run()

    def _made(self, side: NorthSide) -> None:
        self._side = side
        for name, listener in self._listeners:
            side.listen(lambda said, name=name: said == name, _only_value(listener))  # type: ignore[misc]
        self._ready.set_result(None)

    def stop(self, within: float = 30.0) -> Status:
        """The ordered stop: session, contactors, link, buses.  The status it ended with."""
        base = self._base
        if base is None:
            raise NotRunning("it was not started")
        if not self._ended.done():
            order = Stop(Cause.DONE, "ordered by its program", Status.OK)
            base.scheduler.post(lambda: base.process.stop(order), name="stop")
        return self.wait(within)

    def wait(self, within: float | None = None) -> Status:
        """Until the ECU has ended by itself (``session.count``) or was stopped."""
        status = self._ended.result(within)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(within)
        return status

    def __enter__(self) -> "Self":
        return self if self._base is not None else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if not self._ended.done():
            self.stop()

    # The north side

    @property
    def commands(self) -> tuple[str, ...]:
        return self._north.commands

    @property
    def variables(self) -> tuple[str, ...]:
        return self._north.variables

    def call(self, command: str, within: float = 10.0, /, **arguments: object) -> Any:  # noqa: ANN401
        """Do a command of the north side; its result as plain values.

        Wrong arguments are a ``CommandError`` that names each, and then nothing has changed.
        """
        return self._in_loop(lambda side: side.call(command, arguments), within)

    def last(self, variable: str) -> Any:  # noqa: ANN401 - JSON
        """The value told last, ``None`` if there was none yet."""
        return self._in_loop(lambda side: side.last(variable)[1], 10.0)

    def subscribe(self, variable: str, listener: Heard) -> None:
        """Call ``listener`` with each value of a variable, in the ECU's thread: be brief there.

        Before ``start`` nothing is missed.
        """
        self._listeners.append((variable, listener))
        if self._side is not None:
            heard = _only_value(listener)
            self._in_loop(lambda side: side.listen(lambda said: said == variable, heard), 10.0)

    def until(
        self,
        variable: str,
        holds: Callable[[Any], bool] = lambda _value: True,
        within: float = 60.0,
    ) -> Any:  # noqa: ANN401 - JSON
        """Wait until a variable has, or gets, a value that holds; that value."""
        found: Future[Any] = Future()

        def look(value: object) -> None:
            if not found.done() and holds(value):
                found.set_result(value)

        def begin(side: NorthSide) -> None:
            told, value = side.last(variable)
            if told:
                look(value)
            side.listen(
                lambda said: said == variable and not found.done(), lambda _name, value: look(value)
            )

        self._in_loop(begin, 10.0)
        try:
            return found.result(within)
        except Late:  # its own class before Python 3.11
            last = self.last(variable)
            raise TimeoutError(f"{variable} is {last!r} after {within:g} s") from None

    @property
    def _north(self) -> NorthSide:
        if self._side is None or self._ended.done():
            raise NotRunning("it does not run; call start, or use it as a context manager")
        return self._side

    def _in_loop(self, ask: Callable[[NorthSide], object], within: float) -> object:
        """Do it in the ECU's thread; what it raises is raised here."""
        side, base = self._north, self._base
        assert base is not None, "what has a north side was started"
        answer: Future[Any] = Future()

        def act() -> None:
            try:
                answer.set_result(ask(side))
            except (CommandError, LookupError) as error:
                answer.set_exception(error)

        if threading.get_ident() == self._loop:
            act()
        else:
            base.scheduler.post(act, name="north command")
        return answer.result(within)


class Station(Ecu[SeccConfig]):
    """``Station({"network.interface": "lo"}, "secc.yaml")``; commands as in docs/interfaces.md."""

    def __init__(self, settings: Mapping[str, object] | None = None, /, *files: Path | str) -> None:
        super().__init__(SeccConfig, settings, files)

    def _play(self, base: HostBase, made: Callable[[NorthSide], None]) -> Status:
        from secc.ecu.north import side  # noqa: PLC0415 - the largest part, when it is started
        from secc.ecu.wiring import run  # noqa: PLC0415 - the same

        return run(self._loaded, base, lambda ecu: made(side(ecu.charger)))


class Vehicle(Ecu[EvccConfig]):
    """``Vehicle({"network.interface": "plc0"}, "evcc.yaml")``; without a bus in the vehicle
    ``{"api.values": "north", "can.bus.interface": "none"}`` as well.
    """

    def __init__(self, settings: Mapping[str, object] | None = None, /, *files: Path | str) -> None:
        super().__init__(EvccConfig, settings, files)

    def _play(self, base: HostBase, made: Callable[[NorthSide], None]) -> Status:
        from evcc.ecu.wiring import run  # noqa: PLC0415 - the largest part, when it is started
        from evcc.north.side import side  # noqa: PLC0415 - the same

        return run(self._loaded, base, lambda ecu: made(side(ecu.north.vehicle)))


def _text(value: object) -> str:
    """As a value stands in a configuration file; text and paths as they are."""
    return str(value) if isinstance(value, str | Path) else json.dumps(value)


def _only_value(listener: Heard) -> Callable[[str, object], None]:
    return lambda _name, value: listener(value)
