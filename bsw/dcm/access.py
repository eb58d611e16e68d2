"""What a tester has to have done before a service is granted.  Pure data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """What a service needs.  A security level can only be had outside the default session."""

    session: bool = True  # another than the default session
    level: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """For the services that can hide a fault or take the ECU off the bus."""

    clear: Access = Access(level=1)
    communication: Access = Access(level=1)
    dtc_setting: Access = Access()
