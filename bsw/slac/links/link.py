"""What the session asks of the data link, and what it hears from it.

``VehicleLink`` and ``StationLink`` stand behind this: they follow the pilot, match, join, and tell
the session when IP frames pass.  The methods are D-LINK primitives of ISO 15118-3.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from bsw.cp.duty import DIGITAL, Meaning
from bsw.cp.pilot import CONNECTED, Pilot, PilotState
from bsw.ecuc.part import Wrong
from bsw.slac.config import SlacConfig
from bsw.slac.outcome import Linked, Reason
from bsw.slac.presets import ModemName, prepared


class Fallback(Enum):
    """What is left when there is no data link."""

    NOMINAL = "stay in B and charge by the duty cycle when it names a current"
    REPLUG = "no charging until the plug was out, or the pilot went through E, F or X1"
    NONE = "nothing is plugged in"


@dataclass(frozen=True, slots=True)
class LinkFailure:
    reason: Reason
    fallback: Fallback


class LinkUser(Protocol):
    """The session's side.  Each plug-in ends in ``linked`` or ``failed``; after ``linked`` comes
    at most one ``link_lost``, and none after ``terminate`` or ``error``, which the user asked for.
    """

    def linked(self, link: Linked) -> None:
        """D-LINK_READY: look for the station now.  After a pause ``link.resumed`` is true."""

    def link_lost(self, reason: Reason) -> None:
        """End the session at once; a new link may follow."""

    def failed(self, failure: LinkFailure) -> None:
        """No more tries with this plug-in, unless the pilot gives a new cue."""


class Link(Protocol):
    """The session's handle on the data link, the same for both roles."""

    def start(self) -> None:
        """Begin to follow the pilot."""

    def terminate(self) -> None:
        """D-LINK_TERMINATE: a session ended well; leave the network."""

    def error(self) -> None:
        """D-LINK_ERROR: give up this link and match again."""

    def pause(self) -> None:
        """D-LINK_PAUSE: keep the key; sleep until the pilot wakes us."""

    def wake(self) -> None:
        """End the pause from our side."""

    def close(self) -> None:
        """Leave the network and follow nothing any more."""


class Cue(Enum):
    """What a vehicle reads out of its pilot."""

    UNPLUGGED = "A"
    FAULT = "E or F"
    QUIET = "oscillator off"
    DIGITAL = "5 %"
    NOMINAL = "a current"
    INVALID = "a duty cycle without meaning"


_CUES = {
    Meaning.STEADY: Cue.QUIET,
    Meaning.DIGITAL: Cue.DIGITAL,
    Meaning.CURRENT: Cue.NOMINAL,
    Meaning.NOT_ALLOWED: Cue.INVALID,
}


def cue(pilot: Pilot) -> Cue:
    if pilot.state is PilotState.A:
        return Cue.UNPLUGGED
    if pilot.state not in CONNECTED:
        return Cue.FAULT
    return _CUES[pilot.meaning]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ModemLink(_Frozen):
    """Where the modem is, the same for both roles."""

    driver: Annotated[
        Literal["none", "ethernet"],
        Field(
            description="ethernet: SLAC with a modem behind a network interface; none: the "
            "simulated plug brings its modem, and without that plug the link is taken for granted"
        ),
    ] = "none"
    interface: Annotated[
        str,
        Field(
            description="of the modem, by name or by MAC address; sessions run on it as well; "
            "empty: network.interface",
            examples=["eth1"],
        ),
    ] = ""
    modem: Annotated[
        ModemName | None,
        Field(
            description="the chip; it sets what link.slac.modem leaves at its default",
            examples=["qca7005"],
        ),
    ] = None

    def contradictions(self, network: str, hardware: str) -> Iterable[Wrong]:
        """With the interface of sessions and the driver of the plug, in words of the file."""
        if self.driver == "none":
            if self.interface:
                yield Wrong("link.interface", "no driver reads it", "driver: ethernet")
            return
        if hardware == "plug":
            told = "the simulated plug brings a modem of its own"
            yield Wrong("link.driver", told, "driver: none")
        if (self.interface or network) == "lo":
            yield Wrong("link.interface", "no modem is behind loopback", "interface: eth1")
        if self.interface and network not in {"lo", self.interface}:
            told = f"sessions run on the modem's interface, and network.interface is {network!r}"
            yield Wrong("link.interface", told, f"interface: {network}")


class VehicleLinkConfig(ModemLink):
    """Times in milliseconds."""

    energy: Literal["ac", "dc"] = "dc"
    slac: SlacConfig = SlacConfig.field()
    rounds: Annotated[int, Field(ge=1, le=20, description="whole matchings per plug-in")] = 3
    matchings: Annotated[
        int, Field(ge=0, le=10_000, description="on one plug-in, whatever the pilot does; 0: any")
    ] = 30
    matching_each: Annotated[
        int, Field(ge=1_000, le=3_600_000, description="then one more in this time")
    ] = 120_000
    match_at_nominal: Annotated[
        bool, Field(description="match also when the duty cycle names a current (AC)")
    ] = False
    restart_after_loss: Annotated[
        bool,
        Field(description="after a lost link match again without a new cue from the pilot"),
    ] = False

    @property
    def matching(self) -> SlacConfig:
        """As matching has it: the chip's habits where nothing else was said."""
        return prepared(self.slac, self.modem)

    @classmethod
    def conformance(cls) -> "VehicleLinkConfig":
        return cls(slac=SlacConfig.conformance(), rounds=1)


class StationLinkConfig(ModemLink):
    """Times in milliseconds."""

    slac: SlacConfig = SlacConfig.field()
    duty: Annotated[float, Field(ge=4.5, le=5.5, description="duty cycle that asks for SLAC")] = (
        DIGITAL
    )
    error_state: Annotated[
        Literal["E", "F"], Field(description="what the pilot shows between two tries")
    ] = "F"
    oscillator_hold: Annotated[
        int, Field(ge=0, le=10_000, description="oscillator stays on after a regular end")
    ] = 3_000

    @property
    def matching(self) -> SlacConfig:
        """As matching has it: the chip's habits where nothing else was said."""
        return prepared(self.slac, self.modem)

    @classmethod
    def conformance(cls) -> "StationLinkConfig":
        return cls(slac=SlacConfig.conformance())
