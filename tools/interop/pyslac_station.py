# mypy: disable-error-code="import-not-found, misc"
# (pyslac lives in an environment of its own; see environments.py)
"""Runs pyslac as a station until it has matched; started with the interpreter that has it.

Prints READY once its modem has taken a key, then MATCHED with the network's id, or FAILED.
"""

import asyncio
import os
import sys
import time

import pyslac.session as pyslac
from pyslac.enums import STATE_MATCHED
from pyslac.environment import Config

LIMIT = 20.0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Controller(pyslac.SlacSessionController):
    async def notify_matching_failed(self, evse_id: str) -> None:  # noqa: ARG002 - as it calls it
        say("FAILED matching")


async def serve(interface: str) -> int:
    pyslac.SLAC_SETTLE_TIME = 0.05  # its own ten seconds are for real modems
    session = pyslac.SlacEvseSession("DE*XXX*E0001", interface, Config(slac_init_timeout=LIMIT))
    await asyncio.wait_for(session.evse_set_key(), 10)
    say("READY")
    controller = Controller()
    await controller.process_cp_state(session, "B")
    end = time.monotonic() + LIMIT
    while time.monotonic() < end and session.state != STATE_MATCHED:  # noqa: ASYNC110 - no event
        await asyncio.sleep(0.02)
    matched = session.state == STATE_MATCHED
    word = "MATCHED" if matched else "FAILED"
    say(f"{word} nid={session.nid.hex()} sounds={session.num_total_sounds}")
    return 0 if matched else 1


if __name__ == "__main__":
    os._exit(asyncio.run(serve(sys.argv[1])))  # it leaves tasks behind that never end
