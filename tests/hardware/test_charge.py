"""Both ECUs as processes, each with an island or a node of its own: from plug to charged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hardware.cable import cable
from tests.island.process import island
from tools.bench.run import bench
from tools.bench.run.children import Children, Said


class Charge:
    """The main job without a modem: two ECUs, two islands, battery and power module."""

    def __init__(self, out: Path) -> None:
        self.said: list[Said] = []
        self._out = out
        self._ports = bench.Ports.free()
        self._children = Children(self.said.append)
        self.until: Callable[[Said], bool] = lambda _said: False

    @property
    def heard(self) -> list[str]:
        return [
            f"{said.who} {said.level} {said.event} {dict(said.fields)} {said.text}"
            for said in self.said
            if said.who != "bench" and said.event != "live"
        ]

    def with_islands(self, ports: dict[str, int]) -> dict[str, int]:
        return self._run(
            {
                who: ("driver=island", f"island.port={ports[who]}", "island.loop=1000 ms")
                for who in ports
            }
        )

    def with_nodes(self) -> dict[str, int]:
        """On the buses that are there anyway; lab hosts stall, so patience as for those."""
        buses = {"evcc": ("vehicle", self._ports.vehicle_bus)}
        buses["secc"] = ("station", self._ports.station_bus)
        said: dict[str, tuple[str, ...]] = {}
        for who, (bus, port) in buses.items():
            channel = bench.MULTICAST[bus]
            said[who] = (
                "driver=can",
                f"can.bus.channel={channel}",
                f"can.bus.options={{port: {port}}}",
                "can.timeout_cycles=100",
                "can.e2e_stretch=100",
            )
        return self._run(said, "--nodes")

    def _run(self, said: dict[str, tuple[str, ...]], *more: str) -> dict[str, int]:
        children = self._children
        try:
            words = bench.hardware(self._ports, 79.9, 80.0)
            at = words.index("--pilot")  # others have it
            children.start("bench", "tools.cli", [*words[:at], *words[at + 2 :], *more])
            for who in ("secc", "evcc"):
                words = bench.settings(who, self._out, self._ports, 0)
                for word in said[who]:
                    words += ["--set", f"hardware.{word}"]
                children.start(who, f"{who}.cli", ["run", *words])
            while not {"evcc", "secc"} <= set(children.status):
                children.listen(0.1)
                if any(children.status.values()) or any(map(self.until, self.said)):
                    break
                if "bench" in children.status:
                    break
        finally:
            children.stop()
        return children.status


@pytest.mark.long
def test_two_ecus_charge_with_an_island_each(tmp_path: Path) -> None:
    charge = Charge(tmp_path)
    with island() as vehicle, island() as station:
        with cable(vehicle, station):
            status = charge.with_islands({"evcc": vehicle.port, "secc": station.port})
        heard = charge.heard
        heard += [str(one.get()) for one in (vehicle, station)]
        heard += [str(event) for one in (vehicle, station) for event in list(one.events.queue)]
        assert (status["evcc"], status["secc"]) == (0, 0), "\n".join(heard)
        for one in (vehicle, station):
            one.wait("closed", coils=3)
            opened = one.wait("opened", coils=0)
            assert opened.held == 0, "in order, and by no fault"


@pytest.mark.long
def test_two_ecus_charge_with_a_node_on_each_bus(tmp_path: Path) -> None:
    charge = Charge(tmp_path)
    status = charge.with_nodes()
    assert (status.get("evcc"), status.get("secc")) == (0, 0), "\n".join(charge.heard)


STANDS = (
    # whose island, what is done to it, the words of its ECU
    ("evcc", {"stuck": 3}, "CONTACTOR_FAULT"),
    ("secc", {"stuck": 3}, "contactor_stuck"),
    ("evcc", {"jammed": 1}, "LOCK_ERROR"),
    ("secc", {"jammed": 1}, "lock_stuck"),
)


@pytest.mark.long
@pytest.mark.parametrize(("who", "cause", "word"), STANDS)
def test_what_keeps_a_charge_from_beginning_is_told_by_the_ecu_that_has_it(
    who: str, cause: dict[str, int], word: str, tmp_path: Path
) -> None:
    charge = Charge(tmp_path)
    with island() as vehicle, island() as station, cable(vehicle, station):
        {"evcc": vehicle, "secc": station}[who].tell(**cause)
        charge.until = lambda said: said.who == who and word in f"{said.text} {dict(said.fields)}"
        charge.with_islands({"evcc": vehicle.port, "secc": station.port})
        assert any(map(charge.until, charge.said)), "\n".join(charge.heard)
