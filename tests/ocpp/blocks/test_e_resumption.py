"""E17, B13: transactions that outlive a power cut or a reset, and those that do not."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from ocpp.station.outlets.points import TxRules
from ocpp.station.outlets.vehicles import Vehicle
from ocpp.versions import Version
from tests.ocpp.blocks.steps import ALL, CARD, OTHER, charge, events, leave, points, rules
from tests.ocpp.site import Json, Site, site

V21 = Version.V21
ALLOWED = {
    "TxCtrlr.ResumptionTimeout": "300",
    "TxCtrlr.AllowEnergyTransferResumption": "true",
    "TariffCostCtrlr.Enabled.Tariff": "true",
}
AT = 1_900_000_000
Do = Callable[[Site], None]
Values = Mapping[str, str]
NONE: Values = {}


def before(folder: Path, do: Do = charge, *, version: Version = V21, values: Values = NONE) -> str:
    """A station that is cut from its power after this; the transaction that ran."""
    settings = rules(values={**ALLOWED, **{f"TxCtrlr.{k}": v for k, v in values.items()}})
    with site(folder, version, settings, clock=AT) as whole:
        do(whole)
        whole.run(61)
        return str(whole.station.outlet(1).transaction)


@contextmanager
def after(
    folder: Path,
    away: int = 30,
    *,
    version: Version = V21,
    here: bool = True,
    values: Values = NONE,
) -> Iterator[Site]:
    """The same one when power is back, ``here`` with the vehicle still plugged in."""
    settings = rules(values={**ALLOWED, **{f"TxCtrlr.{k}": v for k, v in values.items()}})
    with site(folder, version, settings, clock=AT + 65 + away, begin=False) as whole:
        if here:
            whole.station.plugged(1)
        whole.made.client.open()
        whole.run(2)
        yield whole


def told(whole: Site) -> list[tuple[str, str, str]]:
    """Of transactions: phase, reason, state."""
    return [
        (each["eventType"], each["triggerReason"], each["transactionInfo"]["chargingState"])
        for each in whole.said("TransactionEvent")
    ]


RESUMED = ("Updated", "TxResumed", "Charging")
LEFT = ("Updated", "ChargingStateChanged", "EVConnected")


def test_a_transaction_goes_on_when_power_is_back_soon(folder: Path) -> None:
    """E17.FR.01, E17.FR.02, E17.FR.10, E17.FR.11, E17.FR.14, B13.FR.30: V21.

    As the same transaction, without a gap in its numbers, from the same begin of its meter.
    """
    name = before(folder)
    with after(folder) as whole:
        assert told(whole) == [RESUMED, LEFT], "the session has not outlived it"
        whole.station.charging(1)
        whole.charger.wh += 700
        whole.run()
        leave(whole)
        heard = whole.said("TransactionEvent")
        assert {each["transactionInfo"]["transactionId"] for each in heard} == {name}
        numbers = [each["seqNo"] for each in heard]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert numbers[0] > 0
        assert told(whole)[-1][0] == "Ended"
        values = [
            value["value"]
            for reading in heard[-1]["meterValue"]
            for value in reading["sampledValue"]
            if value["context"] in {"Transaction.Begin", "Transaction.End"}
        ]
        assert values == [1000.0, 1700.0]
        assert whole.station.outlet(1).transaction is None


def test_energy_does_not_go_on_where_that_is_not_allowed(folder: Path) -> None:
    """E17.FR.12, E17.FR.13: V21."""
    before(folder)
    with after(folder, values={"AllowEnergyTransferResumption": "false"}) as whole:
        assert told(whole) == [("Updated", "TxResumed", "SuspendedEVSE")]
        assert whole.charger.limits[-1] == (1, 0.0)
        whole.station.charging(1)  # the vehicle has come back, and is offered nothing
        whole.run(100)
        assert told(whole)[-1][2] == "SuspendedEVSE"
        assert whole.charger.limits[-1] == (1, 0.0)
        leave(whole)
        charge(whole)
        assert whole.charger.limits[-1][1] != 0.0, "the next one is not held back"


def test_energy_goes_on_after_a_delay_by_chance(folder: Path) -> None:
    """E17.FR.18: V21."""
    before(folder)
    with after(folder, values={"EnergyTransferResumptionRandomRange": "600"}) as whole:
        assert told(whole) == [("Updated", "TxResumed", "SuspendedEVSE")]
        whole.station.charging(1)
        whole.run(1)
        assert whole.charger.limits[-1] == (1, 0.0)
        whole.run(600)
        assert whole.charger.limits[-1][1] != 0.0
        assert told(whole)[-1][2] == "Charging"


@pytest.mark.parametrize(
    ("away", "values"),
    [(400, {}), (30, {"ResumptionTimeout": "0"}), (-100, {})],
    ids=["too long", "not wanted", "a clock that was set back"],
)
def test_what_does_not_go_on_has_ended_with_the_power(
    away: int, values: dict[str, str], folder: Path
) -> None:
    """E17.FR.20, E17.FR.21, E17.FR.22: V21."""
    name = before(folder)
    with after(folder, away, values=values) as whole:
        [ended] = whole.said("TransactionEvent")
        assert (ended["eventType"], ended["triggerReason"]) == ("Ended", "AbnormalCondition")
        info = ended["transactionInfo"]
        assert (info["transactionId"], info["stoppedReason"]) == (name, "PowerLoss")
        assert whole.station.outlet(1).token is None
        assert whole.station.outlet(1).connector == 1


def test_a_vehicle_that_has_gone_meanwhile_has_ended_it(folder: Path) -> None:
    """E17.FR.17: V21."""
    before(folder)
    with after(folder, here=False) as whole:
        assert told(whole) == [], "it may still be there"
        whole.run(5)
        [ended] = whole.said("TransactionEvent")
        assert ended["triggerReason"] == "EVCommunicationLost"
        assert ended["transactionInfo"]["stoppedReason"] == "EVDisconnected"


def test_one_that_does_not_end_with_the_vehicle_goes_on_without_it(folder: Path) -> None:
    """E17.FR.16: V21."""
    stays = {"TxStopPoint": "Authorized", "StopTxOnEVSideDisconnect": "false"}
    before(folder, values=stays)
    with after(folder, here=False, values=stays) as whole:
        whole.run(5)
        assert told(whole)[-1] == ("Updated", "TxResumed", "Idle")
        assert whole.station.outlet(1).token == CARD
        whole.run(61)
        assert told(whole)[-1][:2] == ("Ended", "EVConnectTimeout"), "nobody has come back"


def test_without_a_pilot_it_waits_for_the_vehicle_to_speak(folder: Path) -> None:
    before(folder)
    with after(folder, here=False) as whole:
        whole.charger.sees = False
        whole.run(30)
        assert told(whole) == []
        whole.station.plugged(1)
        whole.run()
        assert told(whole)[0] == RESUMED
    before(folder, leave)


def test_without_a_pilot_one_that_never_comes_has_ended(folder: Path) -> None:
    before(folder)
    with after(folder, here=False) as whole:
        whole.charger.sees = False
        whole.run(400)
        assert [each[:2] for each in told(whole)] == [("Ended", "AbnormalCondition")]


def test_without_the_time_the_back_end_s_clock_decides(folder: Path) -> None:
    """A host whose clock is lost in a power cut hears it with the answer to its boot."""
    settings = rules(values=ALLOWED)
    with site(folder, V21, settings) as whole:
        charge(whole)
        whole.run(61)
    with site(folder, V21, settings, begin=False) as whole:
        whole.station.plugged(1)
        whole.run(10)
        assert whole.station.outlet(1).transaction is None
        assert whole.station.outlet(1).token is None, "nobody is let in meanwhile"
        whole.answers["BootNotification"] = {
            "status": "Accepted",
            "currentTime": "2030-01-01T00:03:00Z",
            "interval": 300,
        }
        whole.made.client.open()
        whole.run(3)
        assert told(whole)[0] == RESUMED


def test_nobody_else_is_paid_for(folder: Path) -> None:
    """The vehicle that comes back says that it is another one."""

    def named(whole: Site) -> None:
        charge(whole)
        whole.station.vehicles.came(1, Vehicle("02:00:00:00:00:01"))

    before(folder, named)
    with after(folder) as whole:
        assert whole.station.asks(1, "020000000001"), "the same, written otherwise"
        assert whole.station.outlet(1).token == CARD
    with after(folder) as whole:
        assert not whole.station.asks(1, "02:00:00:00:00:02")
        whole.run()
        assert told(whole)[-1][:2] == ("Ended", "EVCommunicationLost")
        assert whole.station.outlet(1).token is None
        assert ("stop", 1, "EVDisconnected") in whole.charger.told


def test_a_driver_who_comes_before_it_is_decided_is_a_new_one(folder: Path) -> None:
    name = before(folder)
    with after(folder, here=False) as whole:
        whole.station.presented(1, OTHER)
        whole.station.plugged(1)
        whole.run()
        heard = whole.said("TransactionEvent")
        assert heard[0]["transactionInfo"]["transactionId"] == name
        assert heard[0]["eventType"] == "Ended"
        assert heard[1]["eventType"] == "Started"
        assert heard[1]["idToken"]["idToken"] == OTHER.id


@pytest.mark.parametrize("stop", ["EnergyTransfer", "EnergyTransfer,EVConnected"])
def test_what_ends_with_the_flow_of_energy_has_ended(stop: str, folder: Path) -> None:
    before(folder, values={"TxStopPoint": stop})
    with after(folder, values={"TxStopPoint": stop}) as whole:
        assert [each[:2] for each in told(whole)] == [("Ended", "AbnormalCondition")]


def test_one_whose_end_was_ordered_has_ended(folder: Path) -> None:
    def ordered(whole: Site) -> None:
        charge(whole)
        whole.charger.rests = lambda _evse: None  # the way down takes long
        whole.station.presented(1, CARD)
        whole.run()
        assert whole.station.outlet(1).ending
        whole.station.outlet(1).measure()

    before(folder, ordered)
    with after(folder) as whole:
        assert [each[:2] for each in told(whole)] == [("Ended", "AbnormalCondition")]


def _total(whole: Site) -> float:
    cost = whole.said("TransactionEvent")[-1]["costDetails"]["totalCost"]
    return float(cost["total"]["exclTax"])


PRICES: Json = {
    "tariffId": "T1",
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.5}]},
    "fixedFee": {"prices": [{"priceFixed": 1.0}]},
    "idleTime": {"prices": [{"priceMinute": 100.0}]},
    "chargingTime": {"prices": [{"priceMinute": 60.0}]},
}


def test_a_charge_costs_what_it_took_on_both_sides_of_the_cut(folder: Path) -> None:
    """Energy of both, the fixed price once, and no minute without power."""

    def priced(whole: Site) -> None:
        answer = whole.ask("SetDefaultTariff", {"evseId": 0, "tariff": PRICES})
        assert answer["status"] == "Accepted"
        charge(whole)
        whole.charger.wh += 2000

    with site(folder, V21, rules(values=ALLOWED), clock=AT) as whole:
        priced(whole)
        whole.run(60)
        running = whole.station.tariffs.account(1)
        assert running is not None
    with after(folder, away=200, here=False) as whole:
        whole.charger.wh = 3000.0
        whole.station.plugged(1)
        whole.station.charging(1)
        whole.charger.wh += 2000
        whole.run(60)
        leave(whole)
        minutes = 2 + 3 / 60  # on both sides, and the last stamp is up to ten seconds old
        energy = 4 * 0.5 + 1.0
        assert energy + (minutes - 12 / 60) * 60 <= _total(whole) <= energy + (minutes + 0.1) * 100


def test_its_limits_hold_on(folder: Path) -> None:
    """600 Wh were allowed; 500 were taken before."""

    def limited(whole: Site) -> None:
        whole.answers["TransactionEvent"] = {"transactionLimit": {"maxEnergy": 600.0}}
        charge(whole)
        whole.charger.wh += 500

    before(folder, limited)
    with after(folder, here=False) as whole:
        whole.charger.wh = 1500.0
        whole.station.plugged(1)
        whole.station.charging(1)
        whole.run(2)
        assert whole.charger.limits[-1][1] != 0.0
        whole.charger.wh += 100
        whole.run(2)
        assert told(whole)[-1][1:] == ("EnergyLimitReached", "SuspendedEVSE")
        assert whole.charger.limits[-1] == (1, 0.0)


def test_its_profile_holds_on(folder: Path) -> None:
    """E17.FR.15, B13.FR.31, K01.FR.55: V21: the back end need not send it again."""

    def profiled(whole: Site) -> None:
        charge(whole)
        period = {"startPeriod": 0, "limit": 7.0}
        schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
        profile = {
            "id": 9,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "transactionId": whole.station.outlet(1).transaction,
            "chargingSchedule": [schedule],
        }
        answer = whole.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": profile})
        assert answer["status"] == "Accepted"

    before(folder, profiled)
    with after(folder) as whole:
        assert whole.charger.limits[-1] == (1, 7.0)
    with after(folder, away=4000) as whole:
        charge(whole)
        assert whole.charger.limits[-1][1] != 7.0, "it has gone with its transaction"


@ALL
def test_in_every_version_it_can_be_stopped_from_afar_afterwards(
    version: Version, folder: Path
) -> None:
    """The id that a 1.6 back end gave is still known."""
    name = before(folder, version=version)
    with after(folder, version=version) as whole:
        if version is Version.V16:
            answer = whole.ask("RemoteStopTransaction", {"transactionId": 1})
        else:
            answer = whole.ask("RequestStopTransaction", {"transactionId": name})
        assert answer["status"] == "Accepted"
        assert events(whole)[-1] == "Ended"


def reset(whole: Site, **more: object) -> str:
    return str(whole.ask("Reset", {"type": "ImmediateAndResume", **more})["status"])


def restarts(whole: Site) -> int:
    return whole.charger.told.count(("restart", 0, ""))


def test_a_reset_that_is_to_resume_is_refused_where_nothing_resumes(folder: Path) -> None:
    """B13.FR.01: V21."""
    with site(folder, V21, rules(values={**ALLOWED, "TxCtrlr.ResumptionTimeout": "0"})) as whole:
        charge(whole)
        assert reset(whole) == "Rejected"
        whole.run(20)
        assert not restarts(whole)
        assert whole.station.outlet(1).transaction


def test_a_reset_without_a_transaction_is_like_any_other(folder: Path) -> None:
    """B13.FR.02, B13.FR.03: V21."""
    with site(folder, V21, rules(values=ALLOWED)) as whole:
        assert reset(whole) == "Accepted"
        whole.run(3)
        assert restarts(whole) == 1
        assert told(whole) == []


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("away", [5, 4000])
def test_a_transaction_goes_on_after_a_reset_however_long_it_takes(
    away: int,
    allowed: bool,  # noqa: FBT001 - a parameter
    folder: Path,
) -> None:
    """B13.FR.04, B13.FR.20, B13.FR.22, B13.FR.23, B13.FR.24, B13.FR.25: V21."""
    with site(folder, V21, rules(values=ALLOWED), clock=AT) as whole:
        charge(whole)
        assert reset(whole) == "Accepted"
        assert whole.charger.limits[-1] == (1, 0.0)
        whole.run(3)
        assert told(whole)[-2:] == [
            ("Updated", "ChargingStateChanged", "SuspendedEVSE"),
            ("Updated", "ResetCommand", "SuspendedEVSE"),
        ]
        assert restarts(whole) == 1
        assert not [each for each in whole.charger.told if each[0] == "stop"]
        numbers = [each["seqNo"] for each in whole.said("TransactionEvent")]
    more = {"AllowEnergyTransferResumption": "true" if allowed else "false"}
    with after(folder, away, values=more) as whole:
        [boot] = whole.said("BootNotification")
        assert boot["reason"] == "RemoteReset"
        state = "Charging" if allowed else "SuspendedEVSE"
        assert told(whole) == [("Updated", "TxResumed", state)]
        assert whole.said("TransactionEvent")[0]["seqNo"] == numbers[-1] + 1
        assert (whole.charger.limits[-1][1] == 0.0) is not allowed


@pytest.mark.parametrize("allowed", [True, False])
def test_an_outlet_alone_goes_on_after_its_reset(allowed: bool, folder: Path) -> None:  # noqa: FBT001
    """B13.FR.10, B13.FR.11, B13.FR.12, B13.FR.13, B13.FR.14: V21."""
    more = {"TxCtrlr.AllowEnergyTransferResumption": "true" if allowed else "false"}
    with site(folder, V21, rules(values={**ALLOWED, **more}), clock=AT) as whole:
        charge(whole)
        charge(whole, 2, OTHER)
        assert reset(whole, evseId=1) == "Accepted"
        whole.run(3)
        assert not restarts(whole)
        first = whole.station.outlet(1).transaction
        reasons = [
            each["triggerReason"]
            for each in whole.said("TransactionEvent")[-3:]
            if each["transactionInfo"]["transactionId"] == first
        ]
        assert reasons == ["ChargingStateChanged", "ResetCommand", "TxResumed"]
        assert told(whole)[-1][2] == ("Charging" if allowed else "SuspendedEVSE")
        at_1 = [amperes for evse, amperes in whole.charger.limits if evse == 1]
        assert 0.0 in at_1
        assert (at_1[-1] == 0.0) is not allowed


def test_a_station_that_cannot_start_anew_goes_on_as_it_was(folder: Path) -> None:
    values = {**ALLOWED, "OCPPCommCtrlr.ResetRetries": "1"}
    with site(folder, V21, rules(values=values), clock=AT) as whole:
        whole.charger.restarts = False
        charge(whole)
        assert reset(whole) == "Accepted"
        whole.run(40)
        assert restarts(whole) == 2
        assert told(whole)[-1] == RESUMED
        assert whole.charger.limits[-1][1] != 0.0


def test_a_start_that_is_decided_before_the_vehicle_came_is_resumed(folder: Path) -> None:
    """Somebody is let in, and power goes before he has plugged in."""
    start = TxRules(start=points("Authorized"), stop=points("Authorized"))
    settings = rules(start, values=ALLOWED)
    with site(folder, V21, settings, clock=AT) as whole:
        whole.station.presented(1, CARD)
        whole.run(20)
    with site(folder, V21, settings, clock=AT + 40) as whole:
        assert told(whole) == [("Updated", "TxResumed", "Idle")]
        whole.run(70)
        assert told(whole)[-1][:2] == ("Ended", "EVConnectTimeout")
