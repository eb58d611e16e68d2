"""A back end beside a scenario: booked exactly as ``v2g csms`` does it, told in a few words.

It lives in the scenario's world and on its clock.  The station is told where it is by its
configuration, as any station is.
"""

from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from bsw.dlt import silent
from bsw.os.clock import S
from csm.randomness import SeededRandomness
from ocpp.backend.office import Office
from ocpp.catalogue import Catalogue
from ocpp.connection import Means
from ocpp.server import Server
from ocpp.station.translation import timestamp
from ocpp.versions import Version
from secc.config import SeccConfig
from tools.bench.run.scene import BackEnd, Line, seconds
from tools.bench.scenarios.model import Scenario
from tools.bench.world.pair import Pair

PORT: Final = 9000
IDENTITY: Final = "CS-0001"
CARD: Final = "04E1A2B3"
KEPT: Final = 100
"""So many lines are known of: much may be said between two pictures."""
Fields = Mapping[str, Any]


def with_backend(scenario: Scenario, out: Path) -> Scenario:
    """The same, with a station that goes to the back end; where no contract pays, a card does."""
    said = scenario.station.ecu.model_dump(exclude_unset=True)
    store = out.absolute() / "secc.ocpp"
    for path in out.glob(f"{store.name}*"):
        if path.is_file():
            path.unlink()
    said["ocpp"] = {
        "url": f"ws://csms.bench:{PORT}/ocpp",
        "identity": IDENTITY,
        "store": {"file": str(store)},
        "driver": "card",
        "card": CARD,
        "transactions": {"start": ["Authorized"], "stop": ["EVConnected", "Authorized"]},
        **said.get("ocpp", {}),
    }
    ecu = SeccConfig.model_validate(said)
    station = scenario.station.model_copy(update={"ecu": ecu})
    return scenario.model_copy(update={"station": station})


class BackEndDesk:
    """Listens in the world of a pair.  ``lines`` are the last ones of what was said."""

    def __init__(self, pair: Pair, unix: int) -> None:
        """``unix`` is the date when the pair's clock is 0."""
        self._pair = pair
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._count = 0
        scheduler = pair.scheduler
        self.office = Office(scheduler, self, now=lambda: timestamp(unix * S + scheduler.now))
        catalogues = {version: Catalogue(version) for version in Version}
        chance = SeededRandomness("back end")
        means = Means(scheduler, chance, catalogues, silent().logger("csms"))
        Server(means, self.office).listen(pair.world.backend, port=PORT)

    def told(self, station: str, what: str, action: str, fields: object) -> None:
        """From the office."""
        del station
        text = _words(what, action, fields if isinstance(fields, Mapping) else {})
        if text is not None:
            self._count += 1
            name = action if what == "call" else what
            side = "station" if what == "call" else "back end"
            self._lines.append(Line(seconds(self._pair.scheduler.now), side, name, text))

    @property
    def scene(self) -> BackEnd:
        events, repeats = self.office.events(IDENTITY), self.office.repeats(IDENTITY)
        return BackEnd(self._count, events, repeats, tuple(self._lines))


def _words(what: str, action: str, fields: Fields) -> str | None:
    """What a person wants to know of it; ``None``: nothing."""
    if what == "connected":
        return f"OCPP {action.removeprefix('ocpp')}"
    if what == "gone":
        return str(fields.get("why", ""))
    if what != "call":
        return None
    known: Mapping[str, Callable[[Fields], str]] = {
        "BootNotification": lambda it: str(it.get("reason", "")),
        "StatusNotification": lambda it: f"connector {it['connectorStatus']}",
        "Authorize": lambda it: str(it["idToken"]["idToken"]),
        "TransactionEvent": _event,
        "NotifyEVChargingNeeds": _needs,
    }
    tell = known.get(action)
    return tell(fields) if tell is not None else ""


def _event(fields: Fields) -> str:
    info = fields["transactionInfo"]
    told = [f"{fields['eventType']} {fields['seqNo']}", str(info.get("chargingState", ""))]
    told.append(str(info.get("stoppedReason", "")))
    energy = _energy(fields)
    if energy is not None:
        told.append(f"{energy / 1000:.2f} kWh")
    return ", ".join(word for word in told if word)


def _energy(fields: Fields) -> float | None:
    """The last reading of the register, in Wh."""
    samples = [each for value in fields.get("meterValue", ()) for each in value["sampledValue"]]
    found = [
        float(each["value"]) * 10 ** each.get("unitOfMeasure", {}).get("multiplier", 0)
        for each in samples
        if each.get("measurand", "Energy.Active.Import.Register").startswith("Energy.")
    ]
    return found[-1] if found else None


def _needs(fields: Fields) -> str:
    needs = fields["chargingNeeds"]
    return str(needs.get("requestedEnergyTransfer", ""))
