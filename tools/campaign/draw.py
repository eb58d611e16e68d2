"""From a seed to a session: a scenario, and what goes wrong in it meanwhile.

The same plan and seed give the same session.  Nothing is drawn later, so whoever has the steps
can leave some of them out and play what is left.
"""

from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Final

from bsw.chrgm.modes import Approach, mode_of
from bsw.chrgm.protocols import PROTOCOLS
from bsw.os.clock import MS, S
from tools.bench.hardware.faults import faults
from tools.bench.hardware.module_faults import MODULE_FAULTS
from tools.bench.scenarios.find import read
from tools.bench.scenarios.model import Scenario, Step
from tools.bench.scenarios.words import Condition, Order, order
from tools.bench.world.device_faults import DEVICE_FAULTS
from tools.campaign.plan import Plan

Blow = tuple[str, str]
"""An order, and the one that takes it back; empty where nothing does."""

Draw = Callable[[Random], Blow]

SHORTEST: Final = 100 * MS
LONGEST: Final = 40 * S
"""What is taken back is so after a time between these two."""

STAYS: Final = 0.4
"""The share of faults that nobody takes back."""


def _either(chance: Random) -> str:
    return chance.choice(("vehicle", "station"))


def _pick(*blows: Blow) -> Draw:
    return lambda chance: chance.choice(blows)


def _share(word: str, least: int, most: int, back: str = "") -> Draw:
    return lambda chance: (f"{word} {chance.randint(least, most)} %", back)


def _noise(chance: Random) -> Blow:
    role = _either(chance)
    return f"noise {role} {chance.choice((1, 5, 20, 60, 100))} %", f"noise {role} 0 %"


def _net(chance: Random) -> Blow:
    role = _either(chance)
    return f"net {role} down", f"net {role} up"


def _lag(chance: Random) -> Blow:
    return f"lag {chance.choice((20, 100, 400, 1200, 3000))} ms", "lag 2 ms"


def _clock(chance: Random) -> Blow:
    days = chance.choice((1, 60, 400, 4000))
    return f"clock {_either(chance)} {days * 86_400} s", ""


def _bus_faults() -> tuple[Blow, ...]:
    return tuple((f"fault {name}", f"mend {name}") for name, one in faults().items() if one.message)


def _unit_faults() -> tuple[Blow, ...]:
    """Of the vehicle; what is the plug's own is drawn with the pilot."""
    return tuple(
        (f"fault {name}", f"mend {name}")
        for name, one in faults().items()
        if not one.message and name not in PLUG
    )


PLUG: Final = ("plug pulled", "plug fault", "connector button", "lock jams")

DRAWS: Final[Mapping[str, tuple[Draw, ...]]] = {
    "vehicle": (_pick(*_unit_faults()),),
    "bus": (_pick(*_bus_faults()), _pick(*_bus_faults()), _noise),
    "module": (
        _pick(*((f"break {name}", f"repair {name}") for name in MODULE_FAULTS)),
        _share("derate", 0, 90, "derate 100 %"),
    ),
    "line": (
        _pick(("line 150 dB", "line 10 dB"), ("line 60 dB", "line 10 dB")),
        _share("lose", 1, 60, "lose 0 %"),
        _lag,
        _net,
        lambda chance: (f"modem {_either(chance)}", ""),
    ),
    "peer": (
        lambda chance: (f"spoil {_either(chance)}", ""),
        lambda chance: (f"spoil {_either(chance)} nonsense", ""),
    ),
    "pilot": (
        _pick(("diode short", "diode good"), ("pull", "")),
        _pick(*((f"fault {name}", f"mend {name}") for name in PLUG)),
    ),
    "token": (_pick(("token out", "token in")),),
    "clock": (_clock,),
    "hands": (
        _pick(("permit no", "permit yes"), ("pause yes", "wake"), ("renegotiate", "")),
        _pick(("station stop", ""), ("station pause", ""), ("station renegotiate", "")),
        _share("soc", 0, 100),
        _share("target", 20, 100),
        _pick(("pull", "plug")),
    ),
}


def draws_of(kind: str, approach: Approach) -> tuple[Draw, ...]:
    """What of a kind may be drawn where the vehicle meets its station in this way."""
    if kind != "device":
        return DRAWS[kind]
    if approach is Approach.PLUG:
        return ()
    here = (name for name, one in DEVICE_FAULTS.items() if one.only in {None, approach})
    return (_pick(*((f"disturb {name}", f"settle {name}") for name in here)),)


def draw(plan: Plan, seed: int) -> tuple[str, Scenario]:
    """The scenario's name, and the scenario as it is played."""
    chance = Random(f"campaign {seed}")  # noqa: S311 - the same again is what it is for
    name = chance.choice(plan.played)
    scenario = _read(name)
    count = 0 if chance.random() * 100 < plan.calm else chance.randint(0, plan.most)
    steps: list[Step] = []
    approach = mode_of(scenario.vehicle.mode).approach
    weights = plan.kinds.model_dump()
    kinds = {
        kind: weight for kind, weight in weights.items() if weight and draws_of(kind, approach)
    }
    if scenario.vehicle.contract == "none":
        kinds.pop("token", None)
    for _ in range(count if kinds else 0):
        kind = chance.choices(tuple(kinds), tuple(kinds.values()))[0]
        steps += _steps(chance, chance.choice(draws_of(kind, approach))(chance), scenario)
    fields = {"seed": seed, "within": min(plan.within, scenario.within), "meanwhile": tuple(steps)}
    return name, scenario.model_copy(update=fields)


@cache
def _read(name: str) -> Scenario:
    return read(name)


def _steps(chance: Random, blow: Blow, scenario: Scenario) -> list[Step]:
    when, after = _moment(chance, scenario)
    begin, back = blow
    steps = [_step(when, after, order(begin))]
    if back and chance.random() >= STAYS:
        lasts = int(SHORTEST * (LONGEST / SHORTEST) ** chance.random())
        steps.append(_step(when, after + _round(lasts), order(back)))
    return steps


def _moment(chance: Random, scenario: Scenario) -> tuple[Condition | None, int]:
    """At an exchange, while it charges, after the end, or at any time at all."""
    kind = chance.choices(("phase", "charging", "any", "ended"), (5, 4, 3, 1))[0]
    if kind == "phase":
        spoken = _exchanges(chance.choice(scenario.protocols))
        return Condition("phase", chance.choice(spoken)), _after(chance, 1 * S)
    if kind == "any":
        return None, _after(chance, 30 * S)
    return Condition(kind), _after(chance, 8 * S)


def _after(chance: Random, most: int) -> int:
    return _round(chance.randrange(0, most))


def _round(span: int) -> int:
    """A seed's file is read by people."""
    return span // (10 * MS) * 10 * MS


@cache
def _exchanges(protocol: str) -> tuple[str, ...]:
    return next(tuple(one.table.exchanges) for one in PROTOCOLS if one.name == protocol)


def _step(when: Condition | None, after: int, do: Order) -> Step:
    return Step(when=when, after=after, do=do)
