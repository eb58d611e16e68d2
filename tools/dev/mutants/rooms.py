"""Which tests judge which modules, and the changes that no test could see, each with its reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Room:
    """Folders and modules, and the folders of tests that are theirs."""

    paths: tuple[str, ...]
    tests: tuple[str, ...]


def _room(paths: str, tests: str) -> Room:
    return Room(tuple(paths.split()), tuple(f"tests/{name}" for name in tests.split()))


ROOMS: Final[dict[str, Room]] = {
    "v2gtp": _room("bsw/v2gtp.py", "v2gtp"),
    "sdp": _room("bsw/sdp", "sdp"),
    "slac": _room("bsw/slac", "slac"),
    "tls": _room("bsw/tls", "tls"),
    "exi": _room("bsw/exi", "exi"),
    "messages": _room("bsw/chrgm/messages", "exi"),
    "sap": _room("bsw/chrgm/sap.py", "sap"),
    "sequence": _room(
        "bsw/chrgm/engine bsw/chrgm/sequence bsw/chrgm/services.py"
        " bsw/chrgm/later.py bsw/chrgm/phases.py bsw/chrgm/agreement.py bsw/chrgm/placeholder.py"
        " bsw/chrgm/protocols.py bsw/chrgm/applications.py bsw/chrgm/coding/dialect.py",
        "sequence",
    ),
    "signature": _room("bsw/chrgm/signature", "pnc"),
    "streams": _room("bsw/chrgm/iso20 bsw/chrgm/modes.py", "iso20"),
    "pilot": _room("bsw/cp bsw/plug", "cp"),
    "island": _room("bsw/island", "island"),
    "hardware": _room("bsw/hardware bsw/linux can_adapter/plug", "hardware"),
    "net": _room("bsw/net", "net"),
    "os": _room("bsw/os", "os"),
    "services": _room(
        "bsw/dem bsw/dcm bsw/mode bsw/nvm bsw/dlt.py bsw/dlt_sinks.py bsw/redaction.py"
        " bsw/trace_file.py bsw/stbm.py bsw/troubles.py bsw/det.py",
        "services",
    ),
    "north": _room("bsw/north evcc/north", "north"),
    "api": _room("secc/api", "api"),
    "ecuc": _room("bsw/ecuc", "config arxml"),
    "csm": _room("csm", "csm"),
    "keym": _room(
        "keym/judging keym/keeping keym/asking keym/x509 keym/calendar.py"
        " keym/config.py keym/faults.py keym/wiring.py keym/lacking.py",
        "keym",
    ),
    "provisioning": _room("keym/provisioning", "pnc"),
    "prices": _room("bsw/prices secc/tariff.py secc/prices.py", "prices"),
    "planning": _room("evcc/planning", "prices"),
    "can": _room(
        "can_adapter/signals can_adapter/matrix can_adapter/drivers can_adapter/bus.py"
        " can_adapter/canif.py can_adapter/config.py",
        "can",
    ),
    "vehicle": _room("can_adapter/vehicle can_adapter/station", "vehicle"),
    "health": _room("evcc/health evcc/inlet evcc/sleep", "ecu"),
    "bus": _room("evcc/bus", "north vehicle"),
    "evcc": _room("evcc/session evcc/plug", "session"),
    "evcc-ecu": _room("evcc/ecu ecu", "ecu"),
    "evcc-contract": _room("evcc/contract", "pnc"),
    "secc": _room("secc/session secc/plug secc/power", "session"),
    "secc-iso20": _room("secc/session/handlers/iso20 evcc/session/handlers/iso20", "iso20"),
    "secc-contract": _room("secc/contract", "pnc"),
    "secc-ocpp": _room("secc/ocpp", "ocpp"),
    "ocpp": _room("ocpp", "ocpp"),
    "trace": _room("bsw/trace.py", "trace services"),
    "front": _room("pilotwire", "front"),
}

EQUIVALENT: Final[dict[str, str]] = {
    "bsw/prices/bill.py: begin < end -> (begin) <= (end)": (
        "a part of a course that lasts no time draws no energy and costs nothing"
    ),
    "bsw/prices/bill.py: course[place].begin < stack.end -> (course[place].begin) <= (stack.end)": (
        "what begins where the stack ends is left out by the next line, which asks the same"
    ),
}
"""A mutant's name without its line, and why it changes nothing that anybody could see."""


def files(room: str, root: Path) -> list[str]:
    """The modules of a room, by their paths from the root."""
    found: list[str] = []
    for said in ROOMS[room].paths:
        place = root / said
        paths = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        found += [path.relative_to(root).as_posix() for path in paths if path.exists()]
    return found


def without_line(name: str) -> str:
    path, _, rest = name.split(":", 2)
    return f"{path}:{rest}"
