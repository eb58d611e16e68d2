"""Steps that tests of the blocks share: a site, its drivers, its variables."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ocpp.happenings import TurnedDown
from ocpp.station.outlets.points import Point, TxRules
from ocpp.station.records import Token
from ocpp.station.rules import StationRules
from ocpp.versions import Version
from tests.ocpp.site import Json, Site

ALL = pytest.mark.parametrize("version", Version)
SINCE_2 = pytest.mark.parametrize("version", [Version.V201, Version.V21])
CARD = Token("04E1")
OTHER = Token("04E2")
Change = Callable[[StationRules], StationRules]


def points(*names: str) -> frozenset[Point]:
    return frozenset(Point(name) for name in names)


def rules(tx: TxRules | None = None, **changes: Any) -> Change:  # noqa: ANN401 - fields of StationRules
    """A site with other settings; ``values`` are variables."""

    def change(before: StationRules) -> StationRules:
        return replace(before, tx=tx or before.tx, **changes)

    return change


def variable(name: str, instance: str = "") -> Json:
    component, _, variable_name = name.partition(".")
    more = {"instance": instance} if instance else {}
    return {"component": {"name": component}, "variable": {"name": variable_name, **more}}


def put(whole: Site, name: str, value: str, instance: str = "") -> str:
    """Set a variable; the status."""
    data = {**variable(name, instance), "attributeValue": value}
    [result] = whole.ask("SetVariables", {"setVariableData": [data]})["setVariableResult"]
    return str(result["attributeStatus"])


def got(whole: Site, name: str, instance: str = "") -> str:
    """A variable's value, or why there is none."""
    answer = whole.ask("GetVariables", {"getVariableData": [variable(name, instance)]})
    [result] = answer["getVariableResult"]
    return str(result.get("attributeValue", result["attributeStatus"]))


def changed(whole: Site, key: str, value: str) -> str:
    """Set a key of 1.6; the status."""
    answer = whole.ask("ChangeConfiguration", {"key": key, "value": value})
    return str(answer["status"])


def refusal(whole: Site, action: str, fields: Json) -> str:
    """The code of the error that answers a call."""
    whole.made.backend.sessions[-1].call(action, fields)
    whole.run()
    last = [each for each in whole.made.backend.heard if isinstance(each, TurnedDown)][-1]
    return last.code


def states(whole: Site) -> list[tuple[int, str]]:
    """What was said of outlets."""
    found = []
    for fields in whole.said("StatusNotification"):
        if "evseId" in fields:
            found.append((fields["evseId"], fields["connectorStatus"]))
        elif fields["connectorId"]:
            found.append((fields["connectorId"], fields["status"]))
    return found


def events(whole: Site) -> list[str]:
    """What was said of transactions, in words that all versions share."""
    names = {"StartTransaction": "Started", "MeterValues": "Updated", "StopTransaction": "Ended"}
    return [
        str(fields.get("eventType", names.get(action)))
        for action, fields in whole.heard
        if action in {"TransactionEvent", *names}
        and (action != "MeterValues" or "transactionId" in fields)
    ]


def charge(whole: Site, evse: int = 1, token: Token = CARD) -> None:
    """Somebody plugs in, is let in, and takes energy."""
    whole.station.plugged(evse)
    whole.station.presented(evse, token)
    whole.run()
    whole.station.charging(evse)
    whole.run()


def leave(whole: Site, evse: int = 1, token: Token = CARD) -> None:
    """Stop with the card and go."""
    whole.station.presented(evse, token)
    whole.run()
    whole.station.stopped(evse)
    whole.station.unplugged(evse)
    whole.run()


def parts(whole: Site, action: str, data: str) -> list[Any]:
    """All elements of a report in parts, which were numbered and closed as they should."""
    said = whole.said(action)
    assert [each.get("seqNo", 0) for each in said] == list(range(len(said)))
    assert [each.get("tbc", False) for each in said] == [True] * (len(said) - 1) + [False]
    return [element for each in said for element in each.get(data, [])]


def remote_start(version: Version, evse: int | None = 1) -> tuple[str, dict[str, object]]:
    if version is Version.V16:
        place = {} if evse is None else {"connectorId": evse}
        return "RemoteStartTransaction", {"idTag": "REMOTE", **place}
    place = {} if evse is None else {"evseId": evse}
    token = {"idToken": "REMOTE", "type": "ISO14443"}
    return "RequestStartTransaction", {"remoteStartId": 42, "idToken": token, **place}
