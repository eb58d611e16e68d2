"""Limits that run over several exchanges, armed and disarmed as the exchanges are answered."""

from collections.abc import Callable

from bsw.chrgm.sequence.model import Span
from bsw.os.scheduler import Alarm, Scheduler


class SpanWatch:
    """Calls ``passed`` with the span whose end did not come in time."""

    def __init__(
        self,
        scheduler: Scheduler,
        spans: tuple[Span, ...],
        limit: Callable[[Span], int | None],
        passed: Callable[[Span], None],
    ) -> None:
        self._scheduler = scheduler
        self._spans = spans
        self._limit = limit
        self._passed = passed
        self._alarms: dict[str, Alarm] = {}

    def begin(self, since: int) -> None:
        """The link came up at ``since``."""
        for span in self._spans:
            if not span.begin:
                self._arm(span, since)

    def answered(self, exchange: str) -> None:
        for span in self._spans:
            if span.end == exchange and span.name in self._alarms:
                self._alarms.pop(span.name).cancel()
            if span.begin == exchange:
                self._arm(span, self._scheduler.now)

    def stop(self) -> None:
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()

    def _arm(self, span: Span, since: int) -> None:
        limit = self._limit(span)
        if limit is not None and span.name not in self._alarms:
            self._alarms[span.name] = self._scheduler.at(
                since + limit, lambda: self._passed(span), name=f"span {span.name}"
            )
