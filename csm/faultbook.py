"""Remembers which faults of the crypto drivers stand, and tells the event memory what changes."""

from csm.errors import ContentError, CsmFault, DeviceError, FaultReporter


class FaultBook:
    """Which faults stand, so that the event memory hears of each change once.

    A fault of the device is healed by any success of its driver, a fault of what it keeps by the
    same job done well.
    """

    def __init__(self, report: FaultReporter) -> None:
        self._report = report
        self._standing: dict[tuple[str, CsmFault], tuple[str, bool]] = {}

    @property
    def any(self) -> bool:
        """Whether a fault stands; may be asked from any thread."""
        return bool(self._standing)

    def note(self, lane: str, job: str, error: Exception | None) -> None:
        if error is None:
            self._heal(lane, job)
        elif isinstance(error, DeviceError | ContentError):
            of_device = isinstance(error, DeviceError)
            known = self._standing.get((lane, error.fault))
            self._standing[lane, error.fault] = (job, of_device)
            if known is None:
                self._report(error.fault, failed=True, detail=str(error))

    def _heal(self, lane: str, job: str) -> None:
        for (where, fault), (cause, of_device) in list(self._standing.items()):
            if where == lane and (of_device or cause == job):
                del self._standing[where, fault]
                if all(standing is not fault for _, standing in self._standing):
                    self._report(fault, failed=False, detail=f"{job} succeeded")
