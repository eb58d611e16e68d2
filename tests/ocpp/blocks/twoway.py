"""A site whose outlets take energy back, and steps of tests about both directions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ocpp.station.charging.composite import Limit, Supply
from ocpp.versions import Version
from tests.ocpp.blocks.steps import Change, rules
from tests.ocpp.site import Json, Site, site

WATTS: Final = 690.0
"""Of one ampere on three phases."""
BACK: Final = 20.0
MOST: Final = round(32 * WATTS)
LEAST: Final = round(BACK * WATTS)
ALL_MODES: Final = (
    "Idle,ChargingOnly,CentralSetpoint,ExternalSetpoint,ExternalLimits,CentralFrequency,"
    "LocalFrequency,LocalLoadBalancing"
)
EVERY_MODE: Final = rules(values={"V2XChargingCtrlr.SupportedOperationModes": ALL_MODES})
PLAIN: Final = rules()


@contextmanager
def two_way(folder: Path, change: Change = PLAIN, version: Version = Version.V21) -> Iterator[Site]:
    with site(folder, version, change, begin=False) as whole:
        whole.charger.fed = Supply(32.0, back=BACK)
        whole.charger.can = ("AC_three_phase", "AC_BPT")
        whole.made.client.open()
        whole.run(2)
        yield whole


def mode_profile(
    number: int, mode: str, *, level: int = 0, unit: str = "W", duration: int = 0, **period: object
) -> Json:
    """A default profile of one period; ``None`` leaves a field out."""
    fields = {name: value for name, value in period.items() if value is not None}
    schedule: Json = {
        "id": number,
        "chargingRateUnit": unit,
        "startSchedule": "2029-12-31T23:59:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "operationMode": mode, **fields}],
    }
    if duration:
        schedule["duration"] = duration
    return {
        "id": number,
        "stackLevel": level,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    }


def dynamic(wanted: Json, **more: object) -> Json:
    """The same, to be updated."""
    (schedule,) = wanted["chargingSchedule"]
    kept = {name: value for name, value in schedule.items() if name != "startSchedule"}
    return {**wanted, "chargingProfileKind": "Dynamic", "chargingSchedule": [kept], **more}


def take(whole: Site, wanted: Json, evse: int = 1) -> str:
    """Accepted, or the reason code."""
    answer = whole.ask("SetChargingProfile", {"evseId": evse, "chargingProfile": wanted})
    info = answer.get("statusInfo", {})
    return str(info.get("reasonCode", answer["status"]))


def now(whole: Site, evse: int = 1) -> Limit:
    """What the outlet was told last."""
    return [limit for place, limit in whole.charger.said if place == evse][-1]


def flows(whole: Site, evse: int = 1) -> tuple[int, int, int | None]:
    """Watts at most, watts back at most, watts wanted."""
    limit = now(whole, evse)
    wanted = None if limit.setpoint is None else round(limit.setpoint * WATTS)
    return round(limit.amperes * WATTS), round(limit.back * WATTS), wanted


def reported(whole: Site, number: int) -> Json:
    """A profile as the station has it."""
    before = len(whole.said("ReportChargingProfiles"))
    whole.ask(
        "GetChargingProfiles", {"requestId": 1, "chargingProfile": {"chargingProfileId": [number]}}
    )
    whole.run()
    [report] = whole.said("ReportChargingProfiles")[before:]
    [profile] = report["chargingProfile"]
    found: Json = profile
    return found
