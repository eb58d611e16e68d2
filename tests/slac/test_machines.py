"""Whatever a machine is told, in whatever order: no exception, no busy loop, bounded memory."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bsw.cp.pilot import PilotState
from bsw.os.clock import MS, S
from bsw.slac.config import SlacConfig, Validation, VehiclePolicy
from bsw.slac.frames.frame import Frame, encode
from bsw.slac.frames.layout import Message
from bsw.slac.frames.mme import (
    AttenCharInd,
    AttenCharRsp,
    AttenProfileInd,
    MnbcSoundInd,
    SlacMatchCnf,
    SlacMatchReq,
    SlacParmCnf,
    SlacParmReq,
    StartAttenCharInd,
    ValidateCnf,
    ValidateReq,
)
from bsw.slac.keys import NetworkKey
from bsw.slac.matching.events import Agreed, Failed, Output, Send
from bsw.slac.matching.station import StationMatching
from bsw.slac.matching.vehicle import State, VehicleMatching
from bsw.slac.outcome import Reason
from csm.randomness import SeededRandomness

EV, SE, OTHER = (bytes.fromhex(text) for text in ("02000000ee01", "020000005e01", "020000007701"))
RUNS = (bytes(8), b"\x01" * 8, b"run-id-x")
KEY = NetworkKey.from_nmk(bytes(16))
CONFIGS = (
    SlacConfig.conformance(),
    SlacConfig.field(),
    SlacConfig(vehicle=VehiclePolicy(validation=Validation.ALWAYS)),
)

macs = st.sampled_from((EV, SE, OTHER))
small = st.integers(0, 5)
delays = st.sampled_from((0, 1, 20 * MS, 100 * MS, 200 * MS, 600 * MS, 3 * S, 15 * S))


def to_vehicle(kind: int, run_id: bytes, number: int) -> Message:
    """A message of a station, right but for what the numbers say."""
    groups = bytes([number * 20]) * 58
    return (
        SlacParmCnf(forwarding_sta=EV, run_id=run_id, num_sounds=number * 2),
        AttenCharInd(source_address=EV, run_id=run_id, num_sounds=number, groups=groups),
        ValidateCnf(result=number, toggles=number % 4),
        SlacMatchCnf(pev_mac=EV, evse_mac=SE, run_id=run_id, nid=KEY.nid, nmk=KEY.nmk),
        SlacParmReq(run_id=run_id),
    )[kind % 5]


def to_station(kind: int, run_id: bytes, number: int) -> Message:
    """A message of a vehicle or of the own modem."""
    return (
        SlacParmReq(run_id=run_id),
        StartAttenCharInd(forwarding_sta=EV, run_id=run_id, num_sounds=number),
        MnbcSoundInd(count=number, run_id=run_id, random=bytes(16)),
        AttenProfileInd(pev_mac=EV, groups=bytes([number * 9]) * 58),
        AttenCharRsp(source_address=EV, run_id=run_id, result=number // 5),
        ValidateReq(timer=number * 7, result=number % 5),
        SlacMatchReq(pev_mac=EV, evse_mac=SE, run_id=run_id),
    )[kind % 7]


steps = st.lists(
    st.tuples(st.integers(0, 11), macs, st.sampled_from(RUNS), small, delays), max_size=60
)


def settled(machine: VehicleMatching | StationMatching, now: int) -> list[Output]:
    """Let it ring what is due; afterwards nothing is due any more."""
    said = machine.tick(now)
    assert machine.deadline is None or machine.deadline > now
    for output in said:
        if isinstance(output, Send):
            encode(Frame(output.to, EV, output.message))
    return said


@given(st.sampled_from(CONFIGS), steps)
def test_a_vehicle_takes_anything_in_any_order(
    config: SlacConfig, story: list[tuple[int, bytes, bytes, int, int]]
) -> None:
    machine = VehicleMatching(config, EV, SeededRandomness(1))
    machine.start(0)
    now = 0
    for action, source, run_id, number, delay in story:
        now += delay
        settled(machine, now)
        if action == 8:
            machine.start(now)
        elif action == 9:
            machine.stop(now)
        elif action == 10:
            machine.join_failed(Reason.JOIN_TIMEOUT, now)
        elif action == 11:
            machine.joined(now)
        else:
            run = machine.run_id if number else run_id
            said = machine.receive(Frame(EV, source, to_vehicle(action, run, number)), now)
            agreed = [output for output in said if isinstance(output, Agreed)]
            assert all(output.peer == source for output in agreed)
        settled(machine, now)
    finishes(machine, now)


def finishes(machine: VehicleMatching, now: int) -> None:
    """Left alone it comes to rest: joined or joining by others' doing, or failed by name."""
    end = now + 100 * S
    failed = False
    while machine.deadline is not None and machine.deadline < end:
        said = settled(machine, machine.deadline)
        failed |= any(isinstance(output, Failed) for output in said)
    assert machine.state in {State.IDLE, State.JOINING, State.JOINED}
    assert machine.deadline is None


@given(st.sampled_from(CONFIGS), steps)
def test_a_station_takes_anything_in_any_order(
    config: SlacConfig, story: list[tuple[int, bytes, bytes, int, int]]
) -> None:
    machine = StationMatching(config, SE)
    machine.key = KEY
    machine.start(0)
    now = 0
    for action, source, run_id, number, delay in story:
        now += delay
        settled(machine, now)
        if action == 7:
            machine.pilot((PilotState.B, PilotState.C)[number % 2], now)
        elif action == 8:
            machine.start(now)
        elif action == 9:
            machine.stop(now)
        elif action == 10:
            machine.join_failed(Reason.JOIN_TIMEOUT, now)
        elif action == 11:
            machine.joined(now)
        else:
            message = to_station(action, run_id, number)
            if isinstance(message, SlacMatchReq):
                message = replace(message, pev_mac=source)
            machine.receive(Frame(SE, source, message), now)
        settled(machine, now)
        assert len(machine.sessions) <= config.counts.c_evse_match_parallel
        assert len(machine.waiting) <= config.counts.c_evse_match_waiting
    rests(machine, now)


def rests(machine: StationMatching, now: int) -> None:
    end = now + 200 * S
    while machine.deadline is not None and machine.deadline < end:
        settled(machine, machine.deadline)
    assert machine.deadline is None
