"""Which tests judge which modules, and the changes that no test could see, each with its reason."""

from pathlib import Path
from typing import Final

ROOMS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "responder": (("bsw/chrgm/responder.py", "bsw/chrgm/initiator.py"), ("tests/sequence",)),
    "v2gtp": (("bsw/v2gtp.py",), ("tests/v2gtp",)),
    "sdp": (("bsw/sdp",), ("tests/sdp",)),
    "slac": (("bsw/slac",), ("tests/slac",)),
    "sap": (("bsw/chrgm/sap.py",), ("tests/sap",)),
    "pilot": (("bsw/cp",), ("tests/cp",)),
    "ecuc": (("bsw/ecuc",), ("tests/config",)),
    "csm": (("csm",), ("tests/csm",)),
    "keym": (("keym",), ("tests/keym",)),
    "prices": (("bsw/prices", "evcc/planning"), ("tests/prices",)),
    "e2e": (("can_adapter/signals",), ("tests/can",)),
    "health": (("evcc/health",), ("tests/vehicle",)),
    "ocpp": (("ocpp",), ("tests/ocpp",)),
    "trace": (("bsw/trace.py", "bsw/trace_file.py"), ("tests/trace",)),
}

EQUIVALENT: Final[dict[str, str]] = {}
"""A mutant's name without its line, and why it changes nothing that anybody could see."""


def files(room: str, root: Path) -> list[str]:
    """The modules of a room, by their paths from the root."""
    found: list[str] = []
    for said in ROOMS[room][0]:
        place = root / said
        paths = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        found += [path.relative_to(root).as_posix() for path in paths if path.exists()]
    return found


def without_line(name: str) -> str:
    path, _, rest = name.split(":", 2)
    return f"{path}:{rest}"
