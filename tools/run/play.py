"""One run of the main job: station first, then the vehicle, until both have ended.

The frame knows processes, deadlines, traces and exit statuses.  What the ECUs say to each other
is theirs; all it takes from them is the address the station listens on.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from bsw.trace_file import Verdict, verify
from tools.run.children import Children, Said
from tools.run.view import View


@dataclass(frozen=True, slots=True)
class Plan:
    """Where traces go, which configurations to use, how long it may take."""

    out: Path
    evcc: tuple[str, ...] = ()
    secc: tuple[str, ...] = ()
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended.  ``reason`` is empty if and only if all went well."""

    reason: str
    outcome: str
    seconds: float
    traces: dict[Path, Verdict]


class Play:
    def __init__(self, plan: Plan, view: View) -> None:
        self._plan = plan
        self._view = view
        self._children = Children(self._hear)
        self._listening: Said | None = None
        self._vehicle_started = False
        self._endings: dict[str, str] = {}
        self._faults: list[str] = []

    def run(self) -> Result:
        began = time.monotonic()
        self._plan.out.mkdir(parents=True, exist_ok=True)
        try:
            reason = self._until_both_ended(began + self._plan.timeout)
        except KeyboardInterrupt:
            reason = "interrupted"
        finally:
            self._children.stop()
            self._view.close()
        traces = {
            path: verify(path) for path in map(self._trace, ("evcc", "secc")) if path.exists()
        }
        seconds = time.monotonic() - began
        return Result(
            reason or self._judged(traces), self._endings.get("evcc", ""), seconds, traces
        )

    def _until_both_ended(self, deadline: float) -> str:
        self._start("secc", list(self._plan.secc))
        while self._children.running:
            if time.monotonic() > deadline:
                running = " and ".join(self._children.running)
                return f"not over after {self._plan.timeout:g} s; {running} still running"
            self._children.listen(0.1)
            self._view.tick()
            if self._listening is not None and not self._vehicle_started:
                self._vehicle_started = True
                port = self._listening.fields["port"]
                self._start("evcc", [*self._plan.evcc, "--set", f"station.port={port}"])
            if self._children.status.get("evcc", 0) != 0:
                return ""  # the station waits for nobody any more
        return ""

    def _start(self, who: str, words: list[str]) -> None:
        settings = ["--set", "log.form=json", "--set", f"trace.file={self._trace(who)}"]
        self._trace(who).unlink(missing_ok=True)
        self._children.start(who, f"{who}.cli", ["run", *words, *settings])

    def _trace(self, who: str) -> Path:
        return (self._plan.out / f"{who}.trace.jsonl").absolute()

    def _hear(self, said: Said) -> None:
        if said.who == "secc" and said.event == "listening":
            self._listening = said
        if said.event == "stopping":
            self._endings[said.who] = str(said.fields.get("detail", ""))
        if said.event == "development_error":
            self._faults.append(
                f"{said.who}: {said.fields.get('where')}: {said.fields.get('what')}"
            )
        if not said.event and said.text:
            self._faults.append(f"{said.who}: {said.text}")
        self._view.show(said)

    def _judged(self, traces: dict[Path, Verdict]) -> str:
        for who in ("evcc", "secc"):
            status = self._children.status.get(who)
            if status is None:
                why = "the station never listened" if who == "evcc" else "was not started"
                return self._faults[-1] if self._faults else f"{who}: {why}"
            if status != 0:
                ending = self._endings.get(who) or "; ".join(self._faults[-1:]) or "no reason told"
                return f"{who} ended with status {status}: {ending}"
        for path, verdict in traces.items():
            if not verdict.intact:
                return f"{path.name}: {verdict}"
        return ""
