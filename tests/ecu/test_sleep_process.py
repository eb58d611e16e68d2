"""Pause, sleep and wake-up as processes on real sockets."""

from pathlib import Path

import pytest

from tests.ecu.processes import street


def ticks(pid: int) -> int:
    """CPU time so far, in hundredths of a second."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])


@pytest.mark.long
def test_a_paused_session_sleeps_and_goes_on_after_the_vehicle_woke_it(tmp_path: Path) -> None:
    with street(tmp_path, "sleep: {enabled: true, after: 1 s}\n") as here:
        charging = here.event("evcc", "asking", 120, what="CurrentDemand")
        here.say("pause yes")
        paused = here.event("evcc", "session ended", 60, charging)
        asleep = here.event("evcc", "ecu", 60, paused, state="sleep")
        here.say("network off")
        here.say("wake")
        here.say("network on")
        woken = here.event("evcc", "awake", 60, asleep, reason="vehicle network")
        here.event("evcc", "ecu", 30, woken, state="run")
        again = here.event("evcc", "asking", 90, woken, what="CurrentDemand")
        told = [record for record in here.said("evcc") if paused < record["time"] < again]
    missing = [record["fields"]["name"] for record in told if record["event"] == "event"
               and record["fields"]["failed"]]  # fmt: skip
    assert missing == []
