"""What can be wrong with a signature: a closed list, for codes, counters and reports."""

from enum import Enum


class Flaw(Enum):
    NOT_SIGNED = "the message carries no signature"
    MISSING_ID = "an element to be signed has no Id"
    DUPLICATE_ID = "two elements to be signed have the same Id"
    TOO_MANY_REFERENCES = "more references than any message has"
    MISSING_REFERENCE = "an element that has to be signed is not referenced"
    UNKNOWN_ID = "a reference names no element that has to be signed"
    DUPLICATE_REFERENCE = "an element is referenced twice"
    UNSUPPORTED_CANONICALIZATION = "not the canonical EXI of the norm"
    UNSUPPORTED_TRANSFORM = "not exactly one transform to canonical EXI"
    UNSUPPORTED_DIGEST = "a digest algorithm that does not belong to the signature algorithm"
    UNSUPPORTED_SIGNATURE = "a signature algorithm this edition does not have"
    FORBIDDEN_PART = "an optional part of XML Signature that the norm never uses"
    WRONG_KEY = "a key of another kind than the signature algorithm says"
    DIGEST_MISMATCH = "an element is not what was signed"
    NOT_ENCODABLE = "SignedInfo or an element has no EXI form"
    BAD_SIGNATURE = "the signature value does not hold"


class SignatureFlaw(ValueError):
    """A signature that proves nothing.  ``detail`` says which part; nothing in it is secret."""

    def __init__(self, flaw: Flaw, detail: str = "") -> None:
        super().__init__(f"{flaw.value}: {detail}" if detail else flaw.value)
        self.flaw = flaw
        self.detail = detail
