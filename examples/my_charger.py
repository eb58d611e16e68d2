"""A power stage of one's own: it loses half its power after a minute, and the charge goes on."""

from pilotwire import Bench


class Tired:
    """Follows at 100 A/s; gives half after it has worked for a minute."""

    def __init__(self) -> None:
        self.voltage = self.current = self.worked = 0.0

    def follow(self, voltage: float, current: float, seconds: float) -> None:
        self.worked += seconds if current > 0 else 0.0
        most = current if self.worked < 60.0 else current / 2
        self.voltage = voltage
        self.current = min(most, self.current + 100.0 * seconds)

    def cut(self) -> None:
        self.current = 0.0


bench = Bench(output=Tired(), soc=40.0, target=44.0).charge()
bench.run(30.0)
print(f"fresh: {bench.values.amps:.0f} A")
bench.run(60.0)
print(f"tired: {bench.values.amps:.0f} A")
print(f"ended: {bench.finish().ending.value}")
