"""A back end that says whatever its schemas allow, and some things that they do not.

``strange(seed)`` plays one station in virtual time, in one of the versions: calls of any kind, most
of their numbers and names such as this station has.  It must answer each, and go on serving.
``python -m tests.ocpp.strange 0 1000`` plays many.
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final
from unittest.mock import patch

import msgspec

from bsw.os.scheduler import SchedulerFault
from ocpp.catalogue import Catalogue
from ocpp.happenings import Answered, TimedOut, TurnedDown
from ocpp.versions import Version
from tests.ocpp.blocks.steps import charge
from tests.ocpp.payloads import FILES, Json, Maker, altered, schema_of, version_of
from tests.ocpp.site import Site, site

CALLS: Final = 60
ENDS: Final = (Answered, TurnedDown, TimedOut)
UNKNOWN: Final = frozenset({"NotSupported", "NotImplemented"})
MOST: Final = 32.0
"""A of the outlet, in either direction."""
COMPONENTS: Final = (
    *("OCPPCommCtrlr", "AuthCtrlr", "TxCtrlr", "SampledDataCtrlr", "AlignedDataCtrlr", "EVSE"),
    *("SmartChargingCtrlr", "Connector", "DeviceDataCtrlr", "SecurityCtrlr", "TariffCostCtrlr"),
    *("LocalAuthListCtrlr", "ClockCtrlr", "MonitoringCtrlr", "ReservationCtrlr"),
)
VARIABLES: Final = (
    *("HeartbeatInterval", "TxStartPoint", "TxStopPoint", "Enabled", "TxUpdatedInterval"),
    *("Interval", "TxUpdatedMeasurands", "OfflineThreshold", "EVConnectionTimeOut"),
    *("StopTxOnInvalidId", "LimitChangeSignificance", "AvailabilityState", "MessageTimeout"),
    *("MessageAttempts", "NetworkConfigurationPriority", "WebSocketPingInterval"),
)
VALUES: Final = (
    *("0", "1", "60", "-1", "true", "false", "", "Authorized", "EVConnected"),
    *("PowerPathClosed,ParkingBayOccupancy", "Energy.Active.Import.Register,SoC"),
)


def _requests() -> dict[Version, list[tuple[str, Json]]]:
    found: dict[Version, list[tuple[str, Json]]] = {version: [] for version in Version}
    for path in FILES:
        action = path.stem.removesuffix("Request")
        if not action.endswith("Response") and action != "Reset":  # which ends the site
            found[version_of(path)].append((action, schema_of(path)))
    return found


REQUESTS: Final = _requests()
_UNSERVED: Final[set[tuple[Version, str]]] = set()
"""Answered so by the station: they are rare from then on."""


@dataclass
class Strange:
    """One run.  ``wrong`` is what must not be."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    answers: int = 0

    def play(self) -> "Strange":
        self._chance = chance = Random(self.seed)
        version = chance.choice(list(Version))
        folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        last = ""
        try:
            with site(folder, version) as whole:
                if chance.random() < 0.8:
                    charge(whole)
                for number in range(CALLS):
                    action, schema = chance.choice(REQUESTS[version])
                    if (version, action) in _UNSERVED and chance.random() < 0.97:
                        continue
                    fields = self._fields(schema, number)
                    last = f"{version.number} {action} {fields}"
                    self._call(whole, action, fields, last)
                self._judge(whole)
        except SchedulerFault as fault:
            self.wrong.append(f"{fault}, after {last}")
        finally:
            shutil.rmtree(folder)
        return self

    def _fields(self, schema: Json, number: int) -> Json:
        chance, seed = self._chance, (self.seed, number)
        made = Maker(schema, seed).payload(fullness=chance.choice((0.0, 0.3, 0.5, 1.0)))
        made.pop("vendorsOwn", None)
        tame = self._tame(made)
        return altered(tame, seed) if chance.random() < 0.15 else tame

    def _tame(self, value: Json, depth: int = 0) -> Json:
        """With numbers and names of things that are there."""
        if isinstance(value, list):
            return [self._tame(one, depth + 1) for one in value]
        if not isinstance(value, dict):
            return value
        made = {name: self._tamed(name, one, depth) for name, one in value.items()}
        if {"component", "variable"} <= made.keys():
            made["component"] = {"name": self._chance.choice(COMPONENTS)}
            made["variable"] = {"name": self._chance.choice(VARIABLES)}
        return made

    def _tamed(self, name: str, value: Json, depth: int) -> Json:
        chance = self._chance
        choices: dict[str, tuple[Any, ...]] = {
            "evseId": (0, 1, 1, 1, 2, 3),
            "connectorId": (0, 1, 1, 1, 2, 3),
            "stackLevel": (0, 1, 2),
            "requestId": (1, 2, 3),
            "reservationId": (1, 2, 3),
            "chargingProfileId": (1, 2, 3),
            "attributeValue": VALUES,
        }
        if name in choices and chance.random() < 0.85:
            return chance.choice(choices[name])
        if name == "transactionId" and isinstance(value, int):
            return chance.choice((1, 2))
        if name == "idToken" and isinstance(value, str):
            return chance.choice(("04E1", "04E2", "04E3", value))
        return self._tame(value, depth + 1)

    def _call(self, whole: Site, action: str, fields: Json, told: str) -> None:
        payload = msgspec.json.encode(fields, enc_hook=str)
        with patch.object(Catalogue, "encode", lambda *_given: payload):
            name = whole.made.backend.sessions[-1].call(action, {})
        whole.run(self._chance.choice((1, 1, 5, 60)))
        heard = reversed(whole.made.backend.heard)
        end = next((one for one in heard if isinstance(one, ENDS) and one.id == name), None)
        if end is None or isinstance(end, TimedOut):
            self.wrong.append(f"no answer to {told}")
            return
        self.answers += 1
        if isinstance(end, TurnedDown):
            if end.code in UNKNOWN:
                _UNSERVED.add((whole.version, action))
            if end.code == "InternalError":
                self.wrong.append(f"InternalError to {told}")

    def _judge(self, whole: Site) -> None:
        told = [limit for _, limit in whole.charger.limits if limit is not None]
        self.wrong += [f"a limit of {one} A" for one in told if not -MOST <= one <= MOST]
        sessions = len(whole.made.backend.sessions)
        if sessions != 1:
            self.wrong.append(f"{sessions} connections")


def strange(seed: int) -> Strange:
    return Strange(seed).play()


def main(first: int, end: int) -> int:
    wrong = answers = 0
    for seed in range(first, end):
        run = strange(seed)
        answers += run.answers
        wrong += bool(run.wrong)
        for one in run.wrong:
            sys.stdout.write(f"{seed}: {one[:600]}\n")
    sys.stdout.write(f"{end - first} runs, {answers} calls answered, {wrong} of them wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
