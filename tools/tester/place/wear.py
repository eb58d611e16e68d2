"""What a device has been through: a finding at a worn one may be another case's doing."""

from dataclasses import dataclass


@dataclass
class Wear:
    """``before`` is the case played last since the device was started; empty: it is as new."""

    before: str = ""
    failed: bool = False
    """It was not passed."""

    def played(self, case: str, *, good: bool) -> None:
        self.before, self.failed = case, not good

    def renewed(self) -> None:
        self.before, self.failed = "", False
