"""Cases of ISO 15118-20 that a contract pays for: who is cheated about a challenge or a reading.

Both of our roles are there with their keys; what the case is about is changed on the way.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing
from bsw.chrgm.record import Heard
from bsw.os.clock import S
from bsw.v2gtp import PayloadType
from tools.bench.world.contract import Contract
from tools.bench.world.direct import Rig
from tools.conformance.judge import require
from tools.conformance.newer import vehicle
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.station.cases import Case

BOTH: Final = NewerSetup(inside="inside only: both of our roles take part, with keys of their own")
CHALLENGE: Final = bytes(16)
"""Drawn by nobody."""


def paying() -> Rig:
    rig = vehicle.full(vehicle.rig_of(BOTH))
    Contract(rig).give()
    return rig


def codes(rig: Rig) -> list[str]:
    """What each try to pay came to."""
    return [
        body.response_code.value
        for body in rig.bodies("AuthorizationRes")
        if body.evse_processing is Processing.FINISHED
    ]


def _other_challenge(heard: Heard) -> Heard:
    told = getattr(heard.body, "pnc_as_res_authorization_mode", None)
    if told is None:
        return heard
    changed = told.replace(gen_challenge=CHALLENGE)
    return replace(heard, body=heard.body.replace(pnc_as_res_authorization_mode=changed))


def _challenge(_setup: NewerSetup) -> None:
    """The vehicle signs what it was told, and that is not what the station drew [V2G20-2216]."""
    rig = paying()
    rig.twist = _other_challenge
    vehicle.run(rig)
    require(codes(rig)[:1] == ["WARNING_ChallengeInvalid"], f"answered with {codes(rig)}")
    wanted = [
        body.selected_authorization_service
        for body in rig.bodies("AuthorizationReq")
        if body.pnc_a_req_authorization_mode is not None
    ]
    require(bool(wanted), "no contract was shown")
    require(rig.charger.state.stop is False, "the station stops for a warning")


def _confirmation(_setup: NewerSetup) -> None:
    """Asked for by EVSEStatus with a MeterInfo, the reading comes signed in its own stream."""
    rig = paying()
    confirmed: list[int] = []
    rig.charger.subscribe("meter_confirmed", confirmed.append)
    rig.at(20 * S, rig.charger.confirm_meter)
    vehicle.run(rig)
    vehicle.ended(rig, Ending.TERMINATED)
    require(codes(rig) == ["OK"], f"paid with {codes(rig)}")
    came = [
        heard
        for _, side, heard in rig.said
        if side == "vehicle" and isinstance(heard.body, common.MeteringConfirmationReq)
    ]
    require(len(came) == 1, f"{len(came)} confirmations")
    kind = came[0].payload_type
    require(kind == PayloadType.METERING, f"under payload type {kind:#06x}")
    require(came[0].signature is not None, "not signed")
    reading: Any = came[0].body.signed_metering_data.meter_info.charged_energy_reading_wh
    require(confirmed == [reading], f"the station takes {confirmed} for {reading} Wh")


ROWS: Final[dict[str, tuple[str, Callable[[NewerSetup], None]]]] = {
    "PX-SECC20-012": ("station; GenChallenge differs -> WARNING_ChallengeInvalid", _challenge),
    "PX-EVCC20-018": ("vehicle; MeteringConfirmation asked for -> signed, 0x8102", _confirmation),
}


def cases() -> Iterator[Case]:
    for number, (title, play) in ROWS.items():
        yield Case(number, f"-20, PnC; {title}", play, BOTH)
