"""A scene on a terminal: both halves, the strip of phases, the battery, messages, faults."""

from collections import deque
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tools.bench.run.scene import BackEnd, Half, Phase, Scene

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_MARKS: Final = {"waits": "·", "runs": "▶", "done": "✔", "failed": "✘"}
_STYLES: Final = {"waits": "dim", "runs": "bold cyan", "done": "green", "failed": "bold red"}
_POINTS: Final = 2000
_TOLD: Final = 4
_NARROW: Final = 90


def clock(seconds: float) -> str:
    """``12:05`` or, while it is short, ``4.2 s``."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"


def sparkline(values: list[float], width: int) -> str:
    """The whole course in so many letters, each the highest value of its part."""
    if not values or width < 1:
        return ""
    step = max(1.0, len(values) / width)
    parts = [
        max(values[int(place * step) : max(int(place * step) + 1, int((place + 1) * step))])
        for place in range(min(width, len(values)))
    ]
    top = max(*parts, 1e-9) if len(parts) > 1 else max(parts[0], 1e-9)
    last = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round(max(0.0, one) / top * last)] for one in parts)


def bar(share: float, width: int) -> Text:
    full = round(max(0.0, min(1.0, share)) * width)
    return Text("█" * full, "green") + Text("░" * (width - full), "dim")


class Course:
    """What a curve on the terminal needs: one power for each part of the time so far."""

    def __init__(self) -> None:
        self.watts: deque[float] = deque(maxlen=_POINTS)

    def take(self, scene: Scene) -> None:
        self.watts.append(scene.power_kw)


class Drawing:
    """Makes pictures of scenes, one after the other."""

    def __init__(self) -> None:
        self.course = Course()

    def draw(self, scene: Scene, width: int = 120) -> RenderableType:
        self.course.take(scene)
        rows: list[RenderableType] = [
            self._head(scene),
            _strip(scene, width),
            self._halves(scene, width),
            self._battery(scene, width),
            _messages(scene, width),
        ]
        if scene.back_end is not None:
            rows.append(_back_end(scene.back_end))
        if scene.trouble or scene.made:
            rows.append(_trouble(scene))
        return Group(*rows)

    @staticmethod
    def _head(scene: Scene) -> RenderableType:
        head = Table.grid(expand=True)
        head.add_column(ratio=1, no_wrap=True)
        head.add_column(justify="right", no_wrap=True)
        pace = f"{scene.speed:.0f} x life" if scene.speed else ""
        head.add_row(
            Text(scene.title, "bold"),
            Text(f"{clock(scene.seconds)} after power-on   pilot {scene.pilot}   {pace}", "dim"),
        )
        agreed = ", ".join(one for one in (scene.protocol, scene.security) if one)
        head.add_row(
            Text(scene.note or agreed or "no session yet", "bold yellow" if scene.note else "dim"),
            Text("Ctrl-C ends everything in order", "dim"),
        )
        return head

    @staticmethod
    def _halves(scene: Scene, width: int) -> RenderableType:
        vehicle = _half("vehicle", scene.vehicle, "cyan")
        station = _half("station", scene.station, "magenta")
        if width < _NARROW:
            return Group(vehicle, station)
        both = Table.grid(expand=True)
        both.add_column(ratio=1)
        both.add_column(ratio=1)
        both.add_row(vehicle, station)
        return both

    def _battery(self, scene: Scene, width: int) -> RenderableType:
        inner = max(10, width - 4)
        soc = scene.soc_percent
        line = Text.assemble(
            ("battery ", "bold"),
            bar(soc / 100, min(40, inner // 3)),
            (f" {soc:5.1f} %", "bold"),
            (f" of {scene.target_percent:g} %", "dim"),
            f"   {scene.power_kw:6.1f} kW   {scene.energy_kwh:6.2f} kWh",
        )
        course = list(self.course.watts)
        most = f" {max(course, default=0.0):.0f} kW at most"
        curve = Text(sparkline(course, inner - len(most) - 6), "cyan")
        return Panel(Group(line, Text("power ") + curve + Text(most, "dim")), padding=(0, 1))


def _half(name: str, half: Half, colour: str) -> RenderableType:
    facts = Table.grid(padding=(0, 1))
    facts.add_column(style="dim", no_wrap=True, min_width=10)
    facts.add_column(no_wrap=True, overflow="ellipsis")
    facts.add_row("voltage", f"{half.volts_v:7.1f} V")
    facts.add_row("current", f"{half.amps_a:7.1f} A")
    for title, value in half.facts.items():
        facts.add_row(title, value)
    head = Text.assemble((name, f"bold {colour}"), f" {half.doing}")
    return Panel(facts, title=head, title_align="left", border_style=colour, padding=(0, 1))


def phase_text(phase: Phase, now: float) -> Text:
    took = phase.took(now)
    times = "" if took is None else clock(took)
    if took is not None and phase.limit is not None:
        times += f" of {phase.limit:g} s"
    text = Text(_whole(f"{_MARKS[phase.state]} {phase.name}"), _STYLES[phase.state])
    return text + Text(_whole(f" {times}"), "dim") if times else text


def _whole(words: str) -> str:
    """They stay on one line."""
    return words.replace(" ", "\u00a0")


def _strip(scene: Scene, width: int) -> RenderableType:
    text = Text(" ", no_wrap=False)
    for number, phase in enumerate(scene.phases):
        text += Text("  ─  ", "dim") if number else Text()
        text += phase_text(phase, scene.seconds)
    text.truncate(width * 3)
    return text


def _messages(scene: Scene, width: int) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    wide = width >= _NARROW
    table.add_column(style="dim", justify="right", no_wrap=True, min_width=11)
    table.add_column(no_wrap=True, min_width=33 if wide else 20)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for line in scene.lines:
        vehicle = line.side == "vehicle"
        arrow, style = ("─▶", "cyan") if vehicle else ("◀─", "magenta")
        table.add_row(
            f"{line.seconds:9.3f} s", Text(f"{arrow} {line.name}", style), Text(line.text)
        )
    count = f"{scene.messages:,} messages"
    slow = scene.slowest
    if slow.exchange:
        count += f", slowest answer {slow.took_ms:.0f} ms of {slow.limit_ms:.0f} ms"
        count += f" ({slow.exchange})" if wide else ""
    return Panel(table, title=count, title_align="left", border_style="dim", padding=(0, 1))


def _back_end(told: BackEnd) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", justify="right", no_wrap=True, min_width=11)
    table.add_column(no_wrap=True, min_width=20)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for line in told.lines[-_TOLD:]:
        table.add_row(f"{line.seconds:9.3f} s", Text(line.name, "yellow"), Text(line.text))
    title = f"back end, {told.calls} told, {told.events} events booked, {told.repeats} twice"
    return Panel(table, title=title, title_align="left", border_style="yellow", padding=(0, 1))


def _trouble(scene: Scene) -> RenderableType:
    rows: list[RenderableType] = [Text(f"made: {name}", "yellow") for name in scene.made]
    for one in scene.trouble:
        style = "bold red" if one.stands else "dim"
        detail = f" ({one.detail})" if one.detail else ""
        gone = "" if one.stands else "  - gone"
        rows.append(Text(f"{one.code}  {one.name}: {one.text}{detail}{gone}", style))
    return Panel(
        Group(*rows), title="faults", title_align="left", border_style="red", padding=(0, 1)
    )


class TerminalView:
    """Redraws in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._drawing = Drawing()
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._live.start()

    def show(self, scene: Scene) -> None:
        self._live.update(self._drawing.draw(scene, self._console.width), refresh=True)

    def close(self) -> None:
        self._live.stop()
