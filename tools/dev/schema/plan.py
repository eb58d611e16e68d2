"""Which schema goes into which module, and the few names the rule does not give."""

from __future__ import annotations

from typing import NamedTuple

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
COMMON_TYPES = "urn:iso:std:iso:15118:-20:CommonTypes"


class Module(NamedTuple):
    """A module of ``bsw.chrgm.messages``: the root schema, its own namespaces, what it is."""

    name: str
    root: str
    namespaces: tuple[str, ...]
    title: str


def _family(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}:{name}" for name in names.split())


MODULES = (
    Module("xmldsig", "xmldsig/xmldsig-core-schema.xsd", (XMLDSIG,), "XML signatures."),
    Module(
        "sap",
        "app_protocol/V2G_CI_AppProtocol.xsd",
        ("urn:iso:15118:2:2010:AppProtocol",),
        "The handshake that selects the protocol.",
    ),
    Module(
        "din",
        "din_70121/V2G_CI_MsgBody.xsd",
        _family("urn:din:70121:2012", "MsgDef MsgHeader MsgBody MsgDataTypes"),
        "The messages of DIN SPEC 70121.",
    ),
    Module(
        "iso2",
        "iso_15118_2/V2G_CI_MsgDef.xsd",
        _family("urn:iso:15118:2:2013", "MsgDef MsgHeader MsgBody MsgDataTypes"),
        "The messages of ISO 15118-2.",
    ),
    Module(
        "iso20.common_types",
        "iso_15118_20/V2G_CI_CommonTypes.xsd",
        (COMMON_TYPES,),
        "What the messages of ISO 15118-20 have in common.",
    ),
    *(
        Module(
            f"iso20.{name}",
            f"iso_15118_20/V2G_CI_{file}.xsd",
            (f"urn:iso:std:iso:15118:-20:{file}",),
            title,
        )
        for name, file, title in (
            ("common", "CommonMessages", "The messages of ISO 15118-20 that serve every transfer."),
            ("ac", "AC", "The AC messages of ISO 15118-20."),
            ("dc", "DC", "The DC messages of ISO 15118-20, for CCS and MCS."),
            ("wpt", "WPT", "The wireless messages of ISO 15118-20."),
            ("acdp", "ACDP", "The messages of ISO 15118-20 for automatic connection devices."),
        )
    ),
)

# Types and groups that people call by a shorter name than the rule would give them.
RENAMED = {"unitSymbolType": "Unit", "valueType": "ValueType", "AnyBodyElement": "AnyBody"}

# Classes that can do more than carry their fields: type on the wire -> base in ``units``.
ABILITIES = {"PhysicalValueType": "PhysicalQuantity", "RationalNumberType": "Rational"}
