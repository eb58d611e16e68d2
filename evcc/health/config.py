"""What an integrator may set about the vehicle ECU's own services.

Pure data: a configuration can be read without any of the services.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bsw.dcm.access import Access, Rules
from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import TIME, Duration, between
from bsw.ecuc.references import NewPath
from bsw.os.clock import S
from can_adapter.tester.config import DiagnosticsCanConfig
from csm.config import state_folder
from csm.handles import HandleError, KeyHandle
from evcc.sleep.config import ModesConfig, SleepConfig


def memory_file() -> Path:
    return state_folder().parent / "evcc.nvm"


class NvmConfig(Part):
    """What the ECU keeps over a restart: settings, trouble codes, a paused session."""

    file: NewPath | None = Field(default_factory=memory_file)
    """``null`` keeps nothing."""


class AccessConfig(Part):
    """What a service asks of a tester first."""

    session: bool = True
    """Another than the default session."""
    level: Annotated[int, Field(ge=0, le=3)] = 0
    """Security level to be unlocked; 0 asks for none."""

    @property
    def access(self) -> Access:
        return Access(self.session, self.level)


class AccessRulesConfig(Part):
    """For the services that can hide a fault or take the ECU off the bus."""

    clear: AccessConfig = AccessConfig(level=1)
    """14, clear trouble codes."""
    communication: AccessConfig = AccessConfig(level=1)
    """28, communication control; always outside the default session."""
    dtc_setting: AccessConfig = AccessConfig.model_construct()
    """85, trouble code setting; always outside the default session."""

    @property
    def rules(self) -> Rules:
        return Rules(self.clear.access, self.communication.access, self.dtc_setting.access)


class DiagnosticsConfig(Part):
    """The tester's door."""

    enabled: bool = True
    can: DiagnosticsCanConfig = DiagnosticsCanConfig.model_construct()
    key: str = Field(default="", examples=["pkcs11:evcc/health/diagnostics"])
    """The AES key of security access in the key store; without one nothing can be unlocked."""
    access: AccessRulesConfig = AccessRulesConfig.model_construct()
    part_number: Annotated[str, Field(max_length=20)] = "PILOTWIRE-EVCC"
    serial: Annotated[str, Field(max_length=16)] = "000000000000"
    aging: Annotated[int, Field(ge=1, le=255)] = 40
    """Healthy operation cycles after which a trouble code is forgotten."""

    def problems(self) -> Iterable[Wrong]:
        if self.key:
            try:
                KeyHandle.parse(self.key)
            except HandleError as error:
                yield Wrong("key", str(error), "key: software:diagnostics")


class WatchdogConfig(Part):
    """Who has to give signs of life, and within which time."""

    enabled: bool = True
    window: Annotated[Duration, between("100 ms", "60 s", TIME)] = 1 * S


class SupervisionConfig(Part):
    """Within which time faults lead to a safe vehicle."""

    ordered_stop: Annotated[Duration, between("1 s", "60 s", TIME)] = 8 * S
    """An ordered stop that takes longer is forced."""
    voltage_window: Annotated[float, Field(ge=5, le=50)] = 20.0
    isolation: Annotated[float, Field(ge=0, le=10_000)] = 100.0
    """kOhm"""

    sensor_fault: Literal["derate", "stop"] = "derate"
    """What one bad temperature sensor means.  Without any sensor left, DC stops in either case."""

    degraded_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The part of the current that is left while a fault to derate for stands."""


class ServicesConfig(Part):
    """The parts together, for whoever composes nothing of its own."""

    nvm: NvmConfig = NvmConfig.model_construct()
    diagnostics: DiagnosticsConfig = DiagnosticsConfig.model_construct()
    watchdog: WatchdogConfig = WatchdogConfig.model_construct()
    supervision: SupervisionConfig = SupervisionConfig.model_construct()
    sleep: SleepConfig = SleepConfig.model_construct()
    modes: ModesConfig = ModesConfig.model_construct()
