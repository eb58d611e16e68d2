"""The programs of one run: which role is whose, with what words and configuration it is started.

Ours are the product's own commands: ``evcc run`` beside ``v2g bench hardware``, and ``secc run``.
Only a station that delivers contracts comes from the test rig, because ``secc run`` has no
provisioning service behind it.  Nothing here judges how a run went.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from bsw.chrgm.modes import mode_of
from tools.interop.traces.loops import AskAnew, Goal, Loops
from tools.interop.wire import Program, Wire

BUS = ("--channel", "239.74.163.2", "--option", "port=43210")
"""The vehicle's bus, inside the vehicle's namespace."""


@dataclass(frozen=True)
class Case:
    name: str
    protocol: str
    mode: str
    contract: bool = False
    install: bool = False
    as_shipped: bool = False  # the foreign station with the package's own simulated electronics
    service: str = ""  # the energy service of ISO 15118-20
    dynamic: bool = False
    tls: bool = False  # where no contract pays: it needs TLS in any case
    anew: bool = False  # in the loop the station asks for new parameters and schedules
    their_vehicle: bool = True  # can do it at all; docs/peers.md says what it cannot

    @property
    def secure(self) -> bool:
        return self.tls or self.contract

    @property
    def newer(self) -> bool:
        return bool(self.service)

    @property
    def kind(self) -> str:
        return mode_of(self.mode).kind

    def loop_request(self, *, ours: bool) -> str:
        """As either side's trace calls it."""
        if self.newer:
            return f"{self.kind}ChargeLoopReq" if ours else f"{self.kind}_ChargeLoopReq"
        return "ChargingStatusReq" if self.kind == "AC" else "CurrentDemandReq"

    @property
    def foreign_mode(self) -> str:
        """The package names modes of ISO 15118-2 only."""
        older = {"AC": "AC_three_phase_core", "DC": "DC_extended"}
        return older[self.kind] if self.newer else self.mode

    @property
    def foreign_protocol(self) -> str:
        return f"iso20-{self.kind.lower()}" if self.newer else self.protocol


@dataclass(frozen=True)
class Pace:
    """``pause``: ms between a response and the next request of our vehicle, None as the profile.

    ``patience``: seconds that the foreign vehicle waits for each answer at least.
    """

    loops: int = 20
    pause: int | None = None
    within: int = 120
    profile: str = "field"
    patience: float = 0.0


VEHICLE = """\
network: {{interface: ev0}}
{plug}
session:
  protocols: [{protocol}]
  profile: {profile}
  security: {security}
  count: 1
  tries: 1
  lab_iso20_without_tls: {lab}
{more}can:
  bus: {{channel: 239.74.163.2, options: {{port: 43210}}}}
  timeout_cycles: 100  # the simulated control units are one process on a host that may be busy
trace: {{file: {folder}/ours.vehicle.trace.jsonl}}
nvm: {{file: {folder}/ours.vehicle.nvm}}
"""
STATION = """\
network: {{interface: se0}}
{plug}
session:
  protocols: [{protocol}]
  modes: [{mode}]
  payment: [{payment}]
  plain: {plain}
  tls: {tls}
  lab_iso20_without_tls: {lab}
  count: 1
trace: {{file: {folder}/ours.station.trace.jsonl}}
nvm: {{file: {folder}/ours.station.nvm}}
"""
KEYS = """\
keym:
  folder: {folder}/{role}/certificates
{more}csm: {{software: {{folder: {folder}/{role}/keys}}}}
"""
NEWER = """\
  exchange: {lab_other_suites: true}  # it signs as ISO 15118-2 does
tls: {lab_p256_in_tls13: true}  # the one curve of its TLS
"""


@dataclass
class Roles:
    """Starts the programs of one case on one wire."""

    case: Case
    line: Wire
    pace: Pace
    vehicle_plug: str = "hardware: {driver: none}"
    station_plug: str = "hardware: {driver: none, power: simulated}"

    @property
    def folder(self) -> Path:
        return self.line.folder.absolute()

    # Theirs

    def their_station(self) -> Program:
        words = [] if self.case.as_shipped else ["--electronics"]
        words += ["--anew", str(self.pace.loops // 2)] if self.case.anew else []
        return self._theirs("se", "station", *words)

    def their_vehicle(self) -> Program:
        words = ["--patience", str(self.pace.patience)]
        words += ["--install"] if self.case.install else []
        return self._theirs("ev", "vehicle", *words)

    def _theirs(self, side: str, role: str, *more: str) -> Program:
        case, folder = self.case, self.folder
        words = [role, "--interface", f"{side}0", "--protocol", case.foreign_protocol]
        words += ["--mode", case.foreign_mode]
        if case.newer:
            control = "dynamic" if case.dynamic else "scheduled"
            words += ["--service", case.service, "--control", control]
        words += ["--loops", str(self.pace.loops), "--within", str(self.pace.within)]
        words += ["--log", str(folder / f"theirs.{role}.log")]
        words += ["--trace", str(folder / f"theirs.{role}.trace.jsonl")]
        if case.secure:
            words += ["--pki", str(folder / "pki" / "theirs")]
        words += ["--external"] if not case.contract else []
        return self.line.theirs(side, *words, *more)

    # Ours

    def our_station(self) -> Program:
        if self.case.install:
            return self._provisioning_station()
        case = self.case
        path = self.folder / "secc.yaml"
        text = STATION.format(
            protocol=case.protocol,
            mode=case.mode,
            payment="Contract" if case.contract else "ExternalPayment",
            plain=str(not case.secure).lower(),
            tls=str(case.secure).lower(),
            lab=str(case.newer and not case.secure).lower(),
            folder=self.folder,
            plug=self.station_plug,
        )
        door = f"api: {{socket: {self.door}}}\n" if case.anew else ""
        path.write_text(text + door + self._keys("secc"))
        return self.line.ours("se", "secc.cli", "run", "-c", str(path))

    @property
    def door(self) -> Path:
        """Of our station; a socket's path may not be long, so it is not in the folder."""
        return Path(gettempdir()) / f"{self.line.name}.door"

    def ask_anew(self, meanwhile: Program) -> None:
        """Our station wants new parameters, after half of the loops."""
        ask = AskAnew(self._loops("station"), self.pace.loops // 2, self.door)
        meanwhile.meanwhile.append(ask.look)

    def _loops(self, role: str) -> Loops:
        trace = self.folder / f"ours.{role}.trace.jsonl"
        return Loops(trace, self.case.loop_request(ours=True))

    def _provisioning_station(self) -> Program:
        words = ["--interface", "se0", "--within", str(self.pace.within)]
        words += ["--pki", str(self.folder / "pki")]
        words += ["--trace", str(self.folder / "ours.station.trace.jsonl")]
        return self.line.ours("se", "tools.interop.provisioning", *words)

    @contextmanager
    def our_vehicle(self) -> Iterator[Program]:
        """The ECU, and around it a vehicle that is full after so many loops."""
        case, pace = self.case, self.pace
        path = self.folder / "evcc.yaml"
        more = "" if pace.pause is None else f"  loop_pause: {pace.pause} ms\n"
        more += "  control: dynamic\n" if case.dynamic else ""
        text = VEHICLE.format(
            protocol=case.protocol,
            profile=pace.profile,
            security="tls" if case.secure else "none",
            more=more,
            lab=str(case.newer and not case.secure).lower(),
            folder=self.folder,
            plug=self.vehicle_plug,
        )
        path.write_text(text + self._keys("evcc"))
        hardware = self._hardware()
        try:
            hardware.wait_for("plugged")
            ecu = self.line.ours("ev", "evcc.cli", "run", "-c", str(path))
            goal = Goal(self._loops("vehicle"), pace.loops, hardware, anew=case.anew)
            ecu.meanwhile.append(goal.look)
            yield ecu
        finally:
            hardware.end()

    def _hardware(self) -> Program:
        case = self.case
        words = ["bench", "hardware", *BUS, "--plug", "--mode", case.mode]
        words += ["--believe", "wished" if case.as_shipped else "told"]
        words += ["--contract"] if case.contract else []
        return self.line.ours("ev", "tools.cli", *words, log="car")

    def _keys(self, role: str) -> str:
        """Install what the role may have; the configuration's part about it."""
        case = self.case
        if not case.secure:
            return ""
        older = () if case.contract and not case.install else ("contract",)
        self._install(role, "iso2", *older)
        if case.newer:
            self._install(role, "iso20", "contract")  # it verifies those of ISO 15118-2 alone
        more = NEWER if case.newer else ""
        return KEYS.format(folder=self.folder, role=role, more=more)

    def _install(self, role: str, kind: str, *without: str) -> None:
        words = ["pki", "install", "--role", role, "--kind", kind]
        words += ["--certificates", str(self.folder / role / "certificates")]
        words += ["--keys", str(self.folder / role / "keys")]
        words += [word for name in without if role == "evcc" for word in ("--without", name)]
        words += [str(self.folder / "pki" / "ours")]
        program = self.line.ours("se", "tools.cli", *words, log=f"{role}.{kind}.keys")
        assert program.wait(60), "keys are not installed in time"
        assert program.status == 0, program.text()
