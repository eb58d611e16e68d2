"""GPIO lines through the ``gpiod`` package (its second API): requested once, then read and set.

``Lines`` knows one chip.  Lines of a process that dies are given back by the kernel; the board
needs pull-downs.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from bsw.linux.sysfs import PinUnusable

CONSUMER: Final = "pilotwire"


class Request(Protocol):
    """What ``gpiod.request_lines`` gives."""

    def get_value(self, line: int | str) -> Any: ...  # noqa: ANN401 - gpiod's own
    def set_value(self, line: int | str, value: object) -> None: ...
    def release(self) -> None: ...


def library() -> Any:  # noqa: ANN401 - a module without types here
    try:
        import gpiod  # noqa: PLC0415 - an extra, for boards that have lines
    except ImportError:
        raise PinUnusable("GPIO lines need the package gpiod; install pilotwire[gpio]") from None
    if not hasattr(gpiod, "request_lines"):
        raise PinUnusable("this gpiod has the first API; install pilotwire[gpio] (2.0 or newer)")
    return gpiod


class Lines:
    """``outputs`` begin low."""

    def __init__(
        self,
        chip: str,
        outputs: tuple[str, ...],
        inputs: tuple[str, ...],
        gpiod: Any = None,  # noqa: ANN401 - the library, or what a test has in its place
    ) -> None:
        self._gpiod = gpiod or library()
        line = self._gpiod.line
        out = self._gpiod.LineSettings(
            direction=line.Direction.OUTPUT, output_value=line.Value.INACTIVE
        )
        into = self._gpiod.LineSettings(direction=line.Direction.INPUT)
        config: Mapping[int | str, Any] = {
            **{_key(name): out for name in outputs},
            **{_key(name): into for name in inputs},
        }
        try:
            self._request: Request = self._gpiod.request_lines(
                chip, consumer=CONSUMER, config=config
            )
        except (OSError, ValueError) as error:
            raise PinUnusable(f"{chip}: {error}; gpioinfo lists lines and their users") from None

    def get(self, name: str) -> bool:
        return bool(self._request.get_value(_key(name)) == self._gpiod.line.Value.ACTIVE)

    def set(self, name: str, *, on: bool) -> None:
        value = self._gpiod.line.Value
        self._request.set_value(_key(name), value.ACTIVE if on else value.INACTIVE)

    def release(self) -> None:
        self._request.release()


def _key(name: str) -> int | str:
    return int(name) if name.isdecimal() else name
