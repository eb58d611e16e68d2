"""From variables to the rules that the other blocks go by, and back from a file's settings.

The integrator's file gives the values a station has at first; what the back end sets afterwards
counts more.  Owns which variable stands for which rule.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bsw.os.clock import S
from ocpp.station.ledger import LedgerRules
from ocpp.station.outlets.points import Point, TxRules
from ocpp.station.provisioning.files import ComponentsUnusable
from ocpp.station.provisioning.kinds import unfit
from ocpp.station.provisioning.model import ACTUAL, Key, Model, Unknown

EVENTS: Final = "TransactionEvent"
SAMPLED: Final = "SampledDataCtrlr"


def factory(model: Model, tx: TxRules, ledger: LedgerRules, values: dict[str, str]) -> None:
    """Put an integrator's settings in; ``values`` are named ``Component.Variable``."""
    settings = {
        "TxCtrlr.TxStartPoint": _points(tx.start),
        "TxCtrlr.TxStopPoint": _points(tx.stop),
        "TxCtrlr.StopTxOnEVSideDisconnect": _flag(tx.stop_on_disconnect),
        "TxCtrlr.StopTxOnInvalidId": _flag(tx.stop_on_invalid),
        "TxCtrlr.MaxEnergyOnInvalidId": str(round(tx.max_energy)),
        "TxCtrlr.EVConnectionTimeOut": str(tx.connect_within // S),
        f"{SAMPLED}.TxUpdatedInterval": str(tx.updated_every // S),
        f"{SAMPLED}.SignReadings": _flag(tx.signs),
        **values,
    }
    model.set("OCPPCommCtrlr", "MessageAttempts", str(ledger.attempts), EVENTS)
    model.set("OCPPCommCtrlr", "MessageAttemptInterval", str(ledger.interval // S), EVENTS)
    model.set("OCPPCommCtrlr", "MessageTimeout", str(ledger.answer_within // S), "Default")
    for name, value in settings.items():
        _put(model, name, value)


def _put(model: Model, name: str, value: str) -> None:
    """Raises ``ComponentsUnusable`` for a variable that is not there or takes no such value."""
    component, _, rest = name.partition(".")
    variable, _, instance = rest.partition(".")
    try:
        found = model.find(Key(component), variable, instance)
    except Unknown as unknown:
        raise ComponentsUnusable(
            f"{name}: {unknown.status}; write Component.Variable or Component.Variable.Instance"
        ) from None
    wrong = unfit(found.traits, value) if value else ""
    if wrong:
        raise ComponentsUnusable(f"{name}: {value!r}: {wrong}; it takes {found.traits}")
    model.put(found, ACTUAL, value)


class Tuning:
    """Makes rules anew when one of their variables changes, and only then."""

    def __init__(
        self,
        model: Model,
        tx: TxRules,
        ledger: LedgerRules,
        *,
        retune: "Callable[[TxRules, LedgerRules], None]",
    ) -> None:
        """``tx`` and ``ledger`` hold what no variable says: parts of a second, for example."""
        self._model = model
        self._retune = retune
        self.ledger = ledger
        self._known = known = self._read()
        self.tx = replace(
            known[0],
            connect_within=_finer(tx.connect_within, known[0].connect_within),
            updated_every=_finer(tx.updated_every, known[0].updated_every),
        )
        self.ledger = replace(known[1], interval=_finer(ledger.interval, known[1].interval))
        model.listen(lambda _variable, _kind: self._look())

    def _look(self) -> None:
        known = self._read()
        if known != self._known:
            self._known = known
            self.tx, self.ledger = known
            self._retune(self.tx, self.ledger)

    def _read(self) -> tuple[TxRules, LedgerRules]:
        model = self._model
        tx = TxRules(
            start=_read_points(model, "TxStartPoint"),
            stop=_read_points(model, "TxStopPoint"),
            stop_on_disconnect=model.flag("TxCtrlr", "StopTxOnEVSideDisconnect"),
            stop_on_invalid=model.flag("TxCtrlr", "StopTxOnInvalidId"),
            max_energy=model.number("TxCtrlr", "MaxEnergyOnInvalidId"),
            connect_within=self._seconds("TxCtrlr", "EVConnectionTimeOut"),
            updated_every=self._seconds(SAMPLED, "TxUpdatedInterval"),
            **measured(model),
        )
        ledger = LedgerRules(
            attempts=int(model.number("OCPPCommCtrlr", "MessageAttempts", EVENTS)),
            interval=self._seconds("OCPPCommCtrlr", "MessageAttemptInterval", EVENTS),
            answer_within=self.ledger.answer_within,
            waiting=self.ledger.waiting,
        )
        return tx, ledger

    def _seconds(self, component: str, name: str, instance: str = "") -> int:
        return round(self._model.number(component, name, instance) * S)


def _finer(exact: int, whole: int) -> int:
    """A variable has whole seconds; what it was made from may have parts of one."""
    return exact if exact // S * S == whole else whole


def measured(model: Model) -> dict[str, Any]:
    """What is sampled, as ``TxRules`` say it."""
    return {
        "started": model.members(SAMPLED, "TxStartedMeasurands"),
        "updated": model.members(SAMPLED, "TxUpdatedMeasurands"),
        "ended": model.members(SAMPLED, "TxEndedMeasurands"),
        "ended_every": round(model.number(SAMPLED, "TxEndedInterval") * S),
        "signs": model.flag(SAMPLED, "SignReadings"),
    }


def _points(points: frozenset[Point]) -> str:
    return ",".join(point.value for point in Point if point in points)


def _read_points(model: Model, name: str) -> frozenset[Point]:
    return frozenset(Point(word) for word in model.members("TxCtrlr", name))


def _flag(value: bool) -> str:  # noqa: FBT001 - a value, not a switch
    return "true" if value else "false"
