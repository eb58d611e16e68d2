"""The rules by name, and what each is about."""

from typing import Final

RULES: Final = {
    "order": "a message where the table of its protocol, or of the matching, does not allow it",
    "answer": "an answer after the time that the norm gives it",
    "next request": "a request after the time that the norm gives it",
    "ongoing": "a row of repeated requests that goes on too long",
    "ready to charge": "DIN 70121: energy has to flow 150 s after the set-up",
    "interval": "discovery asked too often or too quickly",
    "notification": "the vehicle goes on long after the station told it to stop",
    "value": "a quantity in a unit of another kind, or beyond what can be",
    "limit": "more than the other side can give or take; contactors closed at unequal volts",
    "offer": "something is chosen that was not offered",
    "meter": "a meter that runs backwards, a receipt of another reading",
    "time": "a time stamp before an earlier one",
    "response code": "a code that says FAILED, or one that belongs to another answer",
    "session id": "a message of another session, or a session without an id",
    "signature": "a signature that is missing or does not hold, a challenge not given",
    "certificate": "a chain that is out of order, or does not hold at that time",
    "security": "another security than the discovery told",
    "tls": "a fatal alert",
    "end": "a connection that closed while an answer was owed, or without SessionStop",
    "reading": "octets that cannot be read, or only with tolerance; holes in the capture",
}

SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "order": ("V2G2-538", "V2G2-539", "V2G20-459", "V2G-DC-390", "V2G-DC-665"),
    "answer": ("V2G2-438", "V2G_EVCC_Msg_Timeout", "TT_match_response"),
    "next request": ("V2G20-443", "V2G_SECC_Sequence_Timeout", "TT_match_sequence"),
    "ongoing": ("V2G2-712", "V2G2-713", "V2G_EVCC_Ongoing_Timeout"),
    "ready to charge": ("V2G_EVCC_ReadyToCharge_Timeout",),
    "interval": ("V2G2-159", "V2G2-161"),
    "notification": ("V2G2-680",),
    "value": ("V2G2-477",),
    "limit": ("V2G2-477", "IEC 61851-23 CC.3"),
    "offer": ("V2G2-425", "V2G2-464", "V2G2-465", "V2G2-467", "V2G2-476", "V2G2-479", "V2G20-425",
              "V2G20-433", "V2G20-464", "V2G20-467"),
    "meter": ("V2G2-481", "V2G2-902", "V2G2-903"),
    "time": ("ISO 15118-20 MessageHeader TimeStamp",),
    "response code": ("V2G2-734", "V2G2-735", "V2G2-736"),
    "session id": ("V2G2-753", "V2G2-754", "V2G2-756"),
    "signature": ("V2G2-475", "V2G2-684", "V2G2-903", "V2G20-2216"),
    "certificate": ("V2G2-009", "V2G2-871"),
    "security": ("V2G2-651", "V2G20-1237", "V2G20-2356"),
    "tls": ("V2G2-873",),
    "end": ("V2G2-438", "V2G2-535", "V2G2-619"),
    "reading": ("ISO 15118-2 V2GTP header", "EXI 1.0"),
}  # fmt: skip
"""Where each rule comes from: requirement ids; a timer or a clause where we know no id."""

_OF: Final = {"iso2": "V2G2-", "din": "V2G-DC-", "iso20": "V2G20-"}
_IDS: Final = tuple(_OF.values())


def sources(rule: str, schema: str) -> tuple[str, ...]:
    """Those of the protocol a message belongs to; names of timers and clauses belong to all."""
    own = _OF.get(schema.partition(".")[0], "")
    found = SOURCES[rule]
    kept = tuple(one for one in found if not one.startswith(_IDS) or (own and one.startswith(own)))
    return kept or found
