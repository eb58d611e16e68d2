"""GetBaseReport and GetReport: parts of the device model, told in parts [B07, B08]."""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.desk import ACCEPTED, REJECTED, Desk, Json, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import (
    ACTUAL,
    READ_ONLY,
    WRITE_ONLY,
    Key,
    Variable,
)
from ocpp.station.provisioning.variables import component_of, key_of, variable_of

PER_MESSAGE: Final = 30
SUMMARY: Final = {"AvailabilityState", "Problem"}
CRITERIA: Final = {"Active", "Available", "Enabled", "Problem"}


class Reports:
    """The block.  One report is told at a time."""

    def __init__(self, desk: Desk, ground: Ground) -> None:
        self._ground = ground
        self._busy = False
        desk.take({"GetBaseReport": self._base, "GetReport": self._chosen})

    def gone(self) -> None:
        """The line is lost, and with it what was being told."""
        self._busy = False

    def _base(self, message: Message) -> Reply:
        wanted: dict[str, Callable[[Variable], bool]] = {
            "ConfigurationInventory": _is_set_by_operator,
            "FullInventory": lambda _variable: True,
            "SummaryInventory": lambda variable: variable.name in SUMMARY,
        }
        if self._busy:
            return Reply(REJECTED)
        chosen = [each for each in self._ground.model if wanted[message.reportBase](each)]
        return self._reply(message.requestId, chosen)

    def _chosen(self, message: Message) -> Reply:
        if self._busy:
            return Reply(REJECTED)
        chosen = list(self._ground.model)
        if message.componentVariable is not UNSET:
            named = message.componentVariable
            chosen = [each for each in chosen if any(is_named(each, one) for one in named)]
        if message.componentCriteria is not UNSET:
            criteria = message.componentCriteria
            chosen = [each for each in chosen if self._meets(each.component, criteria)]
        if not chosen:
            return Reply(status("EmptyResultSet"))
        return self._reply(message.requestId, chosen)

    def _reply(self, request: int, chosen: list[Variable]) -> Reply:
        return Reply(ACCEPTED, lambda: self._tell(request, chosen, 0))

    def _meets(self, component: Key, criteria: Iterable[str]) -> bool:
        """Any of them; but for Problem, a component without the variable meets it [B08.FR.07]."""
        mine = {
            each.name: each.actual.now
            for each in self._ground.model
            if each.component == component and ACTUAL in each.attributes
        }
        return any(mine.get(name, str(name != "Problem").lower()) == "true" for name in criteria)

    def _tell(self, request: int, rest: list[Variable], seq: int) -> None:
        """One part after the other's answer."""
        self._busy = True
        part, rest = rest[:PER_MESSAGE], rest[PER_MESSAGE:]
        fields: Json = {
            "requestId": request,
            "generatedAt": self._ground.stamp(),
            "seqNo": seq,
            "tbc": bool(rest),
            "reportData": [report_data(each) for each in part],
        }

        def told(answer: Message | None) -> None:
            if rest and answer is not None:
                self._tell(request, rest, seq + 1)
            else:
                self._busy = False

        # asked for by the back end, so it may be said while Pending as well [B02.FR.02]
        self._ground.questions.ask(("NotifyReport", fields), told)


def report_data(variable: Variable) -> Json:
    """A variable in the words of NotifyReport; what may only be written has no value."""
    attributes = []
    for kind, each in variable.attributes.items():
        shown: Json = {"type": kind, "mutability": each.mutability}
        if each.mutability != WRITE_ONLY:
            shown["value"] = each.now
        attributes.append({**shown, "persistent": each.persistent, "constant": each.constant})
    traits = variable.traits
    characteristics: Json = {
        "dataType": traits.data_type,
        "supportsMonitoring": traits.monitored,
        **({"unit": traits.unit} if traits.unit else {}),
        **({} if traits.least is None else {"minLimit": traits.least}),
        **({} if traits.most is None else {"maxLimit": traits.most}),
        **({"valuesList": ",".join(traits.values)} if traits.values else {}),
    }
    return {
        "component": component_of(variable.component),
        "variable": variable_of(variable),
        "variableAttribute": attributes,
        "variableCharacteristics": characteristics,
    }


def _is_set_by_operator(variable: Variable) -> bool:
    return any(each.mutability != READ_ONLY for each in variable.attributes.values())


def is_named(variable: Variable, one: Message) -> bool:
    """A component named without an EVSE or an instance means all of them [B08.FR.20 to FR.25]."""
    wanted, mine = key_of(one.component).folded(), variable.component.folded()
    fits = (
        wanted.name == mine.name
        and wanted.instance in {"", mine.instance}
        and wanted.evse in {0, mine.evse}
        and wanted.connector in {0, mine.connector}
    )
    if not fits or one.variable is UNSET:
        return fits
    instance = one.variable.instance
    same = one.variable.name.casefold() == variable.name.casefold()
    return same and (instance is UNSET or instance.casefold() == variable.instance.casefold())
