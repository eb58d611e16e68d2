"""The monitor is silent on good sessions: a thousand of all protocols, drawn by seed."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.record import Said
from bsw.os.clock import MS, S
from secc.power.simulated import Ratings
from tools.bench.world.direct import Rig
from tools.capture.events import Event
from tools.capture.v2g import Place, V2gReader
from tools.monitor.judge import Judge

KINDS = (
    ("din", "DC_extended"),
    ("din", "DC_core"),
    ("iso2", "DC_extended"),
    ("iso2", "DC_core"),
    ("iso2", "AC_three_phase_core"),
    ("iso2", "AC_single_phase_core"),
    ("iso20-dc", "DC"),
    ("iso20-dc", "DC_BPT"),
    ("iso20-ac", "AC_three_phase_core"),
)


def drawn(seed: int) -> Rig:
    """A session as chance will have it, which nevertheless is a good one."""
    chance = random.Random(seed)
    protocol, mode = KINDS[seed % len(KINDS)]
    rig = Rig(
        protocol,
        mode=mode,
        secure=protocol.startswith("iso20"),
        seed=seed,
        ratings=Ratings(
            max_voltage=chance.uniform(500, 1000),
            max_current=chance.uniform(50, 500),
            cable_check=chance.randrange(500, 20_000) * MS,
            amps_per_second=chance.uniform(200, 600),
        ),
    )
    rig.latency = chance.randrange(1, 20) * MS
    rig.customer_after = chance.randrange(1, 20_000) * MS
    rig.state.soc = chance.uniform(5, 70)
    rig.state.max_current = chance.uniform(30, 500)
    rig.state.target_current = rig.state.max_current * chance.uniform(0.3, 1.0)
    rig.state.max_voltage = rig.pack.ocv + chance.uniform(30, 100)
    rig.state.target_voltage = rig.pack.ocv + chance.uniform(5, 25)
    ends = chance.randrange(40, 80) * S
    if chance.random() < 0.5:
        rig.at(ends, lambda: setattr(rig.state, "charging_complete", True))
    else:
        rig.at(ends, lambda: rig.charger.stop_charging(stop=True))
    return rig


def told(rig: Rig) -> Iterator[Event]:
    reader = V2gReader(Place(connection=1))
    for when, side, heard in rig.said:
        said = Said(heard.body, heard.signature, heard.payload_type)
        kind, octets = rig.dialect.encode(heard.session_id, said)
        event = reader.message(when, int(kind), octets, upward=side == "vehicle")
        assert event.message is not None
        yield event


def findings(seed: int) -> Counter[str] | None:
    """``None`` of a session that did not end well: our vehicle finds faults in some stations."""
    rig = drawn(seed).run(200 * S)
    if rig.ending("vehicle") is not Ending.TERMINATED:
        return None
    return Counter(
        f"{event.name} {one.rule}: {one.text}"
        for event, found in Judge().judged(told(rig))
        for one in found
    )


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_a_good_session_of_every_kind_breaks_no_rule(seed: int) -> None:
    assert findings(seed) == Counter()


@pytest.mark.long
@pytest.mark.parametrize("tenth", range(10))
def test_a_thousand_good_sessions_break_no_rule(tenth: int) -> None:
    seeds = iter(range(tenth, 1_200, 10))
    good = 0
    while good < 100:
        seed = next(seeds)
        found = findings(seed)
        assert not found, (seed, found)
        good += found is not None
