"""SetVariables and GetVariables: one result for each element, in the order asked [B05, B06].

What the back end sets is remembered over a restart; a password is set and never shown.
"""

from typing import Any, Final

import msgspec

from ocpp.catalogue import Message
from ocpp.station.desk import Desk, Json, Objection, Reply
from ocpp.station.memory import Memory
from ocpp.station.provisioning.model import (
    ACTUAL,
    WRITE_ONLY,
    Key,
    Model,
    Unfit,
    Unknown,
    Variable,
)
from ocpp.versions import Wrong

KEPT: Final = "variables"
_Rows = dict[str, str]


class Variables:
    """The block."""

    def __init__(self, desk: Desk, model: Model, memory: Memory) -> None:
        self._model = model
        self._memory = memory
        self._set: _Rows = memory.read(KEPT, dict[str, str], {})
        desk.take({"SetVariables": self._set_variables, "GetVariables": self._get_variables})

    def restore(self) -> None:
        """What the back end set before the restart; what no longer fits is forgotten."""
        for name, value in list(self._set.items()):
            component, instance, evse, connector, variable, which, kind = msgspec.json.decode(name)
            key = Key(component, instance, evse, connector)
            try:
                found = self._model.find(key, variable, which)
                self._model.check(found, kind, value)
            except (Unknown, Unfit):
                del self._set[name]
            else:
                self._model.put(found, kind, value)

    def put(self, variable: Variable, kind: str, value: str) -> None:
        """Set and remember."""
        self._model.put(variable, kind, value)
        attribute = variable.attributes[kind]
        if attribute.persistent:
            self._set[_name(variable, kind)] = value
            self._memory.write(KEPT, self._set)

    def _set_variables(self, message: Message) -> Reply:
        self._bounded(message.setVariableData, "SetVariables")
        return Reply(
            {"setVariableResult": [self._one_set(each) for each in message.setVariableData]}
        )

    def _one_set(self, wanted: Message) -> Json:
        kind = _text(wanted.attributeType, ACTUAL)
        result = _echo(wanted, kind)
        try:
            variable = self._model.find(
                key_of(wanted.component), wanted.variable.name, _text(wanted.variable.instance)
            )
            self._model.check(variable, kind, wanted.attributeValue)
        except Unknown as unknown:
            return {**result, "attributeStatus": unknown.status}
        except Unfit as unfit:
            return {**result, "attributeStatus": "Rejected", **_why(unfit)}
        self.put(variable, kind, wanted.attributeValue)
        reboot = variable.attributes[kind].reboot
        return {**result, "attributeStatus": "RebootRequired" if reboot else "Accepted"}

    def _get_variables(self, message: Message) -> Reply:
        self._bounded(message.getVariableData, "GetVariables")
        return Reply(
            {"getVariableResult": [self._one_got(each) for each in message.getVariableData]}
        )

    def _one_got(self, wanted: Message) -> Json:
        kind = _text(wanted.attributeType, ACTUAL)
        result = _echo(wanted, kind)
        try:
            variable = self._model.find(
                key_of(wanted.component), wanted.variable.name, _text(wanted.variable.instance)
            )
        except Unknown as unknown:
            return {**result, "attributeStatus": unknown.status}
        attribute = variable.attributes.get(kind)
        if attribute is None:
            return {**result, "attributeStatus": "NotSupportedAttributeType"}
        if attribute.mutability == WRITE_ONLY:
            return {**result, "attributeStatus": "Rejected", **_why(Unfit("WriteOnly"))}
        return {**result, "attributeStatus": "Accepted", "attributeValue": attribute.now}

    def _bounded(self, elements: list[Message], message: str) -> None:
        """Not more than the message takes [B06.FR.16]."""
        most = int(self._model.number("DeviceDataCtrlr", "ItemsPerMessage", message))
        if len(elements) > most:
            raise Objection(Wrong.OCCURRENCE, f"{message} takes {most} elements")


def key_of(component: Message) -> Key:
    """A component of a message."""
    evse, connector = 0, 0
    if component.evse is not msgspec.UNSET:
        evse = component.evse.id
        connector = component.evse.connectorId
        connector = 0 if connector is msgspec.UNSET else connector
    return Key(component.name, _text(component.instance), evse, connector)


def component_of(key: Key) -> Json:
    """The same in a message of ours."""
    found: Json = {"name": key.name}
    if key.instance:
        found["instance"] = key.instance
    if key.evse:
        found["evse"] = {"id": key.evse}
        if key.connector:
            found["evse"]["connectorId"] = key.connector
    return found


def variable_of(variable: Variable) -> Json:
    more = {"instance": variable.instance} if variable.instance else {}
    return {"name": variable.name, **more}


def _echo(wanted: Message, kind: str) -> Json:
    """As it was asked."""
    return {
        "component": msgspec.to_builtins(wanted.component),
        "variable": msgspec.to_builtins(wanted.variable),
        "attributeType": kind,
    }


def _why(unfit: Unfit) -> Json:
    more = {"additionalInfo": unfit.info[:512]} if unfit.info else {}
    return {"attributeStatusInfo": {"reasonCode": unfit.reason, **more}}


def _name(variable: Variable, kind: str) -> str:
    key = variable.component
    words: list[Any] = [key.name, key.instance, key.evse, key.connector]
    return msgspec.json.encode([*words, variable.name, variable.instance, kind]).decode()


def _text(value: object, default: str = "") -> str:
    if value is msgspec.UNSET:
        return default
    return str(getattr(value, "value", value))
