"""A car without a modem at an AC station with a back end: started, limited, paused and stopped."""

from pathlib import Path
from typing import Any

import pytest

from can_adapter.signals.values import EnergyTransferMode
from ocpp.versions import Version
from tests.ecu.test_backend_in_one_world import Chain, second_opinion  # noqa: F401 - a fixture

DEAF = 150
"""dB."""
AC: dict[str, Any] = {
    "vehicle": {"link": {"energy": "ac"}},
    "station": {"session": {"modes": ["AC_three_phase_core"]}},
}


def states(chain: Chain) -> list[str]:
    told = [one["transactionInfo"].get("chargingState") for one in chain.calls("TransactionEvent")]
    return [one for place, one in enumerate(told) if one and one not in told[:place][-1:]]


def limited(chain: Chain, amps: float) -> None:
    chain.office.call(
        "CS-7",
        "SetChargingProfile",
        {
            "evseId": 1,
            "chargingProfile": {
                "id": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": [
                    {
                        "id": 1,
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}],
                    }
                ],
            },
        },
    )


def drawn(chain: Chain) -> float:
    """A of one phase, as the car's charger takes them."""
    chain.pair.run(8.0)
    return chain.pair.hardware.vehicle.wires.ac.current


@pytest.mark.parametrize(
    "version", [pytest.param(Version.V201, marks=pytest.mark.long), Version.V21]
)
def test_a_charge_by_duty_cycle_is_the_back_ends(version: Version, tmp_path: Path) -> None:
    start = {"start": ["Authorized"], "stop": ["EVConnected", "Authorized"]}
    chain = Chain(tmp_path, version, soc=40.0, transactions=start, **AC)
    wishes = chain.pair.hardware.vehicle.vcu.wishes
    wishes.energy_transfer = EnergyTransferMode.AC_THREE_PHASE_CORE
    chain.pair.world.attenuate(DEAF)
    chain.pair.plug()
    chain.pair.run(30.0)
    assert drawn(chain) == 0.0, "nobody has paid"
    token = {"idToken": "FAR", "type": "ISO14443"}
    chain.office.call("CS-7", "RequestStartTransaction", {"remoteStartId": 7, "idToken": token})
    assert drawn(chain) == pytest.approx(16.0, abs=0.5)
    limited(chain, 10.0)
    assert drawn(chain) == pytest.approx(10.0, abs=0.5)
    limited(chain, 0.0)
    assert drawn(chain) == 0.0
    limited(chain, 8.0)
    assert drawn(chain) == pytest.approx(8.0, abs=0.5)
    [first, *_] = chain.calls("TransactionEvent")
    name = first["transactionInfo"]["transactionId"]
    chain.office.call("CS-7", "RequestStopTransaction", {"transactionId": name})
    assert drawn(chain) == 0.0
    chain.pair.run(60.0)
    assert drawn(chain) == 0.0, "a stop holds until the plug was out"
    chain.pair.unplug()
    chain.pair.run(10.0)
    told = chain.calls("TransactionEvent")
    assert [one["eventType"] for one in told if one["eventType"] != "Updated"] == [
        "Started",
        "Ended",
    ]
    assert [one["seqNo"] for one in told] == list(range(len(told)))
    assert told[-1]["transactionInfo"]["stoppedReason"] == "Remote"
    assert states(chain)[:4] == ["EVConnected", "Charging", "SuspendedEVSE", "Charging"]
    assert not chain.pair.station.outlet.results
