# mypy: disable-error-code="import-not-found, misc, no-any-unimported"
# (the package lives in an environment of its own; see wire.py)
# ruff: noqa: ANN401, PLC0415
# (the package is untyped; each role imports its own half only, because its memory is compared)
"""Runs one role of the ``iso15118`` package; started with the interpreter that has it.

What crosses its EXI codec is recorded here, so a verdict does not depend on the package's opinion
of how a session went.  Prints READY, then one JSON line at the end.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, TextIO

PROTOCOLS = {
    "din": "DIN_SPEC_70121",
    "iso2": "ISO_15118_2",
    "iso20-dc": "ISO_15118_20_DC",
    "iso20-ac": "ISO_15118_20_AC",
}
LOOP_REQUESTS = {"ChargingStatusReq", "CurrentDemandReq", "AC_ChargeLoopReq", "DC_ChargeLoopReq"}
LOOP = LOOP_REQUESTS | {name[:-3] + "Res" for name in LOOP_REQUESTS}
LINGERS = 7.0  # seconds the package's vehicle may take to fall silent after its end


@dataclass
class Record:
    """Every message seen at the codec, with its time on the monotonic clock."""

    trace: TextIO
    asked_at: float | None = None
    reason: str = ""
    paid_by: str | None = None  # in ISO 15118-20, as the vehicle selected it
    messages: list[tuple[float, str, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def note(self, way: str, text: str, exi: bytes, at: float) -> None:
        document = json.loads(text)
        body = document.get("V2G_Message", {}).get("Body", document)
        name = next(iter(body), "?")
        if not name.lower().endswith(("req", "res")):
            return  # a fragment that is only encoded to be signed
        self.messages.append((at, way, name))
        code = str((body[name] or {}).get("ResponseCode", ""))
        self.paid_by = (body[name] or {}).get("SelectedAuthorizationService", self.paid_by)
        if code.upper().startswith("FAILED"):
            self.failed.append(f"{name}: {code}")
        line = {"t": round(at, 6), "way": way, "name": name, "exi": exi.hex(), "json": document}
        self.trace.write(json.dumps(line) + "\n")

    def forget(self) -> None:
        """Begin anew, after warming up."""
        self.messages.clear()
        self.trace.seek(0)
        self.trace.truncate()

    def figures(self) -> dict[str, Any]:
        loops = [at for at, _way, name in self.messages if name in LOOP_REQUESTS]
        span = loops[-1] - loops[0] if loops else 0.0
        own = resource.getrusage(resource.RUSAGE_SELF)
        names = [name for _at, _way, name in self.messages]
        return {
            "good": bool(loops) and "SessionStopRes" in names and not self.failed,
            "reason": self.reason,
            "failed": self.failed,
            "set_up": loops[0] - self.asked_at if loops and self.asked_at else None,
            "loops": len(loops),
            "rate": (len(loops) - 1) / span if span else None,
            "turn": self.turn(),
            "loops_after_new_parameters": sum(name in LOOP_REQUESTS for name in self.anew()),
            "cpu": own.ru_utime + own.ru_stime + sum(cpu for cpu, _rss in children()),
            "rss": peak_of("self") + sum(rss for _cpu, rss in children()),
            "paid_by": self.paid_by,
            "messages": list(dict.fromkeys(names)),
        }

    def anew(self) -> list[str]:
        """The messages since parameters were exchanged within the loop; none if they were not."""
        names = [name for _at, _way, name in self.messages]
        looped = next((at for at, name in enumerate(names) if name in LOOP_REQUESTS), len(names))
        later = names[looped:]
        asked = "ChargeParameterDiscoveryReq"
        return later[later.index(asked) :] if asked in later else []

    def wanted(self, loops: int) -> bool:
        """So many loops were played, and the vehicle has not come back with new parameters."""
        played = sum(name in LOOP_REQUESTS for _at, _way, name in self.messages)
        return bool(loops) and played >= loops and not self.anew()

    def turn(self) -> float | None:
        """From what is heard in the charge loop to what is said next, codec included."""
        turns = [
            said - heard
            for (heard, first, name), (said, then, other) in zip(
                self.messages, self.messages[1:], strict=False
            )
            if (first, then) == ("in", "out") and {name, other} <= LOOP
        ]
        return median(turns) if turns else None


def children() -> Iterator[tuple[float, float]]:
    """CPU seconds and peak MiB of each child: the package's codec runs in a Java process."""
    ticks = os.sysconf("SC_CLK_TCK")
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) != os.getpid():
                continue
            yield (int(fields[11]) + int(fields[12])) / ticks, peak_of(entry.name)


def peak_of(pid: str) -> float:
    """Peak MiB; not what getrusage says, which counts the parent's memory before the exec."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


class Watch(logging.Handler):
    """Takes the moment of discovery and the reason of the end out of the package's log."""

    def __init__(self, record: Record) -> None:
        super().__init__(logging.INFO)
        self.record = record

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith(("Sending SDPRequest", "SDPRequest received")):
            if not self.record.messages:
                self.record.asked_at = time.monotonic()
        elif text.startswith("Reason: "):
            self.record.reason = text.removeprefix("Reason: ").replace("\n", " ")[:300]


def codec(record: Record) -> Any:
    """The package's own codec, with a tap on both directions."""
    from iso15118.shared.exificient_exi_codec import ExificientEXICodec

    class Tapped(ExificientEXICodec):
        def encode(self, message: str, namespace: Any) -> bytes:
            exi: bytes = super().encode(message, namespace)
            record.note("out", message, bytes(exi), time.monotonic())
            return exi

        def decode(self, stream: bytes, namespace: Any) -> str:
            began = time.monotonic()
            text: str = super().decode(stream, namespace)
            record.note("in", text, bytes(stream), began)
            return text

    return Tapped()


WARM_UP = (
    ("urn:iso:15118:2:2010:AppProtocol", "80400040"),
    ("urn:iso:15118:2:2013:MsgDef", "809802000000000000000011d01808000000028400"),
    ("urn:din:70121:2012:MsgDef", "809a02000000000000000011d01808000000028400"),
    ("urn:iso:std:iso:15118:-20:CommonMessages", "808c040000000000000000001202a0a12180"),
    ("urn:iso:std:iso:15118:-20:DC", "802c0400000000000000000012"),
)
"""An answer to the handshake, and the first request of each protocol that has one of its own."""


def warm(record: Record) -> Any:
    """A codec that has loaded its grammars; on a busy host that alone takes seconds."""
    made = codec(record)
    for namespace, octets in WARM_UP * 3:
        exi = bytes.fromhex(octets)
        made.encode(made.decode(exi, namespace), namespace)
    record.forget()
    return made


def set_up(arguments: argparse.Namespace, record: Record) -> None:
    """After the role's imports, which bring log handlers of their own."""
    from iso15118.shared.settings import SettingKey, shared_settings

    root = logging.getLogger()
    root.handlers.clear()
    log = logging.FileHandler(arguments.log, mode="w")
    log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.addHandler(log)
    root.addHandler(Watch(record))
    root.setLevel(logging.INFO)
    shared_settings.update(
        {
            SettingKey.PKI_PATH: f"{arguments.pki}/" if arguments.pki else "",
            SettingKey.MESSAGE_LOG_JSON: False,
            SettingKey.MESSAGE_LOG_EXI: False,
            SettingKey.ENABLE_TLS_1_3: arguments.protocol.startswith("iso20"),
        }
    )


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def wait_at_least(seconds: float) -> None:
    """For an answer.  With the norm's 250 ms the package's own pair fails on a busy host."""
    from iso15118.shared.states import State

    plain = State.create_next_message

    def patient(self: Any, to: Any, message: Any, timeout: float, *rest: Any, **named: Any) -> Any:
        return plain(self, to, message, max(timeout, seconds), *rest, **named)

    State.create_next_message = patient


async def vehicle(arguments: argparse.Namespace, record: Record) -> None:
    from iso15118.evcc import EVCCHandler
    from iso15118.evcc.controller.simulator import SimEVController
    from iso15118.evcc.evcc_config import EVCCConfig
    from iso15118.shared.messages.enums import ControlMode, Protocol, ServiceV20

    set_up(arguments, record)
    if arguments.patience:
        wait_at_least(arguments.patience)
    name = PROTOCOLS[arguments.protocol]
    config = EVCCConfig(
        supportedProtocols=[name],
        supportedEnergyServices=[arguments.service],
        energyTransferMode=arguments.mode,
        useTls=bool(arguments.pki),
        enforceTls=bool(arguments.pki),
        isCertInstallNeeded=arguments.install,
        chargeLoopCycle=arguments.loops,
        chargeLoopDelay=0,
        sdpRetryCycles=arguments.searches,
    )
    config.load_raw_values()
    config.supported_protocols = [Protocol[name]]
    config.supported_energy_services = [ServiceV20[arguments.service]]
    wanted = ControlMode[arguments.control.upper()].value

    class Vehicle(SimEVController):
        async def select_energy_service_v20(self, services: Any) -> Any:
            choice = await super().select_energy_service_v20(services)
            for candidate in services[0].parameter_sets:
                values = {one.name: one.int_value for one in candidate.parameters}
                if values.get("ControlMode") == wanted:
                    choice.parameter_set = candidate
                    break
            return choice

    handler = EVCCHandler(
        evcc_config=config,
        iface=arguments.interface,
        exi_codec=warm(record),
        ev_controller=Vehicle(config),
    )
    say("READY")
    task = asyncio.ensure_future(handler.start())
    end = time.monotonic() + arguments.within
    while not task.done() and not record.reason and time.monotonic() < end:
        await asyncio.wait({task}, timeout=0.1)
    await asyncio.wait({task}, timeout=LINGERS if record.reason else 0.1)
    note_end(record, task)


def with_electronics(simulator: Any) -> Any:
    """The package's simulated station with power electronics behind it, where it has constants.

    They deliver at once what the vehicle asks for, within what was offered to it.
    """
    from iso15118.shared.messages import datatypes as words

    most = {"voltage": 500, "current": 125, "power": 50_000}

    class Electronics(simulator):
        def deliver(self, volts: float, amps: float) -> None:
            self.evse_data_context.present_voltage = volts
            self.evse_data_context.present_current = amps

        async def start_cable_check(self) -> None:
            self.deliver(0, 0)

        async def send_charging_command(
            self,
            ev_target_voltage: float | None,
            ev_target_current: float | None,
            is_precharge: bool = False,  # noqa: FBT001, FBT002 - as the package calls it
            is_session_bpt: bool = False,  # noqa: ARG002, FBT001, FBT002 - the same
        ) -> None:
            amps = 0.0 if is_precharge else min(ev_target_current or 0.0, most["current"])
            present = (
                self.evse_data_context.present_voltage
            )  # with dynamic control nobody names one
            self.deliver(min(ev_target_voltage or present, most["voltage"]), amps)

        async def stop_charger(self) -> None:
            await super().stop_charger()
            self.deliver(0, 0)

        async def get_dc_charge_parameters(self) -> Any:
            offered = await super().get_dc_charge_parameters()
            offered.evse_maximum_voltage_limit = await self.get_evse_max_voltage_limit()
            offered.evse_maximum_current_limit = await self.get_evse_max_current_limit()
            offered.evse_maximum_power_limit = await self.get_evse_max_power_limit()
            offered.evse_minimum_voltage_limit = words.PVEVSEMinVoltageLimit(
                multiplier=0, value=150, unit="V"
            )
            offered.evse_minimum_current_limit = words.PVEVSEMinCurrentLimit(
                multiplier=0, value=0, unit="A"
            )
            return offered

        async def get_evse_max_voltage_limit(self) -> Any:
            return words.PVEVSEMaxVoltageLimit(multiplier=0, value=most["voltage"], unit="V")

        async def get_evse_max_current_limit(self) -> Any:
            return words.PVEVSEMaxCurrentLimit(multiplier=0, value=most["current"], unit="A")

        async def get_evse_max_power_limit(self) -> Any:
            tenth = most["power"] // 10
            return words.PVEVSEMaxPowerLimit(multiplier=1, value=tenth, unit="W")

    return Electronics


async def station(arguments: argparse.Namespace, record: Record) -> None:
    from iso15118.secc import SECCHandler
    from iso15118.secc.controller.interface import ServiceStatus
    from iso15118.secc.controller.simulator import SimEVSEController
    from iso15118.secc.secc_settings import Config
    from iso15118.shared.messages.datatypes import EVSENotification
    from iso15118.shared.messages.enums import AuthEnum, Protocol

    set_up(arguments, record)
    ended = asyncio.Event()
    sessions = 0

    def asking(status: Any) -> Any:
        if record.wanted(arguments.anew):
            status.evse_notification = EVSENotification.RE_NEGOTIATION
        return status

    base: Any = SimEVSEController
    if arguments.electronics:
        base = with_electronics(base)

    class Station(base):
        async def set_status(self, status: Any) -> None:
            await super().set_status(status)
            if status == ServiceStatus.READY:
                say("READY")

        async def get_dc_evse_status(self) -> Any:
            return asking(await super().get_dc_evse_status())

        async def get_ac_evse_status(self) -> Any:
            return asking(await super().get_ac_evse_status())

        async def session_ended(self, current_state: str, reason: str) -> None:
            nonlocal sessions
            await super().session_ended(current_state, reason)
            sessions += 1
            if sessions == arguments.sessions:
                ended.set()

    config = Config()
    config.iface = arguments.interface
    config.log_level = "INFO"
    config.enforce_tls = bool(arguments.pki)
    config.free_charging_service = False
    config.supported_protocols = [Protocol[PROTOCOLS[arguments.protocol]]]
    contract = arguments.pki and not arguments.external
    config.supported_auth_options = [AuthEnum.PNC if contract else AuthEnum.EIM]
    controller = Station()
    await controller.set_status(ServiceStatus.STARTING)
    handler = SECCHandler(exi_codec=warm(record), evse_controller=controller, config=config)
    server = asyncio.ensure_future(handler.start(arguments.interface))
    over = asyncio.ensure_future(ended.wait())
    await asyncio.wait(
        {server, over}, timeout=arguments.within, return_when=asyncio.FIRST_COMPLETED
    )
    note_end(record, server)


def note_end(record: Record, task: "asyncio.Future[Any]") -> None:
    if task.done() and task.exception() is not None:
        record.reason = record.reason or repr(task.exception())
    record.reason = record.reason or "no end in time"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["vehicle", "station"])
    parser.add_argument("--interface", required=True)
    parser.add_argument("--protocol", choices=PROTOCOLS, default="iso2")
    parser.add_argument("--mode", default="DC_extended", help="of the vehicle")
    parser.add_argument("--service", default="DC", help="of the vehicle, in ISO 15118-20")
    parser.add_argument("--control", default="scheduled", help="of the vehicle, in ISO 15118-20")
    parser.add_argument("--loops", type=int, default=20, help="of the vehicle")
    parser.add_argument("--pki", help="folder of certificates; switches TLS and Plug & Charge on")
    parser.add_argument("--external", action="store_true", help="no Plug & Charge over TLS")
    parser.add_argument("--install", action="store_true", help="the vehicle asks for a contract")
    parser.add_argument(
        "--electronics", action="store_true", help="the station delivers what it is asked for"
    )
    parser.add_argument("--patience", type=float, default=0.0, help="of the vehicle, s per answer")
    parser.add_argument("--searches", type=int, default=1, help="of the vehicle, for a station")
    parser.add_argument("--sessions", type=int, default=1, help="of the station; 0: any")
    parser.add_argument(
        "--anew", type=int, default=0, help="the station wants new parameters after so many loops"
    )
    parser.add_argument("--log", required=True)
    parser.add_argument("--trace", required=True)
    parser.add_argument("--within", type=float, default=60.0)
    arguments = parser.parse_args()
    with Path(arguments.trace).open("w", encoding="utf-8") as trace:
        record = Record(trace)
        role = vehicle if arguments.role == "vehicle" else station
        asyncio.new_event_loop().run_until_complete(role(arguments, record))
    figures = record.figures()
    say(json.dumps(figures))
    return 0 if figures["good"] else 1


if __name__ == "__main__":
    os._exit(main())  # it leaves tasks and a Java process behind; that one ends with us
