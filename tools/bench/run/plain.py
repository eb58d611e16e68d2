"""A scene as lines, for pipes and files: one for each thing that is new; or as JSON."""

import json
from typing import Protocol, TextIO

from tools.bench.run.dashboard import clock
from tools.bench.run.scene import Phase, Scene

EACH_SOC = 5.0
"""Percent of charge between two lines while it charges."""


class SceneView(Protocol):
    def show(self, scene: Scene) -> None: ...
    def close(self) -> None: ...


class PlainView:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._phases: dict[str, str] = {}
        self._trouble: dict[str, bool] = {}
        self._made: tuple[str, ...] = ()
        self._calls = 0
        self._told_soc: float | None = None
        self._note = self._agreed = ""

    def show(self, scene: Scene) -> None:
        for name in scene.made:
            if name not in self._made:
                self._say(scene, f"made: {name}")
        self._made = scene.made
        if scene.note and scene.note != self._note:
            self._say(scene, scene.note)
        self._note = scene.note
        agreed = ", ".join(one for one in (scene.protocol, scene.security) if one)
        if scene.protocol and agreed != self._agreed:
            self._agreed = agreed
            self._say(scene, f"agreed: {agreed}")
        for phase in scene.phases:
            if self._phases.get(phase.name, "waits") != phase.state:
                self._phases[phase.name] = phase.state
                self._tell_phase(scene, phase)
        for one in scene.trouble:
            if self._trouble.get(one.name) is not one.stands:
                self._trouble[one.name] = one.stands
                word = "fault" if one.stands else "gone"
                self._say(
                    scene, f"{word}: {one.name}, {one.code}: {one.text} {one.detail}".rstrip()
                )
        self._tell_back_end(scene)
        self._tell_charge(scene)

    def _tell_back_end(self, scene: Scene) -> None:
        """Of many at once the last ones."""
        if scene.back_end is None:
            return
        new = scene.back_end.calls - self._calls
        self._calls = scene.back_end.calls
        for line in scene.back_end.lines[-new:] if new else ():
            text = f"{line.seconds:9.3f} s  back end: {line.name} {line.text}"
            self._out.write(text.rstrip() + "\n")
        self._out.flush()

    def _tell_phase(self, scene: Scene, phase: Phase) -> None:
        """With the time at which it happened, which may be a while before this picture."""
        times = [one for one in (phase.began, phase.ended) if one is not None]
        when = times[-1] if times else scene.seconds
        self._out.write(f"{when:9.3f} s  {_phase_line(phase, scene.seconds)}\n")
        self._out.flush()

    def _tell_charge(self, scene: Scene) -> None:
        if scene.power_kw < 0.1:
            return
        if self._told_soc is not None and scene.soc_percent < self._told_soc + EACH_SOC:
            return
        self._told_soc = scene.soc_percent
        half = scene.station
        self._say(
            scene,
            f"{scene.soc_percent:.1f} %, {scene.power_kw:.1f} kW, {half.volts_v:.1f} V, "
            f"{half.amps_a:.1f} A, {scene.energy_kwh:.2f} kWh",
        )

    def close(self) -> None:
        """Nothing to take away."""

    def _say(self, scene: Scene, text: str) -> None:
        self._out.write(f"{scene.seconds:9.3f} s  {text}\n")
        self._out.flush()


def _phase_line(phase: Phase, now: float) -> str:
    if phase.state == "runs":
        return phase.name
    took = phase.took(now)
    told = f"{phase.name} {phase.state}"
    if took is not None:
        told += f" after {clock(took)}"
    return told + (f" of {phase.limit:g} s" if phase.limit is not None else "")


class JsonView:
    """One object a line: each scene, as the page of the web view gets it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def show(self, scene: Scene) -> None:
        self._out.write(json.dumps({"scene": scene.as_json()}, ensure_ascii=False) + "\n")
        self._out.flush()

    def close(self) -> None:
        """Nothing to take away."""
