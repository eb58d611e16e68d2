"""What was spent of the budgets of wear, over a restart: none refills because the ECU began again.

A budget comes back with time, and time the ECU was off counts where the calendar says how long.
Where it does not, a restart costs that time and gives nothing.
"""

from collections.abc import Callable
from typing import Final

from bsw.nvm.service import Block, Nvm
from bsw.os.budget import Budget
from bsw.os.clock import S

BLOCK: Final = "wear"
VERSION: Final = 1


class KeptBudgets:
    """``adopt`` each budget under a name once; ``calendar`` is UNIX time, 0 if nobody knows it."""

    def __init__(self, nvm: Nvm, now: Callable[[], int], calendar: Callable[[], int]) -> None:
        self._nvm = nvm
        self._now = now
        self._calendar = calendar
        self._budgets: dict[str, Budget] = {}
        self._began = now()
        kept = nvm.register(Block(BLOCK, VERSION, {}))
        today, then = calendar(), int(kept.get("at", 0))
        off = max(0, today - then) * S if today and then else 0
        debts = kept.get("debts", {})
        self._found = {str(name): max(0, int(debt) - off) for name, debt in debts.items()}

    def adopt(self, name: str, budget: Budget) -> None:
        """Take off what was spent before, and keep what will be."""
        assert name not in self._budgets, f"two budgets are called {name}"
        now = self._now()
        budget.owe(now, self._unpaid(name, now))
        self._budgets[name] = budget
        budget.tell(self._write)

    def _unpaid(self, name: str, now: int) -> int:
        return max(0, self._found.get(name, 0) - (now - self._began))

    def _write(self) -> None:
        now = self._now()
        debts = {name: self._unpaid(name, now) for name in self._found}
        debts |= {name: budget.debt(now) for name, budget in self._budgets.items()}
        content = {"at": self._calendar(), "debts": {k: v for k, v in debts.items() if v}}
        self._nvm.write(BLOCK, content)
        self._nvm.flush()  # who makes us wear may also make us restart
