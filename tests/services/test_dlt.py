"""Log records: levels, sinks, rate limits, and what is never written."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from hypothesis import given
from hypothesis import strategies as st

from bsw.dlt import Dlt, Field, Level
from bsw.dlt_sinks import JsonSink, RateLimit, RingSink, TextSink
from bsw.os.clock import MS, S, VirtualClock
from bsw.redaction import REFUSED, redacted, secret_name


def test_a_record_carries_scheduler_time_room_and_fields() -> None:
    clock, ring = VirtualClock(), RingSink()
    log = Dlt(clock.now, (ring,)).logger("session")
    clock.wait_until(250 * MS)
    log.info("exchange", name="SessionSetup", took_ms=3)
    (record,) = ring.records()
    assert (record.time, record.room, record.level, record.event) == (
        250 * MS,
        "session",
        Level.INFO,
        "exchange",
    )
    assert record.fields == {"name": "SessionSetup", "took_ms": 3}


def test_levels_are_set_per_room() -> None:
    ring = RingSink()
    dlt = Dlt(lambda: 0, (ring,), level=Level.WARNING, levels={"slac": Level.DEBUG})
    for room in ("slac", "tls"):
        log = dlt.logger(room)
        log.debug("debug")
        log.info("info")
        log.warning("warning")
        log.error("error")
    assert [(r.room, r.event) for r in ring.records()] == [
        ("slac", "debug"),
        ("slac", "info"),
        ("slac", "warning"),
        ("slac", "error"),
        ("tls", "warning"),
        ("tls", "error"),
    ]
    assert dlt.logger("slac").enabled(Level.DEBUG)
    assert not dlt.logger("tls").enabled(Level.INFO)


def test_text_lines_are_made_for_people() -> None:
    lines: list[str] = []
    sink = TextSink(lines.append, start=1 * S)
    log = Dlt(lambda: 2_500_001_000, (sink,)).logger("sdp")
    log.warning("answer", peer="fe80::1", octets=b"\x01\xfe", note="two words", share=0.25)
    (line,) = lines
    assert line.startswith("   1.500001 WARNING sdp        answer peer=fe80::1 octets=01fe ")
    assert line.endswith(" note='two words' share=0.25\n")


def test_text_can_have_colour_and_no_value_can_forge_a_line() -> None:
    lines: list[str] = []
    log = Dlt(lambda: 0, (TextSink(lines.append, colour=True),)).logger("tls")
    log.error("alert", detail="bad\n   0.000000 INFO    forged\033[2J")
    assert lines[0].startswith("\033[31m")
    assert lines[0].count("\n") == 1
    assert "\033[2J" not in lines[0]


def test_json_lines_can_be_read_back() -> None:
    lines: list[str] = []
    log = Dlt(lambda: 42, (JsonSink(lines.append),)).logger("exi")
    log.info("decoded", octets=b"\x80", ratio=float("nan"), text="ü", nothing=None)
    assert json.loads(lines[0]) == {
        "time": 42,
        "room": "exi",
        "level": "info",
        "event": "decoded",
        "fields": {"octets": {"hex": "80"}, "ratio": "nan", "text": "ü", "nothing": None},
    }


def test_the_ring_keeps_the_newest() -> None:
    ring = RingSink(bound=3)
    dlt = Dlt(lambda: 0, (ring,))
    for n in range(5):
        dlt.report("room", Level.INFO, f"event {n}", {})
    assert [r.event for r in ring.records()] == ["event 2", "event 3", "event 4"]
    assert ring.forgotten == 2
    assert len(ring.records("event 3")) == 1


def test_a_flood_of_one_event_is_limited_counted_and_hides_no_other() -> None:
    clock, ring = VirtualClock(), RingSink()
    log = Dlt(clock.now, (RateLimit(ring, burst=3, window=S),)).logger("net")
    for _ in range(10):
        log.warning("garbage")
    log.info("other")
    clock.wait_until(S)
    log.warning("garbage")
    assert [(r.event, r.fields) for r in ring.records()] == [
        ("garbage", {}),
        ("garbage", {}),
        ("garbage", {}),
        ("other", {}),
        ("garbage", {"suppressed": 7}),
    ]


def test_what_was_suppressed_last_is_told_at_the_end() -> None:
    ring = RingSink()
    limit = RateLimit(ring, burst=1)
    log = Dlt(lambda: 0, (limit,)).logger("net")
    for _ in range(4):
        log.warning("garbage")
    limit.flush(5 * S)
    assert ring.records()[-1].fields == {"suppressed": 3}
    limit.flush(6 * S)
    assert len(ring.records()) == 2


def test_event_names_without_end_take_no_memory_without_end() -> None:
    ring = RingSink()
    limit = RateLimit(ring)
    dlt = Dlt(lambda: 0, (limit,))
    for n in range(5000):
        dlt.report("room", Level.INFO, f"event {n}", {})
    assert len(limit._windows) <= RateLimit.MOST_NAMES


SECRET_NAMES = [
    "pin",
    "token_pin",
    "password",
    "PRIVATE",
    "nmk",
    "emaid",
    "contract_id",
    "subject",
]
PUBLIC_NAMES = ["key_label", "slot", "pinned", "soc", "session_id", "spinning", "serial", "digest"]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_name_is_refused(name: str) -> None:
    ring = RingSink()
    dlt = Dlt(lambda: 0, (ring,))
    dlt.report("csm", Level.INFO, "login", {name: "1234", "slot": 0})
    assert ring.records()[0].fields == {name: REFUSED, "slot": 0}
    assert dlt.refused == 1


@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_a_name_that_only_sounds_similar_is_kept(name: str) -> None:
    assert not secret_name(name)


def private_keys() -> list[ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed448.Ed448PrivateKey]:
    return [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP521R1()),
        ed448.Ed448PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ]


def test_key_material_is_refused_under_any_name() -> None:
    for key in private_keys():
        for encoding in (serialization.Encoding.DER, serialization.Encoding.PEM):
            octets = key.private_bytes(
                encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            assert redacted({"harmless": octets}) == {"harmless": REFUSED}
            public = key.public_key().public_bytes(
                encoding, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            assert redacted({"harmless": public}) == {"harmless": public}
    old_form = private_keys()[0].private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    assert redacted({"harmless": old_form}) == {"harmless": REFUSED}


FIELDS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=64)
)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), FIELDS, max_size=4))
def test_any_field_can_be_written(fields: dict[str, Field]) -> None:
    lines: list[str] = []
    dlt = Dlt(lambda: 0, (TextSink(lines.append), JsonSink(lines.append)))
    dlt.report("room", Level.INFO, "event", fields)
    assert [line.count("\n") for line in lines] == [1, 1]
    assert set(json.loads(lines[1])["fields"]) == set(fields)
