"""What the user configures about CAN: the bus, the matrices, which signal is which value.

Pure declarations, without a look into the matrices; that is what ``binding`` does.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import Duration, FromText
from bsw.ecuc.references import BesideItsFile
from bsw.os.clock import MS, S
from can_adapter.canif import Recovery
from can_adapter.matrix.model import SHIPPED, find, shipped_matrix, told
from can_adapter.signals.e2e import E2eWindow

Interface = Annotated[str, Field(min_length=1, examples=["socketcan"])]

WELL_KNOWN: Final = frozenset({"none", "simulated", "socketcan", "udp_multicast", "virtual"})
"""Interfaces that are there without asking python-can, which takes its time to load."""


class BusConfig(Part):
    """How to reach a bus."""

    interface: Interface = "udp_multicast"
    """A name python-can knows (socketcan, udp_multicast, virtual, pcan, vector, ...), ``simulated``
    for the bus of the simulated world, or ``none`` for no bus."""

    channel: str = Field(default="239.74.163.2", examples=["can0"])
    options: dict[str, bool | int | float | str] = Field(
        default_factory=dict, examples=["{bitrate: 500000, data_bitrate: 2000000}"]
    )
    """Handed to python-can as they are."""

    def problems_outside(self) -> Iterable[Wrong]:
        if self.interface in WELL_KNOWN:
            return
        from can.interfaces import VALID_INTERFACES  # noqa: PLC0415 - costs only who has a rare one

        known = sorted({*VALID_INTERFACES, *WELL_KNOWN})
        if self.interface not in known:
            close = get_close_matches(self.interface, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else "v2g dbc interfaces lists them"
            text = f"{self.interface!r} is no interface python-can knows; {hint}"
            yield Wrong("interface", text, "socketcan")


def _fixed(given: object) -> object:
    """Lists become tuples, which is what the models want once a value has passed through here."""
    if isinstance(given, list):
        return tuple(_fixed(item) for item in given)
    if isinstance(given, dict):
        return {key: _fixed(item) for key, item in given.items()}
    return given


def _numbers(given: object) -> object:
    """A single number is short for a list of one: ``{Park: 0, Drive: [3, 4]}``."""
    if not isinstance(given, dict):
        return given
    return {key: (item,) if _is_number(item) else _fixed(item) for key, item in given.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _signal(given: object) -> object:
    """``soc: BMS_Battery.Soc`` is short for ``soc: {signal: BMS_Battery.Soc}``."""
    given = _fixed(given)
    return {"signal": given} if isinstance(given, (str, tuple)) else given


def _together(given: object) -> object:
    return (given,) if isinstance(given, str) else _fixed(given)


Numbers = Annotated[dict[str, tuple[int, ...]], BeforeValidator(_numbers)]

SignalPaths = Annotated[
    tuple[str, ...], BeforeValidator(_together), Field(examples=["BMS_Battery.Soc"])
]


class MappingConfig(Part):
    """Where one value comes from or goes to."""

    signal: SignalPaths = ()
    """``Message.Signal``; a text may take several."""

    flag: str = Field(default="", examples=["BMS_Battery.SocFlag"])
    """The signal that says with ``flag_valid`` that the value is meant."""

    flag_valid: int = 1
    scale: float = Field(default=1.0, examples=[0.001])
    offset: float = 0.0
    """value = physical value of the signal x scale + offset."""

    values: Numbers = Field(default_factory=dict, examples=["{Park: 0, Drive: [3, 4]}"])
    """The raw numbers of each word; the first one is sent."""

    invalid: tuple[int, ...] = Field(default=(), examples=["[65535]"])
    """Raw numbers that mean: not available."""

    constant: bool | int | float | str | None = Field(default=None, examples=[77000])
    """Stands for a value that no signal carries."""


Mappings = dict[str, Annotated[MappingConfig, BeforeValidator(_signal)]]


class E2eConfig(Part):
    """End-to-end protection of a message: AUTOSAR profile, data id, octet of the header."""

    profile: Literal[1, 2, 4, 5, 6, 7, 11] = 5
    data_id: int = Field(default=0, ge=0, examples=["0x1A0"])
    offset: int = Field(default=0, ge=0, le=63)


class MessageConfig(Part):
    """What a matrix does not say, or says differently."""

    cycle: Duration | None = None
    timeout: Duration | None = None
    e2e: E2eConfig | None = None
    unprotected: bool = False
    """Takes away the end-to-end protection the matrix asks for."""

    def problems(self) -> Iterable[Wrong]:
        if self.unprotected and self.e2e is not None:
            yield Wrong("unprotected", "contradicts e2e; leave one of them out")


class WindowConfig(Part):
    """The window of the E2E state machine; see ``can_adapter.e2e.E2eWindow``."""

    max_delta_counter: int = Field(default=3, ge=1, le=14)
    window_size_init: int = Field(default=4, ge=1, le=64)
    min_ok_state_init: int = Field(default=2, ge=1, le=64)
    max_error_state_init: int = Field(default=1, ge=0, le=64)
    window_size_valid: int = Field(default=4, ge=1, le=64)
    min_ok_state_valid: int = Field(default=1, ge=1, le=64)
    max_error_state_valid: int = Field(default=1, ge=0, le=64)
    window_size_invalid: int = Field(default=4, ge=1, le=64)
    min_ok_state_invalid: int = Field(default=3, ge=1, le=64)
    max_error_state_invalid: int = Field(default=0, ge=0, le=64)

    def window(self) -> E2eWindow:
        return E2eWindow(**self.model_dump())


class RecoveryConfig(Part):
    """How bus-off is left; see ``can_adapter.canif.Recovery``."""

    quick: Duration = 50 * MS
    quick_attempts: int = Field(default=5, ge=0)
    slow: Duration = 1 * S
    stable: Duration = 2 * S

    def recovery(self) -> Recovery:
        return Recovery(self.quick, self.quick_attempts, self.slow, self.stable)


MatrixFile = Annotated[
    Path,
    FromText(),
    BesideItsFile(),
    AfterValidator(find),
    PlainSerializer(told, when_used="json"),
    Field(examples=["vehicle.dbc"]),
]
"""A matrix beside the configuration file, or the name of a shipped one."""


class CanConfig(Part):
    """One bus: how to reach it, its matrices, and the mapping of values to signals."""

    bus: BusConfig = BusConfig.model_construct()
    matrix: tuple[MatrixFile, ...] = tuple(shipped_matrix(name) for name in SHIPPED)
    """Files with the bus's messages: DBC, ARXML, KCD or SYM."""

    bind: Literal["by-name", "explicit"] = "by-name"
    """``by-name`` takes a signal called like the value where the mapping says nothing, as in the
    shipped matrices.  With matrices of your own say ``explicit`` and map what you have."""

    receive: Mappings = Field(default_factory=dict, examples=["{soc: BMS_Battery.Soc}"])
    transmit: Mappings = Field(default_factory=dict, examples=["{cp_state: EVCC_State.CpState}"])
    messages: dict[str, MessageConfig] = Field(
        default_factory=dict, examples=["{BMS_Battery: {timeout: 1 s}}"]
    )
    timeout_cycles: int = Field(default=5, ge=2, le=100)
    """A message that stayed away for so many cycles has timed out."""

    first_timeout: Duration = 1 * S
    """How long a message may stay away after the start."""

    cycle_stretch: int = Field(default=1, ge=1, le=1000)
    """Makes all cycles longer, for long simulations."""

    e2e_window: WindowConfig = WindowConfig.model_construct()
    e2e_stretch: int = Field(default=1, ge=1, le=100)
    """Makes the end-to-end supervision so many times more patient with lost, repeated and damaged
    frames.  For lab hosts that stall, as ``timeout_cycles``; in a car 1."""

    recovery: RecoveryConfig = RecoveryConfig.model_construct()
