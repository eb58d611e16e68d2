"""What an integrator may set about sleep and about the rules over the ECU's modes.

Pure data, checked against the groups of modes there are.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import TIME, Duration, between
from bsw.os.clock import S
from evcc.sleep.rules import GROUPS, STANDARD


class SleepConfig(Part):
    """When the ECU leaves the vehicle's bus, and what wakes it."""

    enabled: bool = False
    after: Annotated[Duration, between("500 ms", "24 h", TIME)] = 10 * S
    """Nobody has needed the bus for so long."""

    quiet: Annotated[Duration, between("100 ms", "60 s", TIME)] = 2 * S
    """When the bus was silent for so long, any frame wakes; before, a wish of the vehicle does."""

    alone: Annotated[Duration, between("0 s", "60 s", TIME)] = 5 * S
    """Unplugged, and nobody else on the bus was heard for so long: our messages stop until somebody
    is, also where the ECU never sleeps; 0 s: they never stop."""

    before_departure: Annotated[Duration, between("0 s", "24 h", TIME)] = 0 * S
    """Wake so long before the vehicle wants to leave; 0 s: not for that."""


def _together(given: object) -> object:
    return (given,) if isinstance(given, str) else given


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, 1) or [", ".join(known)]
    return f"there is no {what} {name!r}; did you mean {close[0]}?"


Words = Annotated[tuple[str, ...], BeforeValidator(_together)]


class RuleConfig(Part):
    """``{when: {vehicle: Service}, do: no-charging}``: for as long as the modes are these."""

    when: dict[str, Words] = Field(default_factory=dict, examples=["{vehicle: Service}"])
    do: Literal["keep-awake", "less-current", "no-charging", "silence"] = "keep-awake"

    def problems(self) -> Iterable[Wrong]:
        if not self.when:
            yield Wrong("when", "a rule needs a condition", "when: {vehicle: Service}")
        for group, modes in self.when.items():
            if group not in GROUPS:
                yield Wrong("when", _unknown("group", group, tuple(GROUPS)))
                continue
            for mode in modes:
                if mode not in GROUPS[group]:
                    yield Wrong(f"when.{group}", _unknown("mode", mode, GROUPS[group]))


class ModesConfig(Part):
    """Rules beside the standard ones."""

    rules: dict[str, RuleConfig] = Field(
        default_factory=dict,
        examples=["{in the workshop: {when: {vehicle: Service}, do: no-charging}}"],
    )

    def problems(self) -> Iterable[Wrong]:
        for name in {rule.name for rule in STANDARD} & set(self.rules):
            yield Wrong(f"rules.{name}", "a standard rule has this name")
