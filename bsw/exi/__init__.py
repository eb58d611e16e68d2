"""Efficient XML Interchange for V2G: messages to octets and back, byte-exact, in our own code.

::

    codec = exi.codec("iso2")
    octets = codec.encode(message)
    message = codec.decode(octets)

A schema set is loaded when its codec is first asked for.  This room knows schemas and bits; which
schema a frame needs is the session's knowledge.
"""

from __future__ import annotations

from functools import cache

from bsw.exi.careful import Fragment
from bsw.exi.codec import MAX_OCTETS, Codec, Form, Noted
from bsw.exi.errors import CONFORMANCE, FIELD, DecodeError, EncodeError, Tolerance
from bsw.exi.schema import SETS, SchemaSet, register

__all__ = [
    "CONFORMANCE",
    "FIELD",
    "MAX_OCTETS",
    "SETS",
    "Codec",
    "DecodeError",
    "EncodeError",
    "Fragment",
    "Noted",
    "Tolerance",
    "codec",
    "register",
    "schema_set",
]


@cache
def schema_set(name: str) -> SchemaSet:
    """A schema set by name, loaded once."""
    if name not in SETS:
        raise ValueError(f"no schema set {name!r}; there are {', '.join(SETS)}")
    return SchemaSet(name)


@cache
def codec(name: str, tolerance: Tolerance = FIELD, *, form: Form = "best") -> Codec:
    """The codec of a schema set: ``sap``, ``din``, ``iso2``, ``iso20.common``, ``iso20.dc``, ..."""
    return Codec(schema_set(name), tolerance, form=form)
