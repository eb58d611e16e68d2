"""What a back end answers to a vehicle's needs: schedules that it has, sent down as a profile.

Knows which transaction runs at which outlet, from the events of the station.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Fields = Mapping[str, Any]
Call = Callable[[str, Fields], None]
PROFILE: Final = 15_118
"""The number of the profiles that are sent so."""


@dataclass(slots=True)
class ScheduleOffice:
    """One station's.  ``schedules`` are up to three ``chargingSchedule`` without a beginning.

    ``transfers`` are those that are allowed; none named: all.
    """

    schedules: Sequence[Fields]
    transfers: Sequence[str] = ()
    running: dict[int, str] = field(default_factory=dict)

    def heard(self, event: Fields) -> None:
        """From each TransactionEvent."""
        name = event["transactionInfo"]["transactionId"]
        if "evse" in event:
            self.running[event["evse"]["id"]] = name
        if event["eventType"] == "Ended":
            self.running = {evse: one for evse, one in self.running.items() if one != name}

    def answer(self, needs: Fields, call: Call) -> Fields:
        """To NotifyEVChargingNeeds: promised only where it can be sent."""
        transaction = self.running.get(needs["evseId"])
        wanted = needs["chargingNeeds"]
        newest = "controlMode" in wanted  # 2.1 has a word for every answer
        if newest and self.transfers and wanted["requestedEnergyTransfer"] not in self.transfers:
            return {"status": "Rejected"}
        if not self.schedules or transaction is None:
            return {"status": "NoChargingProfile" if newest else "Rejected"}
        profile = {
            "id": PROFILE,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "transactionId": transaction,
            "chargingSchedule": list(self.schedules),
        }
        fields = {"evseId": needs["evseId"], "chargingProfile": profile}
        call("SetChargingProfile", fields)
        return {"status": "Accepted"}
