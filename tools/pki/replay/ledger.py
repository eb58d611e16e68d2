"""What was calculated again, and whether it came out the same."""

from collections.abc import Callable
from dataclasses import dataclass, field

from csm.errors import CsmError
from keym.provisioning.faults import ProvisioningError

TROUBLE = (ValueError, LookupError, TypeError, AttributeError, CsmError, ProvisioningError)
"""What a wrong or an ill-formed case ends in; each is counted as a failure of that case."""


@dataclass(frozen=True, slots=True)
class Case:
    """One number or decision of the file.  ``problem`` is empty if it was reproduced."""

    name: str
    problem: str = ""


@dataclass(slots=True)
class Ledger:
    """Collects cases under the name of their section."""

    place: str = ""
    cases: list[Case] = field(default_factory=list)

    def under(self, word: str) -> "Ledger":
        return Ledger(f"{self.place}.{word}" if self.place else word, self.cases)

    def holds(self, word: str, attempt: Callable[[], object]) -> None:
        """The attempt has to say yes."""
        self.check(word, attempt, wanted=True)

    def check(self, word: str, attempt: Callable[[], object], wanted: object) -> None:
        """The attempt has to give what the file says."""
        try:
            found = attempt()
        except TROUBLE as error:
            self.fail(word, f"{type(error).__name__}: {error}")
            return
        if found == wanted:
            self._note(word)
        else:
            self.fail(word, f"calculated {_shown(found)}, the file says {_shown(wanted)}")

    def refuses(self, word: str, attempt: Callable[[], object]) -> None:
        """The attempt has to be refused, in one of our own ways."""
        try:
            attempt()
        except (ValueError, CsmError, ProvisioningError):
            self._note(word)
        except TROUBLE as error:
            self.fail(word, f"{type(error).__name__}: {error}")
        else:
            self.fail(word, "accepted what must be refused")

    def fail(self, word: str, problem: str) -> None:
        self._note(word, problem)

    def _note(self, word: str, problem: str = "") -> None:
        self.cases.append(Case(f"{self.place}.{word}" if self.place else word, problem))


def _shown(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else repr(value)
    return text if len(text) <= 80 else f"{text[:76]}... ({len(text)} characters)"
