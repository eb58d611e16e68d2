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
