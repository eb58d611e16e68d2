"""The profile of a device under test: what it speaks, what it cannot do, how it is handled.

One YAML file a device.  What is not said here is not asked of the device: the cases that need it
are listed as not applicable, with the reason.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field

from bsw.chrgm.modes import ModeName, mode_of
from bsw.chrgm.protocols import ProtocolName
from bsw.ecuc.load import load
from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import TIME, Duration, PortNumber, between
from bsw.os.clock import S

Feature = Literal[
    "certificates", "services", "internet", "meter", "pause", "renegotiation", "welding"
]
FEATURES: Final[tuple[str, ...]] = get_args(Feature)

CONDITIONS: Final = {
    "contract alone": "only contracts pay",
    "receipts": "it demands a receipt for the meter's reading",
    "tariff": "its schedules have a sales tariff",
    "slow Authorization": "the customer takes some seconds",
    "slow Authorization for ever": "the customer never comes",
    "slow ChargeParameterDiscovery": "its schedules take some seconds",
    "slow ChargeParameterDiscovery for ever": "its schedules never come",
    "slow CableCheck": "its cable check takes some seconds",
    "slow CableCheck for ever": "its cable check never ends",
    "stuck contactor": "its contactor does not close",
    "no service renegotiation": "it does not support another service within a session",
    "woken by the station": "it ends a pause from its side",
    "patience": "a vehicle that waits for the customer for more than ten minutes",
}
"""What some cases want the device to be in."""


class Action(Part):
    """Something done at the device: a command, or words for the person beside it."""

    run: str = Field(default="", examples=["./relay on"])
    """By the shell; status 0 is success."""

    ask: str = Field(default="", examples=["plug in now"])
    """Shown; the run goes on when Enter is pressed."""

    always: bool = False
    """Nothing has to be done: the device is always so."""

    within: Annotated[Duration, between("1 s", "1 h", TIME)] = 60 * S

    def problems(self) -> Iterable[Wrong]:
        if sum(map(bool, (self.run, self.ask, self.always))) != 1:
            yield Wrong("", "one of run, ask and always", "run: ./relay on")


class ProcessPart(Part):
    """The device is a program that this bench starts."""

    run: str = Field(default="", examples=["secc run -c secc.yaml"])
    """Empty: it runs already.  ``{port}`` is where the simulated plug listens."""

    ready: str = Field(default="", examples=["listening"])
    """What it prints once it can be used; empty: nothing."""

    each: Literal["run", "setup", "case", "session"] = "run"
    """Started once; anew where the next case wants it set up otherwise, or the last one was not
    passed (cases are then played in the order of their set-ups); for each case; for each plug."""

    within: Annotated[Duration, between("1 s", "1 h", TIME)] = 30 * S


class PilotPart(Part):
    """Who plays the other half of the control pilot."""

    driver: Literal["none", "hand", "plug"] = "none"
    """none: the device measures no pilot; hand: a person plugs and unplugs; plug: the simulated
    plug, for our own ECUs with ``hardware.driver: plug``."""

    port: PortNumber = 0
    """plug: where it listens; 0 takes a free one."""


class ActionsPart(Part):
    """How the device is handled."""

    @property
    def shows(self) -> bool:
        """The bench can switch a vehicle's resistors by them."""
        return self.show_b is not None and self.show_c is not None

    plug_in: Action | None = None
    plug_out: Action | None = None
    show_b: Action | None = None
    show_c: Action | None = None
    show_d: Action | None = None
    """Whoever plugs by hand or by command may also switch a vehicle's resistors."""

    reset: Action | None = None
    """Before each case."""

    restart: Action | None = None
    """Makes it as new: where a case was not passed, before that case is played once more."""

    pay: Action | None = None
    """At a station that waits for its customer: where ``ExternalPayment`` was chosen, and the
    authorization goes on.  Without it somebody or something pays by itself."""

    stop: Action | None = None
    """A vehicle's driver ends the charge; without it the tester asks it to stop."""

    pause: Action | None = None
    wake_up: Action | None = None
    """A vehicle's driver wants it to sleep, and to go on."""


class LimitsPart(Part):
    """Times of its own, where a device's maker declares other ones than the norm's."""

    setup: Annotated[Duration, between("1 s", "1 h", TIME)] = 18 * S
    sequence: Annotated[Duration, between("1 s", "1 h", TIME)] = 60 * S
    close: Annotated[Duration, between("1 s", "1 h", TIME)] = 5 * S
    """From a refusal, or the end of its patience, to the closed connection."""


class Device(Part):
    """One device under test."""

    name: str = Field(default="device under test", max_length=100)
    role: Literal["secc", "evcc"] = "secc"
    protocols: Annotated[tuple[ProtocolName, ...], Field(min_length=1)] = ("iso2",)
    modes: Annotated[tuple[ModeName, ...], Field(min_length=1)] = ("DC_extended",)
    payment: Annotated[tuple[Literal["Contract", "ExternalPayment"], ...], Field(min_length=1)] = (
        "ExternalPayment",
    )
    plain: bool = True
    tls: bool = False
    keys: Path | None = Field(default=None, examples=["run/pki"])
    """The test PKI that the device trusts, as ``v2g pki make`` wrote it; needed for TLS."""

    lab: tuple[Literal["iso20_without_tls", "p256_in_tls13"], ...] = ()
    """What it does outside the norm in a laboratory: ISO 15118-20 on plain TCP where ``tls`` is
    off, and the curve of ISO 15118-2 in TLS 1.3."""

    can: tuple[Feature, ...] = ()
    """What it can beyond a plain charge."""

    cannot: dict[str, str] = Field(default_factory=dict, examples=["{TC_SECC_AC_*: no relay}"])
    """Cases (ids, ``*`` for any letters) that are left out, each with the reason."""

    conditions: dict[str, Action] = Field(
        default_factory=dict, examples=["{tariff: {always: true}}"]
    )
    """How it is brought into what some cases want it to be in."""

    link: Literal["none", "modem"] = "none"
    """modem: SLAC by a modem behind the interface; none: Ethernet, the link is there."""

    pilot: PilotPart = PilotPart()
    process: ProcessPart = ProcessPart()
    actions: ActionsPart = ActionsPart()
    limits: LimitsPart = LimitsPart()
    ready_within: Annotated[Duration, between("1 s", "1 h", TIME)] = 30 * S
    """After a case, until it answers discovery again."""

    rest: Annotated[Duration, between("0 s", "10 min", TIME)] = 1 * S
    """Unplugged between two cases."""

    def problems(self) -> Iterable[Wrong]:
        for name in self.conditions:
            if name not in CONDITIONS:
                known = ", ".join(CONDITIONS)
                yield Wrong("conditions", f"{name!r} is none; there are {known}", "tariff")
        if self.tls and self.keys is None:
            yield Wrong("keys", "TLS needs the PKI the device trusts", "keys: run/pki")
        if not self.plain and not self.tls:
            yield Wrong("plain", "neither plain TCP nor TLS is served", "tls: true")

    @property
    def plugged_by_person(self) -> bool:
        """Who presses Enter when it is done, which is later than the device knows it."""
        told = self.actions.plug_in
        return bool(told.ask) if told is not None else self.pilot.driver == "hand"

    def mode(self, like: str) -> str | None:
        """The device's mode of the same current."""
        return next((one for one in self.modes if mode_of(one).ac == mode_of(like).ac), None)


def read(path: Path) -> Device:
    """``ConfigurationError`` with every place that is wrong."""
    found: Any = load(Device, (path,), outside=False).config
    assert isinstance(found, Device)
    if found.keys is not None and not found.keys.is_absolute():
        return found.model_copy(update={"keys": path.parent / found.keys})
    return found
