"""One run of the main job: hardware first, then both ECUs, until both have ended.

The frame knows processes, deadlines, traces and exit statuses.  What the ECUs say to each other
is theirs; all it takes from the hardware is the port of the plug.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from bsw.trace_file import Verdict, verify
from tools.bench.run import bench
from tools.bench.run.children import Children, Said
from tools.bench.run.view import View


@dataclass(frozen=True, slots=True)
class Plan:
    """Where traces go, which configurations to use, how long it may take."""

    out: Path
    evcc: Path | None = None
    secc: Path | None = None
    soc: float = 79.9
    target: float = 80.0
    timeout: float = 120.0


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
        self._ports = bench.Ports.free()
        self._plug: int | None = None
        self._started = False
        self._endings: dict[str, str] = {}
        self._faults: list[str] = []

    def run(self) -> Result:
        began = time.monotonic()
        self._plan.out.mkdir(parents=True, exist_ok=True)
        try:
            reason = self._until_both_ended(began + self._plan.timeout)
        except bench.CannotPrepare as error:
            reason = str(error)
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
        plan = self._plan
        bench.keys(plan.out)
        written = bench.write(plan.out)
        configs = {"evcc": plan.evcc or written["evcc"], "secc": plan.secc or written["secc"]}
        self._children.start(
            "bench", "tools.cli", bench.hardware(self._ports, plan.soc, plan.target)
        )
        while self._children.running:
            if time.monotonic() > deadline:
                running = " and ".join(who for who in self._children.running if who != "bench")
                return f"not over after {plan.timeout:g} s; {running or 'bench'} still running"
            self._children.listen(0.1)
            self._view.tick()
            if self._plug is not None and not self._started:
                self._started = True
                for who in ("secc", "evcc"):
                    self._start(who, configs[who], self._plug)
            if self._over:
                return ""
        return ""

    @property
    def _over(self) -> bool:
        """Both ended, or one failed, for whom the other would wait in vain."""
        status = self._children.status
        ended = [status[who] for who in ("evcc", "secc") if who in status]
        return len(ended) == 2 or any(ended) or "bench" in status

    def _start(self, who: str, config: Path, plug: int) -> None:
        self._trace(who).unlink(missing_ok=True)
        words = ["run", "-c", str(config), *bench.settings(who, self._plan.out, self._ports, plug)]
        words += ["--set", f"trace.file={self._trace(who)}"]
        self._children.start(who, f"{who}.cli", words)

    def _trace(self, who: str) -> Path:
        return (self._plan.out / f"{who}.trace.jsonl").absolute()

    def _hear(self, said: Said) -> None:
        if said.who == "bench" and said.event == "listening":
            self._plug = int(str(said.fields["port"]))
            return
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
        failed = [who for who in ("evcc", "secc") if self._children.status.get(who, 0) > 0]
        for who in failed or ("evcc", "secc"):
            status = self._children.status.get(who)
            if status is None:
                return self._faults[-1] if self._faults else f"{who} was never started"
            if status != 0:
                ending = self._endings.get(who) or "; ".join(self._faults[-1:]) or "no reason told"
                return f"{who} ended with status {status}: {ending}"
        for path, verdict in traces.items():
            if not verdict.intact:
                return f"{path.name}: {verdict}"
        return ""
