"""Mode manager: rules over the ECU's modes, as pairs of condition and action.

Rooms report their modes; after each change the rules are looked at in their order, and those
whose condition has just become true (or false) act.  Nothing else in the ECU decides across rooms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bsw.dlt import Logger
from bsw.os.clock import Action

Modes = Mapping[str, str]
Condition = Callable[[Modes], bool]
ROUNDS = 16
"""Actions may change modes in turn; more rounds than this means that two rules fight."""


def nothing() -> None:
    """For a rule that acts on one edge only."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``then`` when the condition becomes true, ``otherwise`` when it becomes false."""

    name: str
    when: Condition
    then: Action
    otherwise: Action = field(default=nothing)


class FightingRules(RuntimeError):
    def __init__(self, names: list[str]) -> None:
        super().__init__(f"these rules change each other's modes for ever: {', '.join(names)}")


class BswM:
    def __init__(self, rules: tuple[Rule, ...], log: Logger) -> None:
        self._rules = rules
        self._log = log
        self._modes: dict[str, str] = {}
        self._held = dict.fromkeys((rule.name for rule in rules), False)
        self._busy = False
        self._again = False

    @property
    def modes(self) -> Modes:
        return dict(self._modes)

    def report(self, group: str, mode: str) -> None:
        """A room's mode is this now."""
        if self._modes.get(group) == mode:
            return
        self._modes[group] = mode
        self._log.debug("mode", group=group, mode=mode)
        if self._busy:
            self._again = True
            return
        self._settle()

    def _settle(self) -> None:
        self._busy = True
        try:
            for _ in range(ROUNDS):
                self._again = False
                acted = self._look()
                if not self._again:
                    return
            raise FightingRules(acted)
        finally:
            self._busy = False

    def _look(self) -> list[str]:
        acted = []
        for rule in self._rules:
            holds = rule.when(self._modes)
            if holds is not self._held[rule.name]:
                self._held[rule.name] = holds
                acted.append(rule.name)
                self._log.debug("rule", name=rule.name, holds=holds)
                (rule.then if holds else rule.otherwise)()
        return acted
