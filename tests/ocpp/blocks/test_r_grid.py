"""R: controls of the grid - taken, superseded, begun, ended, reported, cleared, and felt."""

from pathlib import Path
from typing import Any

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.steps import charge, rules
from tests.ocpp.blocks.test_k_smart_charging import at
from tests.ocpp.blocks.twoway import LEAST, MOST, flows, mode_profile, take, two_way
from tests.ocpp.site import Json, Site

V21 = Version.V21
MODES = "LimitMaxDischarge,FreqDroop,VoltWatt,EnterService,Gradients,FixedVar,FixedPFInject"


def grid(folder: Path, modes: str = MODES) -> Any:  # noqa: ANN401 - a context manager
    components = folder / "components"
    components.mkdir(exist_ok=True)
    element = {
        "component": {"name": "DCDERCtrlr"},
        "variable": {"name": "ModesSupported"},
        "variableAttribute": [{"mutability": "ReadOnly", "value": modes}],
        "each": "evse",
    }
    text = str([element]).replace("'", '"')
    (components / "inverter.json").write_text(text, encoding="utf-8")
    return two_way(folder, rules(components=components), V21)


def limit(percent: float = 50.0, priority: int = 5, **more: object) -> Json:
    return {"limitMaxDischarge": {"priority": priority, "pctMaxDischargePower": percent, **more}}


def droop(priority: int = 5, **more: object) -> Json:
    values = {
        "priority": priority,
        "overFreq": 50.2,
        "underFreq": 49.8,
        "overDroop": 5.0,
        "underDroop": 5.0,
        "responseTime": 1.0,
        **more,
    }
    return {"freqDroop": values}


def later(begin: float, duration: float = 60.0) -> Json:
    return {"startTime": at(begin), "duration": duration}


def put(whole: Site, name: str, kind: str, values: Json, *, default: bool = False) -> Json:
    fields = {"isDefault": default, "controlId": name, "controlType": kind, **values}
    return whole.ask("SetDERControl", fields)


def reports(whole: Site, **wanted: object) -> list[Json]:
    """What is told of controls, by kind of field."""
    before = len(whole.said("ReportDERControl"))
    answer = whole.ask("GetDERControl", {"requestId": 7, **wanted})
    assert answer["status"] == "Accepted", answer
    whole.run()
    return whole.said("ReportDERControl")[before:]


def names(whole: Site, **wanted: object) -> dict[str, bool]:
    """Which are there, and which of them count no more."""
    return {
        one["id"]: one.get("isSuperseded", False)
        for report in reports(whole, **wanted)
        for value in report.values()
        if isinstance(value, list)
        for one in value
    }


def notices(whole: Site) -> list[tuple[str, bool, list[str]]]:
    return [
        (each["controlId"], each["started"], each.get("supersededIds", []))
        for each in whole.said("NotifyDERStartStop")
    ]


def test_a_kind_that_is_not_supported(folder: Path) -> None:
    """R04.FR.01, R04.FR.36, R04.FR.43; V21."""
    with grid(folder) as whole:
        curve = {"priority": 1, "yUnit": "PctMaxVar", "curveData": [{"x": 1.0, "y": 1.0}]}
        assert put(whole, "A", "VoltVar", {"curve": curve}) == {"status": "NotSupported"}
        for action, more in (("GetDERControl", {"requestId": 1}), ("ClearDERControl", {})):
            fields = {"controlType": "VoltVar", "isDefault": True, **more}
            assert whole.ask(action, fields) == {"status": "NotSupported"}


def test_the_default_with_the_lower_number_counts(folder: Path) -> None:
    """R04.FR.02, R04.FR.03, R04.FR.09, R04.FR.11, V21."""
    with grid(folder) as whole:
        assert put(whole, "A", "FreqDroop", droop(5), default=True) == {"status": "Accepted"}
        assert set(whole.charger.controls) == {"A"}
        answer = put(whole, "B", "FreqDroop", droop(4), default=True)
        assert answer == {"status": "Accepted", "supersededIds": ["A"]}
        answer = put(whole, "C", "FreqDroop", droop(4), default=True)
        assert answer == {"status": "Accepted", "supersededIds": ["C"]}
        assert names(whole) == {"A": True, "B": False, "C": True}
        assert set(whole.charger.controls) == {"B"}


def test_a_scheduled_one_counts_while_it_lasts_whatever_the_default(folder: Path) -> None:
    """R04.FR.04, R04.FR.05, R04.FR.10, R04.FR.11; R04.FR.20, R04.FR.22: told; V21."""
    with grid(folder) as whole:
        put(whole, "D", "FreqDroop", droop(1), default=True)
        assert put(whole, "A", "FreqDroop", droop(5, **later(60))) == {"status": "Accepted"}
        assert set(whole.charger.controls) == {"D"}
        whole.run(60)
        assert set(whole.charger.controls) == {"A"}
        answer = put(whole, "E", "FreqDroop", droop(0), default=True)
        assert answer == {"status": "Accepted", "supersededIds": ["D"]}
        assert set(whole.charger.controls) == {"A"}
        whole.run(62)
        assert set(whole.charger.controls) == {"E"}
        assert notices(whole) == [("A", True, []), ("A", False, [])]
        assert names(whole) == {"D": True, "E": False}


def test_of_those_that_wait_the_lower_number_counts_at_once(folder: Path) -> None:
    """R04.FR.06, R04.FR.09, V21."""
    with grid(folder) as whole:
        put(whole, "A", "FreqDroop", droop(5, **later(60)))
        answer = put(whole, "B", "FreqDroop", droop(4, **later(90)))
        assert answer == {"status": "Accepted", "supersededIds": ["A"]}
        whole.run(70)
        assert not whole.charger.controls
        whole.run(30)
        assert set(whole.charger.controls) == {"B"}
        assert notices(whole) == [("B", True, [])]
        assert names(whole) == {"A": True, "B": False}
        whole.run(30)
        assert names(whole) == {"B": False}  # the other one is over and gone


def test_an_active_one_goes_on_until_a_better_one_begins(folder: Path) -> None:
    """R04.FR.07, R04.FR.21; R04.FR.08: a worse one never counts; V21."""
    with grid(folder) as whole:
        put(whole, "A", "FreqDroop", droop(5, **later(10, 300)))
        whole.run(15)
        assert put(whole, "B", "FreqDroop", droop(4, **later(60))) == {"status": "Accepted"}
        answer = put(whole, "C", "FreqDroop", droop(6, **later(60)))
        assert answer == {"status": "Accepted", "supersededIds": ["C"]}
        assert set(whole.charger.controls) == {"A"}
        whole.run(60)
        assert set(whole.charger.controls) == {"B"}
        assert notices(whole) == [("A", True, []), ("B", True, ["A"])]
        assert names(whole) == {"A": True, "B": False, "C": True}


ENTER = {"priority": 1, "highVoltage": 110.0, "lowVoltage": 90.0, "highFreq": 51.0, "lowFreq": 49.0}
GRADIENT = {"priority": 1, "gradient": 2.0, "softGradient": 1.0}


@pytest.mark.parametrize(
    ("kind", "values", "default"),
    [
        pytest.param("FreqDroop", droop(**later(60)), True, id="default-with-times"),
        pytest.param("FreqDroop", droop(startTime=at(60)), True, id="default-with-start"),
        pytest.param("FreqDroop", droop(duration=60.0), True, id="default-with-duration"),
        pytest.param("FreqDroop", droop(), False, id="scheduled-without-times"),
        pytest.param("FreqDroop", droop(startTime=at(60)), False, id="scheduled-without-duration"),
        pytest.param("FreqDroop", droop(**later(-120)), False, id="over"),
        pytest.param("EnterService", {"enterService": ENTER}, False, id="enter-scheduled"),
        pytest.param("Gradients", {"gradient": GRADIENT}, False, id="gradient-scheduled"),
        pytest.param("FreqDroop", limit(), True, id="other-field"),
        pytest.param("FreqDroop", {}, True, id="no-field"),
        pytest.param("FreqDroop", {**droop(), **limit()}, True, id="two-fields"),
    ],
)
def test_what_makes_no_sense_is_rejected(
    kind: str, values: Json, folder: Path, *, default: bool
) -> None:
    """R04.FR.12, R04.FR.13: default without times; R04.FR.14, R04.FR.15: always default;
    R04.FR.16, R04.FR.17: the field of the kind alone; V21."""
    with grid(folder) as whole:
        answer = put(whole, "A", kind, values, default=default)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == (
            "Rejected",
            "InvalidValue",
        )
        asked = whole.ask("GetDERControl", {"requestId": 1})
        assert asked == {"status": "NotFound"}


def test_controls_are_reported_by_what_is_asked_for(folder: Path) -> None:
    """R04.FR.30, R04.FR.31, R04.FR.32, R04.FR.33, R04.FR.34, R04.FR.35, R04.FR.37, V21."""
    with grid(folder) as whole:
        put(whole, "E", "EnterService", {"enterService": ENTER}, default=True)
        put(whole, "G", "Gradients", {"gradient": GRADIENT}, default=True)
        put(whole, "D", "FreqDroop", droop(1), default=True)
        put(whole, "S", "FreqDroop", droop(1, **later(60)))
        fixed = {"priority": 1, "displacement": 0.9, "excitation": True}
        put(whole, "P", "FixedPFInject", {"fixedPFInject": fixed}, default=True)
        curve = {"priority": 1, "yUnit": "PctMaxW", "curveData": [{"x": 1.0, "y": 1.0}]}
        put(whole, "V", "VoltWatt", {"curve": curve}, default=True)
        [report] = reports(whole)
        assert (report["requestId"], report["tbc"]) == (7, False)
        assert report["enterService"] == [{"id": "E", "enterService": ENTER}]
        assert report["gradient"] == [{"id": "G", "gradient": GRADIENT}]
        plain = {"isDefault": True, "isSuperseded": False}
        assert report["curve"] == [{"id": "V", "curve": curve, "curveType": "VoltWatt", **plain}]
        assert report["fixedPFInject"] == [{"id": "P", "fixedPF": fixed, **plain}]
        assert set(names(whole, controlType="FreqDroop")) == {"D", "S"}
        assert set(names(whole, controlType="FreqDroop", isDefault=False)) == {"S"}
        assert set(names(whole, controlId="S")) == {"S"}
        assert set(names(whole, controlId="S", controlType="FreqDroop")) == {"S"}
        for wanted in (
            {"controlId": "X"},
            {"controlId": "S", "isDefault": True},
            {"controlType": "FixedVar"},
            {"controlId": "S", "controlType": "VoltWatt"},
        ):
            answer = whole.ask("GetDERControl", {"requestId": 1, **wanted})
            assert answer == {"status": "NotFound"}, wanted
        for number in range(30):
            put(whole, f"N{number}", "FreqDroop", droop(9), default=True)
        told = reports(whole)
        assert [each["tbc"] for each in told] == [True, False]
        assert {each["requestId"] for each in told} == {7}


def test_controls_are_cleared(folder: Path) -> None:
    """R04.FR.41, R04.FR.42, R04.FR.44, R04.FR.45, R04.FR.46, V21."""
    with grid(folder) as whole:

        def clear(**wanted: object) -> str:
            return str(whole.ask("ClearDERControl", wanted)["status"])

        assert clear(isDefault=True) == "Accepted"  # all of none
        put(whole, "D", "FreqDroop", droop(1), default=True)
        put(whole, "L", "LimitMaxDischarge", limit(), default=True)
        put(whole, "S", "FreqDroop", droop(1, **later(60)))
        assert clear(isDefault=False, controlType="VoltWatt") == "NotFound"
        assert clear(isDefault=False, controlId="D") == "NotFound"
        assert clear(isDefault=True, controlId="S") == "NotFound"
        assert set(names(whole)) == {"D", "L", "S"}
        assert clear(isDefault=True, controlType="FreqDroop") == "Accepted"
        assert set(names(whole)) == {"L", "S"}
        assert clear(isDefault=False, controlId="S") == "Accepted"
        assert set(names(whole)) == {"L"}
        assert clear(isDefault=True) == "Accepted"
        assert whole.ask("GetDERControl", {"requestId": 1}) == {"status": "NotFound"}
        assert not whole.charger.controls


def test_controls_outlive_a_restart(folder: Path) -> None:
    """R01.FR.03, R02.FR.02, R03.FR.02, V21."""
    with grid(folder) as whole:
        put(whole, "D", "LimitMaxDischarge", limit(25), default=True)
        put(whole, "S", "FreqDroop", droop(1, **later(10, 3600)))
        whole.run(15)
    with grid(folder) as whole:
        whole.run(15)
        assert names(whole) == {"D": False, "S": False}
        assert set(whole.charger.controls) == {"D", "S"}
        assert notices(whole) == []  # it had begun before


def alarms(whole: Site) -> list[tuple[str, bool]]:
    return [
        (each["controlType"], each.get("alarmEnded", False))
        for each in whole.said("NotifyDERAlarm")
    ]


def test_the_grids_limit_holds_for_what_is_given_back_and_is_told_when_it_bites(
    folder: Path,
) -> None:
    """R05.FR.01: once at the begin; R05.FR.02: and once at the end; V21."""
    with grid(folder) as whole:
        assert take(whole, mode_profile(1, "CentralSetpoint", setpoint=-5000)) == "Accepted"
        charge(whole)
        put(whole, "D", "LimitMaxDischarge", limit(50), default=True)
        assert flows(whole) == (MOST, LEAST // 2, -5000)
        assert alarms(whole) == []
        put(whole, "S", "LimitMaxDischarge", limit(10, **later(30)))
        whole.run(60)
        assert flows(whole) == (MOST, LEAST // 10, -LEAST // 10)
        assert alarms(whole) == [("LimitMaxDischarge", False)]
        whole.run(40)
        assert flows(whole) == (MOST, LEAST // 2, -5000)
        assert alarms(whole) == [("LimitMaxDischarge", False), ("LimitMaxDischarge", True)]


def test_an_inverter_that_steps_in_is_told_of_once_and_by_its_last_cause(folder: Path) -> None:
    """R05.FR.01, R05.FR.02; R05.FR.03, R05.FR.04: another cause is no end; V21."""
    with grid(folder) as whole:
        der = whole.station.der
        for kind, fault in [
            ("VoltWatt", "OverVoltage"),
            ("VoltWatt", "OverVoltage"),
            ("FreqDroop", "OverFrequency"),
            (None, ""),
            (None, ""),
        ]:
            der.deviates(kind, fault, "phase 1" if kind == "VoltWatt" else "")
            whole.run(2)
        assert alarms(whole) == [("VoltWatt", False), ("FreqDroop", False), ("FreqDroop", True)]
        faults = [each["gridEventFault"] for each in whole.said("NotifyDERAlarm")]
        assert faults == ["OverVoltage", "OverFrequency", "OverFrequency"]
        assert whole.said("NotifyDERAlarm")[0]["extraInfo"] == "phase 1"
