"""Where processes find each other: the simulated plug over loopback, or a real interface."""

from dataclasses import replace
from pathlib import Path

from evcc.config import EvccConfig
from tools.bench.live.plan import Plan
from tools.bench.run import bench
from tools.bench.run.scene import PLUG, SDP, SLAC, TLS
from tools.bench.run.subject import Frame


def needs_hardware(plan: Plan) -> bool:
    """Battery or power electronics are nobody else's."""
    return plan.simulated_plug or bool(_on_our_bus(plan))


def frame_of(plan: Plan, evcc: EvccConfig) -> Frame:
    frame = Frame.of(plan.scenario, evcc)
    gone = set(frame.without)
    if "evcc" not in plan.roles:
        gone = (gone - {TLS}) | {SDP}  # whether it comes with TLS is the vehicle's choice
    if not plan.simulated_plug and not plan.modem:
        gone |= {PLUG, SLAC}
    return replace(frame, without=frozenset(gone))


def by_hand(plan: Plan) -> bool:
    """A person has to put in a real plug."""
    return bool(plan.interface) and plan.modem


def hardware(plan: Plan, ports: bench.Ports) -> list[str]:
    """The words for ``v2g bench hardware``."""
    words = ["bench", "hardware", "--quiet", "--report", "--scenario", plan.said]
    for name, value in (("--soc", plan.soc), ("--target", plan.target)):
        words += [] if value is None else [name, str(value)]
    words += ["--channel", bench.MULTICAST["vehicle"], "--option", f"port={ports.vehicle_bus}"]
    if plan.roles == ("evcc",):
        return [*words, "--believe", plan.believe]
    words += ["--station-channel", bench.MULTICAST["station"]]
    words += ["--station-option", f"port={ports.station_bus}"]
    return [*words, *(["--pilot", "0"] if plan.simulated_plug else ["--no-vehicle"])]


def settings(who: str, plan: Plan, ports: bench.Ports, plug: int | None, door: Path) -> list[str]:
    """What joins an ECU to this bench, whatever its configuration says about the rest."""
    out = plan.out.absolute()
    chosen: dict[str, object] = {
        "log.form": "json",
        "nvm.file": out / f"{who}.nvm",
        "api.socket": door,
    }
    if plan.simulated_plug:
        chosen |= {
            "network.sdp_port": ports.sdp,
            "hardware.driver": "plug",
            "hardware.plug_port": plug,
        }
    else:
        chosen |= _interface(plan)
    if who in _on_our_bus(plan):
        chosen |= _bus(who, ports)
    if who == plan.roles[0]:
        chosen["capture.file"] = out / bench.CAPTURE
        chosen["tls.lab_key_log_file"] = out / "keys.log"  # so that it opens
    return [word for key, value in chosen.items() for word in ("--set", f"{key}={value}")]


def _bus(who: str, ports: bench.Ports) -> dict[str, object]:
    """That of the simulated battery or power module."""
    vehicle = who == "evcc"
    chosen: dict[str, object] = {
        "can.bus.channel": bench.MULTICAST["vehicle" if vehicle else "station"],
        "can.bus.options.port": ports.vehicle_bus if vehicle else ports.station_bus,
        "can.timeout_cycles": 100,  # the hardware is a process too, and a busy host holds it up
    }
    return chosen if vehicle else {**chosen, "hardware.power": "can"}


def _on_our_bus(plan: Plan) -> tuple[str, ...]:
    """The ECUs whose battery or power module is simulated."""
    return tuple(who for who in plan.roles if who not in plan.real_bus)


def _interface(plan: Plan) -> dict[str, object]:
    """A modem's, or the one that sessions run on."""
    if plan.modem:
        return {"link.driver": "ethernet", "link.interface": plan.interface}
    return {"network.interface": plan.interface}
