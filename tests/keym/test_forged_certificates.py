"""Octets that no certificate authority would sign, signed by one."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from keym.judging.verdict import Reason
from keym.x509.profile import Use
from tests.keym.forge import (
    drop,
    extension,
    forged,
    only_extensions,
    parts_of,
    put,
    shell,
    tlv,
    with_extensions,
)
from tests.keym.world import AT, KINDS, judged, pki_of, uses_of
from tools.pki.maker import STEMS, Pki
from tools.pki.recipe import Entity
from tools.pki.status import crl, ocsp_response

BASIC, USAGE, AKI = b"\x55\x1d\x13", b"\x55\x1d\x0f", b"\x55\x1d\x23"
AIA = bytes.fromhex("2b06010505070101")
NULL = tlv(5)
UTC = "260101000000Z"


def times(begin: bytes, end: bytes) -> bytes:
    return tlv(0x30, begin, end)


def utc(text: str) -> bytes:
    return tlv(0x17, text.encode())


def name(*pairs: tuple[bytes, int, bytes]) -> bytes:
    sets = (tlv(0x31, tlv(0x30, tlv(6, oid), tlv(tag, text))) for oid, tag, text in pairs)
    return tlv(0x30, *sets)


CN = b"\x55\x04\x03"
FORGERIES = {
    "version 1": (drop("version", "extensions"), Reason.WRONG_USAGE),
    "version 4": (put(version=tlv(0xA0, tlv(2, b"\3"))), Reason.MALFORMED),
    "version 1 spelled out": (put(version=tlv(0xA0, tlv(2, b"\0"))), Reason.MALFORMED),
    "serial zero": (put(serial=tlv(2, b"\0")), Reason.WRONG_PROFILE),
    "serial negative": (put(serial=tlv(2, b"\x81")), Reason.WRONG_PROFILE),
    "serial of 21 octets": (put(serial=tlv(2, b"\x7f" * 21)), Reason.WRONG_PROFILE),
    "serial of no octets": (put(serial=tlv(2)), Reason.MALFORMED),
    "serial not shortest": (put(serial=tlv(2, b"\0\1")), Reason.MALFORMED),
    "serial no integer": (put(serial=tlv(4, b"\1")), Reason.MALFORMED),
    "algorithm differs inside": (
        put(algorithm=tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d01010b")), NULL)),
        Reason.MALFORMED,
    ),
    "algorithm of no octets": (put(algorithm=tlv(0x30)), Reason.MALFORMED),
    "issuer no name": (put(issuer=tlv(0x31)), Reason.MALFORMED),
    "subject empty": (put(subject=tlv(0x30)), Reason.WRONG_PROFILE),
    "subject with an empty part": (put(subject=tlv(0x30, tlv(0x31))), Reason.MALFORMED),
    "subject not UTF-8": (put(subject=name((CN, 0x0C, b"\xff\xfe"))), Reason.MALFORMED),
    "subject no string": (put(subject=name((CN, 2, b"\1"))), Reason.MALFORMED),
    "subject with a zero": (
        put(subject=name((CN, 0x0C, b"DE8AA0012345670\0x"))),
        Reason.MALFORMED,
    ),
    "subject of a hundred parts": (put(subject=name(*[(CN, 0x0C, b"x")] * 100)), Reason.MALFORMED),
    "validity of one time": (put(validity=tlv(0x30, utc(UTC))), Reason.MALFORMED),
    "validity backwards": (
        put(validity=times(utc("270101000000Z"), utc("260101000000Z"))),
        Reason.MALFORMED,
    ),
    "month 13": (put(validity=times(utc("261301000000Z"), utc(UTC))), Reason.MALFORMED),
    "30 February": (put(validity=times(utc("260230000000Z"), utc(UTC))), Reason.MALFORMED),
    "time without seconds": (put(validity=times(utc("2601010000Z"), utc(UTC))), Reason.MALFORMED),
    "time with offset": (
        put(validity=times(utc("260101000000+0100"), utc(UTC))),
        Reason.MALFORMED,
    ),
    "time of letters": (put(validity=times(utc("26O1O1000000Z"), utc(UTC))), Reason.MALFORMED),
    "times before 1950 begin": (
        put(validity=times(utc("500101000000Z"), utc("510101000000Z"))),
        Reason.EXPIRED,
    ),
    "far future": (
        put(validity=times(tlv(0x18, b"20500101000000Z"), tlv(0x18, b"99991231235959Z"))),
        Reason.NOT_YET_VALID,
    ),
    "key of no octets": (put(key=tlv(0x30)), Reason.MALFORMED),
    "key of another kind": (
        put(key=tlv(0x30, tlv(0x30, tlv(6, b"\x2b\x65\x70")), tlv(3, b"\0" + bytes(32)))),
        Reason.WRONG_ALGORITHM,
    ),
    "compressed point": (
        put(
            key=tlv(
                0x30,
                tlv(
                    0x30,
                    tlv(6, bytes.fromhex("2a8648ce3d0201")),
                    tlv(6, bytes.fromhex("2a8648ce3d030107")),
                ),
                tlv(3, b"\0\2" + bytes(32)),
            )
        ),
        Reason.WRONG_ALGORITHM,
    ),
    "no extensions": (drop("extensions"), Reason.WRONG_USAGE),
    "empty extensions": (put(extensions=tlv(0xA3, tlv(0x30))), Reason.MALFORMED),
    "extension twice": (
        with_extensions(extension(USAGE, tlv(3, b"\7\x80"), critical=True)),
        Reason.MALFORMED,
    ),
    "extension of garbage": (with_extensions(b"\x30\x03\x01\x02\x03"), Reason.MALFORMED),
    "a hundred extensions": (
        with_extensions(*(extension(b"\x2a\x03" + bytes([n]), b"\x05\x00") for n in range(100))),
        Reason.MALFORMED,
    ),
    "basic constraints of garbage": (
        only_extensions(extension(BASIC, b"garbage", critical=True)),
        Reason.MALFORMED,
    ),
    "basic constraints neither true nor false": (
        only_extensions(extension(BASIC, tlv(0x30, tlv(1, b"\1")), critical=True)),
        Reason.MALFORMED,
    ),
    "basic constraints that spell out false": (
        only_extensions(extension(BASIC, tlv(0x30, tlv(1, b"\0")), critical=True)),
        Reason.MALFORMED,
    ),
    "access to no name": (
        only_extensions(extension(AIA, tlv(0x30, tlv(0x30, tlv(6, b"\x2a\x03"), NULL)))),
        Reason.MALFORMED,
    ),
    "path length of no authority": (
        only_extensions(extension(BASIC, tlv(0x30, tlv(2, b"\0")), critical=True)),
        Reason.MALFORMED,
    ),
    "path length below zero": (
        only_extensions(
            extension(BASIC, tlv(0x30, tlv(1, b"\xff"), tlv(2, b"\xff")), critical=True)
        ),
        Reason.MALFORMED,
    ),
    "key usage of no bits": (
        only_extensions(extension(USAGE, tlv(3, b"\0"), critical=True)),
        Reason.WRONG_USAGE,
    ),
    "key usage with trailing bits": (
        only_extensions(extension(USAGE, tlv(3, b"\7\xff"), critical=True)),
        Reason.MALFORMED,
    ),
    "key usage of a hundred bits": (
        only_extensions(extension(USAGE, tlv(3, b"\0" + b"\xff" * 13), critical=True)),
        Reason.MALFORMED,
    ),
    "key identifier of garbage": (
        only_extensions(extension(AKI, b"\x30\x80")),
        Reason.MALFORMED,
    ),
    "address not ASCII": (
        with_extensions(
            extension(
                bytes.fromhex("551d1f"),
                tlv(0x30, tlv(0x30, tlv(0xA0, tlv(0xA0, tlv(0x86, b"\xff"))))),
            )
        ),
        Reason.MALFORMED,
    ),
    "something behind the extensions": (put(more=NULL), Reason.MALFORMED),
}


@pytest.fixture(params=KINDS)
def pki(request: pytest.FixtureRequest) -> Pki:
    return pki_of(request.param)


@pytest.mark.parametrize("use", [Use.SECC, Use.CONTRACT])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_leaf_is_refused(pki: Pki, use: Use, forgery: str) -> None:
    change, reason = FORGERIES[forgery]
    leaf = pki[STEMS[use][2]]
    chain = (forged(leaf, change), *leaf.chain[1:])
    verdict = judged(pki, use, chain, ocsp_response(leaf, AT))
    assert not verdict.trusted
    assert verdict.reason is reason, "\n".join(map(str, verdict.findings))


@pytest.mark.parametrize("use", [Use.SECC, Use.CONTRACT])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_authority_is_refused(pki: Pki, use: Use, forgery: str) -> None:
    change, _ = FORGERIES[forgery]
    leaf = pki[STEMS[use][2]]
    chain = (leaf.der, forged(pki[STEMS[use][1]], change), leaf.chain[2])
    verdict = judged(pki, use, chain, ocsp_response(leaf, AT))
    assert not verdict.trusted
    assert verdict.findings


@pytest.mark.parametrize("use", list(Use))
def test_a_forged_leaf_without_a_change_is_accepted(pki: Pki, use: Use) -> None:
    if use not in uses_of(pki):
        return
    leaf = pki[STEMS[use][2]]
    chain = (forged(leaf, put()), *leaf.chain[1:])
    assert judged(pki, use, chain, ocsp_response(leaf, AT)).trusted


def signature_of(pki: Pki, content: bytes) -> bytes:
    leaf = pki["secc"]
    parts = parts_of(leaf)
    return tlv(0x30, tlv(0x30, *parts.values()), parts["algorithm"], content)


SIGNATURES = {
    "none": tlv(3, b"\0"),
    "not a bit string": tlv(4, b"\0"),
    "unused bits": tlv(3, b"\1\2\2"),
    "no octets at all": tlv(3),
    "zeros": tlv(3, b"\0", tlv(0x30, tlv(2, b"\0"), tlv(2, b"\0"))),
    "negative numbers": tlv(3, b"\0", tlv(0x30, tlv(2, b"\xff"), tlv(2, b"\xff"))),
    "huge numbers": tlv(3, b"\0", tlv(0x30, tlv(2, b"\x7f" * 900), tlv(2, b"\x7f" * 900))),
    "three numbers": tlv(3, b"\0", tlv(0x30, *[tlv(2, b"\1")] * 3)),
    "one number": tlv(3, b"\0", tlv(0x30, tlv(2, b"\1"))),
    "text": tlv(3, b"\0", b"signed, honestly"),
}


@pytest.mark.parametrize("title", SIGNATURES)
def test_a_signature_that_is_none_is_refused(pki: Pki, title: str) -> None:
    leaf = pki["secc"]
    chain = (signature_of(pki, SIGNATURES[title]), *leaf.chain[1:])
    verdict = judged(pki, Use.SECC, chain, ocsp_response(leaf, AT))
    wanted = {Reason.MALFORMED, Reason.BAD_SIGNATURE, Reason.OVERSIZED}
    assert verdict.reason in wanted, str(verdict)


def test_parameters_of_the_signature_algorithm_are_refused(pki: Pki) -> None:
    leaf = pki["secc"]
    parts = parts_of(leaf)
    with_null = parts["algorithm"][2:] + NULL
    algorithm = tlv(0x30, with_null)
    tbs = tlv(0x30, *{**parts, "algorithm": algorithm}.values())
    chain = (shell(tbs, leaf, algorithm), *leaf.chain[1:])
    assert judged(pki, Use.SECC, chain, None).reason is Reason.MALFORMED


def private_key(entity: Entity) -> bytes:
    return entity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def test_octets_that_are_no_certificate_are_malformed(pki: Pki) -> None:
    leaf = pki["secc"]
    der = leaf.der
    garbage = {
        "nothing": b"",
        "one octet": b"\x30",
        "text": b"-----BEGIN CERTIFICATE-----",
        "PEM": leaf.pem,
        "a private key": private_key(leaf),
        "a CRL": crl(pki["cpo_sub2"], (), AT),
        "an OCSP response": ocsp_response(leaf, AT),
        "cut short": der[:-1],
        "one octet more": der + b"\0",
        "twice": der + der,
        "indefinite length": b"\x30\x80" + der[4:] + b"\0\0",
        "length of four gigabytes": b"\x30\x84\xff\xff\xff\xff" + der[4:],
        "length of many octets": b"\x30\xff" + der[4:],
        "length not shortest": b"\x30\x83\x00" + der[2:],
        "nested": b"\x30\x80" * 4000,
        "nested with lengths": nested(3000),
        "zeros": bytes(4000),
        "ones": b"\xff" * 4000,
        "long tag": b"\x3f\x81\x00" + der[1:],
    }
    for title, octets in garbage.items():
        for chain in ((octets, *leaf.chain[1:]), (*leaf.chain[:2], octets), (*leaf.chain, octets)):
            verdict = judged(pki, Use.SECC, chain, ocsp_response(leaf, AT))
            assert verdict.reason is Reason.MALFORMED, title


def nested(depth: int) -> bytes:
    octets = b""
    for _ in range(depth):
        octets = tlv(0x30, octets)
    return octets[:16_000] if len(octets) > 16_000 else octets


def test_an_empty_chain_is_refused(pki: Pki) -> None:
    assert judged(pki, Use.SECC, (), None).reason is Reason.EMPTY
