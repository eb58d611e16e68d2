"""The other outlets that a configuration names: their files, read and held against each other."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bsw.ecuc.part import Wrong
from bsw.ecuc.tree import ConfigurationError

if TYPE_CHECKING:
    from secc.config import SeccConfig


def name_of(path: Path) -> str:
    return path.stem


class Nested(ValueError):
    """An outlet names others."""


def read(path: Path) -> "SeccConfig":
    """Raises ``ConfigurationError`` and ``Nested``."""
    from bsw.ecuc.load import load  # noqa: PLC0415 - only where there are several
    from secc.config import SeccConfig  # noqa: PLC0415 - a circle otherwise

    loaded = load(SeccConfig, (path,), outside=False)
    if loaded.config.network.outlets:
        raise Nested(f"{path.name} names outlets itself; one file names them all")
    loaded.look_outside()
    return loaded.config


def _interface(config: "SeccConfig") -> object:
    own = config.link.driver == "ethernet" and config.link.interface
    return own or config.network.interface


OWN: Final[dict[str, Callable[["SeccConfig"], object]]] = {
    "link.interface": _interface,
    "session.evse_id": lambda config: config.session.evse_id,
    "nvm.file": lambda config: config.nvm.file,
    "trace.file": lambda config: config.trace.file,
    "api.socket": lambda config: config.api.socket,
    "capture.file": lambda config: config.capture.file,
}
"""What two outlets cannot share, unless there is none."""


def wrong_in(config: "SeccConfig") -> Iterable[Wrong]:
    outlets = {"the first": config}
    for path in config.network.outlets:
        try:
            other = read(path)
        except ConfigurationError as error:
            yield Wrong("network.outlets", f"{path.name} cannot be used: {error}")
            continue
        except Nested as error:
            yield Wrong("network.outlets", str(error))
            continue
        for name, known in outlets.items():
            for key, of in OWN.items():
                if of(other) is not None and of(other) == of(known):
                    yield Wrong(
                        "network.outlets", f"{path.name} has the {key} of {name}: {of(other)}"
                    )
        outlets[path.name] = other
