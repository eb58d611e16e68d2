"""Registered numbers against what others know of them, and edges of what is read by hand."""

import ssl

import pytest

from bsw.crypto import KeyType
from bsw.tls.config import FRAGMENTS, TlsConfig
from bsw.tls.hello import LARGEST, MOST_TOLD, ClientHello, Extension, NotAHello, client_hello
from bsw.tls.port import TlsProfile, TlsReason
from bsw.tls.profile import EXTRA_SUITES, GROUP_NAMES, GROUP_NUMBERS, LAB_P256, RULES
from bsw.tls.reasons import (
    ABOUT_ROOTS,
    ALERTS,
    CLOSE_NOTIFY,
    INTERNAL_ERROR,
    REMEDIES,
    from_openssl,
    refused,
    truncated,
    unusable,
)

OTHERS = {
    one.value: one.name.removeprefix("ALERT_DESCRIPTION_").lower() for one in ssl.AlertDescription
}
NEWER = {
    86: "inappropriate_fallback",
    109: "missing_extension",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""Registered later than the list that Python has."""


def test_alerts_have_their_registered_names() -> None:
    known = {"user_cancelled": "user_canceled", "unknown_psk_identity": "unknown_psk_identity"}
    for number, name in ALERTS.items():
        other = OTHERS.get(number, NEWER.get(number))
        assert known.get(other or "", other) == name, number
    assert {40, 42, 43, 44, 45, 46, 48, 51, 70, 80, 113, 116} == set(REMEDIES)
    assert {42, 46, 48} == ABOUT_ROOTS
    assert OTHERS[CLOSE_NOTIFY] == "close_notify"
    assert INTERNAL_ERROR[-1] == 80


def test_a_refusal_says_number_name_and_remedy() -> None:
    told = refused(48, "it named X")
    assert (told.reason, told.alert) == (TlsReason.PEER_ALERT, 48)
    assert "unknown_ca (48): it does not know our root" in told.detail
    assert told.detail.endswith("; it named X")
    assert refused(99).detail == (
        "the peer refused with alert unknown (99): see the peer's own log"
    )


def failed(reason: str, library: str | None = "SSL") -> ssl.SSLError:
    error = ssl.SSLError(1, "words")
    error.reason = reason
    error.__dict__["library"] = library
    return error


@pytest.mark.parametrize(
    ("reason", "library", "means"),
    [
        ("NO_SHARED_CIPHER", "SSL", TlsReason.NO_COMMON_SUITE),
        ("UNSUPPORTED_PROTOCOL", "SSL", TlsReason.NO_COMMON_SUITE),
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "SSL", TlsReason.NO_PEER_CERTIFICATE),
        ("EXCESSIVE_MESSAGE_SIZE", "SSL", TlsReason.BROKEN_CHAIN),
        ("CERT_LENGTH_MISMATCH", "SSL", TlsReason.BROKEN_CHAIN),
        ("WRONG_TAG", "ASN1", TlsReason.BROKEN_CHAIN),
        ("WRONG_TAG", "SSL", TlsReason.BAD_RECORD),
        ("WRONG_TAG", None, TlsReason.BAD_RECORD),
    ],
)
def test_openssls_words_have_our_reasons(
    reason: str, library: str | None, means: TlsReason
) -> None:
    told = from_openssl(failed(reason, library), 40)
    assert (told.reason, told.alert) == (means, 40)
    shown = "no certificate" if means is TlsReason.NO_PEER_CERTIFICATE else reason
    assert shown.replace("_", " ").lower() in told.detail


def test_what_has_nothing_in_common_is_told_with_the_offer() -> None:
    told = from_openssl(failed("NO_SHARED_CIPHER"), 40, "suites c025 c023")
    assert "suites c025 c023 (c025 is static ECDH" in told.detail
    assert "static" not in from_openssl(failed("NO_SHARED_CIPHER"), 40, "suites c023").detail
    assert from_openssl(failed("NO_SHARED_CIPHER")).detail.endswith("with what it has")
    assert "words" in from_openssl(failed("")).detail


def test_what_is_ours_is_no_fault_of_the_peer() -> None:
    assert unusable(ValueError("x")).reason is TlsReason.UNAVAILABLE
    assert "before the handshake" in truncated(handshake=True).detail
    assert "without close_notify" in truncated(handshake=False).detail


def test_the_rules_are_those_of_the_norms() -> None:
    older, newer = RULES[TlsProfile.ISO2], RULES[TlsProfile.ISO20]
    assert (older.version, older.version_number) == (ssl.TLSVersion.TLSv1_2, 0x0303)
    assert (newer.version, newer.version_number) == (ssl.TLSVersion.TLSv1_3, 0x0304)
    assert list(older.suites.values()) == [0xC023]
    assert list(newer.suites.values()) == [0x1302, 0x1303]
    assert list(older.groups.values()) == [23]
    assert list(newer.groups.values()) == [25, 30]
    assert older.keys == {KeyType.P256: 0x0403}
    assert newer.keys == {KeyType.P521: 0x0603, KeyType.ED448: 0x0808}
    assert older.signatures == {"ecdsa_secp256r1_sha256": 0x0403}
    assert newer.signatures == {"ecdsa_secp521r1_sha512": 0x0603, "ed448": 0x0808}
    assert list(EXTRA_SUITES.values()) == [0xC02B, 0xC02C]
    assert GROUP_NAMES == {23: "secp256r1", 25: "secp521r1", 30: "x448"}
    assert set(GROUP_NUMBERS.values()) == set(GROUP_NAMES)
    assert FRAGMENTS == {0: 0, 512: 1, 1024: 2, 2048: 3, 4096: 4}


def test_the_lab_has_p256_in_addition_and_nothing_else() -> None:
    assert TlsConfig().rules(TlsProfile.ISO20) is RULES[TlsProfile.ISO20]
    assert TlsConfig(lab_p256_in_tls13=True).rules(TlsProfile.ISO20) is LAB_P256
    assert LAB_P256.suites == RULES[TlsProfile.ISO20].suites
    assert list(LAB_P256.groups.values()) == [25, 30, 23]
    assert set(LAB_P256.keys) == set(KeyType) == set(LAB_P256.keys)
    assert set(LAB_P256.signatures.values()) == {0x0403, 0x0603, 0x0808}
    more = TlsConfig(extra_suites=("ECDHE-ECDSA-AES128-GCM-SHA256",))
    assert list(more.rules(TlsProfile.ISO2).suites.values()) == [0xC023, 0xC02B]


def test_by_default_nothing_is_out_of_the_norm() -> None:
    config = TlsConfig()
    assert config.ask_staple
    assert not config.middlebox_compatibility
    assert not config.lab_p256_in_tls13
    assert config.longest_record == 0
    assert config.extra_suites == ()
    assert list(config.problems()) == []


def record(message: bytes, kind: int = 22) -> bytes:
    return bytes((kind, 3, 1)) + len(message).to_bytes(2, "big") + message


def message(body: bytes, kind: int = 1) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def block(octets: bytes, size: int = 2) -> bytes:
    return len(octets).to_bytes(size, "big") + octets


def body(extensions: bytes | None = None, version: bytes = b"\x03\x03") -> bytes:
    start = version + bytes(32) + block(b"\xaa", 1) + block(b"\xc0\x23\x13\x02") + block(b"\0", 1)
    return start if extensions is None else start + block(extensions)


@pytest.mark.parametrize(
    ("version", "read"), [(0x0301, 0x0301), (0x0303, 0x0303), (0x0304, 0x0303)]
)
def test_without_extensions_the_old_field_counts(version: int, read: int) -> None:
    hello = client_hello(record(message(body(version=version.to_bytes(2, "big")))))
    assert hello == ClientHello(versions=(read,), suites=(0xC023, 0x1302))


def test_each_extension_is_read_by_its_number() -> None:
    parts = {
        43: block(b"\x03\x04\x03\x03", 1),
        10: block(b"\x00\x19"),
        13: block(b"\x06\x03\x08\x08"),
        5: b"\x01\0\0\0\0",
        3: block(b"\x00"),
        47: block(block(b"name")),
        99: b"whatever",
    }
    block_of = b"".join(kind.to_bytes(2, "big") + block(data) for kind, data in parts.items())
    hello = client_hello(record(message(body(block_of))))
    assert hello is not None
    assert hello.versions == (0x0304, 0x0303)
    assert hello.groups == (25,)
    assert hello.signature_algorithms == (0x0603, 0x0808)
    assert hello.wants_staple
    assert [one.kind for one in hello.root_keys] == [0]
    assert hello.root_names == (b"name",)
    assert {one.value for one in Extension} == set(parts) - {99}
    text = "versions 0304 0303, suites c023 1302, groups 0019, signatures 0603 0808"
    assert str(hello) == text


def test_an_offer_told_is_cut_after_a_dozen_and_says_none() -> None:
    told = str(ClientHello((), tuple(range(MOST_TOLD + 1))))
    assert told.startswith("versions none, suites 0000 ")
    assert told.count("000b") == 1
    assert "000c" not in told
    assert not ClientHello((), ()).wants_staple


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (record(message(body()), kind=23), "no handshake"),
        (record(message(body(), kind=2)), "no ClientHello"),
        (b"\x16\x03\x01\x00\x00", "no octets"),
        (b"\x16\x03\x01\x80\x01", "more than 32768"),
        (record(b"\x01\x00\x80\x01"), "more than 32768"),
        (record(message(body()[:36])), "longer than the message"),
    ],
)
def test_what_is_no_hello_is_told(octets: bytes, words: str) -> None:
    with pytest.raises(NotAHello, match=words):
        client_hello(octets)


@pytest.mark.parametrize("octets", [b"\x16\x03\x01\x80\x00", record(b"\x01\x00\x80\x00"), b""])
def test_the_largest_hello_is_still_waited_for(octets: bytes) -> None:
    assert LARGEST == 32768
    assert client_hello(octets) is None


def test_a_hello_in_records_of_any_cut_is_one_hello() -> None:
    whole = message(body())
    for at in range(1, len(whole)):
        cut = record(whole[:at]) + record(whole[at:])
        assert client_hello(cut) == client_hello(record(whole))
        assert client_hello(cut[:-1]) is None
