"""What the codec refuses, and what it lets pass with a note."""

from __future__ import annotations

from typing import NamedTuple


class DecodeError(ValueError):
    """The octets are no message.  Says where (bit and element path) and what would have been."""

    def __init__(self, position: int, path: str, expected: str, found: str) -> None:
        super().__init__(f"bit {position}, {path}: expected {expected}, found {found}")
        self.position = position
        self.path = path
        self.expected = expected
        self.found = found


class EncodeError(ValueError):
    """The message cannot be written.  Names the class and field."""


class Tolerance(NamedTuple):
    """Deviations seen in the field that a decoder may let pass, each by its own switch.

    The strict reading always comes first; a tolerance is tried only on octets that would be
    refused, and each use is reported as a note.
    """

    empty_values: bool = False
    """An empty text or binary where the schema wants a length (refusals send those)."""

    loose_bounds: bool = False
    """Lengths below the minimum and integers outside their bounds, as far as the base type goes.
    Off in both profiles: nobody was seen to send that."""

    full_lists: bool = False
    """A list filled to its maximum but ended with the code of one that is not (cbV2G; EXIficient
    with the grammars in Josev, for lists of 16 and 20)."""

    swapped_acdp: bool = False
    """ACDP_ConnectRes and ACDP_DisconnectReq with each other's code (cbV2G)."""

    typed_emaid: bool = False
    """An eMAID fragment in the grammar of its type rather than the relaxed one (cbV2G)."""

    other_headers: bool = False
    """The cookie ``$EXI``, or a version other than final version 1, in front of the same coding."""

    trailing_zeros: bool = False
    """Octets of zero left over after the message (a Tesla's DIN session, EvseV2G's answers with
    certificates): a buffer that was one octet too long."""

    trailing: bool = False
    """Any octets left over after the message.  Off in both: the frame says how long it is."""

    empty_schedules: bool = False
    """``SASchedules`` itself, abstract and empty, where a list of schedules should stand (recorded
    in DIN ChargeParameterDiscoveryRes; EXIficient and cbV2G read it)."""


CONFORMANCE = Tolerance()
FIELD = Tolerance(
    empty_values=True,
    full_lists=True,
    swapped_acdp=True,
    typed_emaid=True,
    other_headers=True,
    trailing_zeros=True,
    empty_schedules=True,
)
