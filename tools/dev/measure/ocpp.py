"""Measures OCPP messages: read, checked and written again, and what the first use costs."""

import json
import time
from typing import Final

from ocpp.catalogue import Catalogue
from ocpp.folder import Kind
from ocpp.frames import Call, FrameReader, write
from ocpp.versions import Version
from tools.exi.bench import per_call

INSTANT: Final = "2030-01-01T00:00:00Z"


def transaction_event() -> dict[str, object]:
    """With eight sampled values, as a station sends it each minute."""
    samples = [
        {
            "value": 230.5 + number,
            "measurand": "Voltage",
            "phase": "L1",
            "location": "Outlet",
            "unitOfMeasure": {"unit": "V"},
        }
        for number in range(8)
    ]
    return {
        "eventType": "Updated",
        "timestamp": INSTANT,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 3,
        "transactionInfo": {"transactionId": "t" * 36, "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": INSTANT, "sampledValue": samples}],
    }


def report(count: int) -> dict[str, object]:
    variables = [
        {
            "component": {"name": f"Component{number}", "evse": {"id": 1}},
            "variable": {"name": f"Variable{number}"},
            "variableAttribute": [{"type": "Actual", "value": str(number)}],
            "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": True},
        }
        for number in range(count)
    ]
    return {"requestId": 1, "generatedAt": INSTANT, "seqNo": 0, "reportData": variables}


def main() -> None:
    catalogue = Catalogue(Version.V21)
    for action, fields in (
        ("Heartbeat", {}),
        ("TransactionEvent", transaction_event()),
        ("NotifyReport", report(100)),
    ):
        octets = json.dumps(fields).encode()
        took = per_call(lambda data, name=action: again(catalogue, name, data), octets)  # type: ignore[misc]  # the name is bound
        print(f"{took:9.2f} us {action} ({len(octets)} octets) read, checked and written")
    frame = write(Call("1" * 36, "TransactionEvent", json.dumps(transaction_event()).encode()))
    reader = FrameReader(Version.V21, longest=1 << 20)
    print(f"{per_call(reader.read, frame):9.2f} us a frame of {len(frame)} octets taken apart")
    first_use()


def again(catalogue: Catalogue, action: str, octets: bytes) -> bytes:
    message = catalogue.decode(action, Kind.REQUEST, octets).message
    return catalogue.encode(action, Kind.REQUEST, message)


def first_use() -> None:
    """Every type of every version, from the files."""
    start = time.process_time_ns()
    count = 0
    for version in Version:
        catalogue = Catalogue(version)
        for action in catalogue.schemas.actions:
            for kind in Kind:
                if catalogue.schemas.knows(action, kind):
                    catalogue.type_of(action, kind)
                    count += 1
    took = (time.process_time_ns() - start) / 1_000_000
    print(f"{took:9.1f} ms to build all {count} types; one is built when it is first used")
