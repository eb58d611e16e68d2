"""Against OpenSSL's own programs, over loopback sockets: the second opinion on every profile."""

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bsw.crypto import KeyType
from bsw.tls.config import TlsConfig
from bsw.tls.engine import Engine
from bsw.tls.hints import trusted_ca_keys
from bsw.tls.port import TlsProfile, TlsReason, TlsState
from tests.tls.world import ISO2, ISO20, NOW, Judge, World, credential, pki
from tools.pki.maker import Pki
from tools.pki.status import ocsp_response

OPENSSL = shutil.which("openssl") or ""
pytestmark = pytest.mark.skipif(not OPENSSL, reason="needs the openssl command")

PATIENCE = 20.0


def drive(engine: Engine, peer: socket.socket, done: Callable[[Engine], bool]) -> None:
    """Carry octets between an engine and a socket until ``done`` or the end."""
    peer.settimeout(PATIENCE)
    while True:
        engine.advance()
        data = engine.outgoing()
        if data:
            peer.sendall(data)
        if done(engine) or engine.state in {TlsState.CLOSED, TlsState.FAILED}:
            return
        try:
            engine.feed(peer.recv(1 << 16))
        except ConnectionResetError:
            engine.feed(b"")


def is_open(engine: Engine) -> bool:
    return engine.state is TlsState.OPEN


def hears(words: bytes) -> Callable[[Engine], bool]:
    heard = bytearray()

    def done(engine: Engine) -> bool:
        heard.extend(engine.incoming())
        return words in heard

    return done


def write(folder: Path, of: Pki, name: str) -> dict[str, str]:
    """A chain, its key and its roots as the files the programs want."""
    entity = of[name]
    files = {
        "leaf": entity.pem,
        "chain": entity.chain_pem[len(entity.pem) :],
        "key": entity.key_pem(),
        "v2g": of["v2g_root"].pem,
        "oem": of["oem_root"].pem,
    }
    for word, content in files.items():
        (folder / word).write_bytes(content)
    return {word: str(folder / word) for word in files}


@contextmanager
def program(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [OPENSSL, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


@contextmanager
def s_server(*options: str) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """OpenSSL's server, and a connection to it."""
    with program("s_server", "-accept", "127.0.0.1:0", "-naccept", "1", *options) as process:
        assert process.stdout is not None
        for line in process.stdout:
            found = re.match(rb"ACCEPT 127\.0\.0\.1:(\d+)", line)
            if found:
                break
        else:
            raise AssertionError("s_server did not start")
        with socket.create_connection(("127.0.0.1", int(found[1])), PATIENCE) as connection:
            yield process, connection


def rest(process: subprocess.Popen[bytes]) -> str:
    out, _ = process.communicate(timeout=PATIENCE)
    return out.decode("utf-8", "replace")


def vehicle_meets(world: World, profile: TlsProfile, options: Sequence[str]) -> tuple[Engine, str]:
    engine = world.vehicle((profile,))
    with s_server("-tlsextdebug", "-msg", *options) as (process, connection):
        drive(engine, connection, is_open)
        if engine.state is TlsState.OPEN:
            engine.send(b"hello from the vehicle\n")
            engine.finish()
        drive(engine, connection, lambda _: False)
        connection.close()
        return engine, rest(process)


def station_meets(world: World, *options: str) -> tuple[Engine, str]:
    engine = world.station()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.settimeout(PATIENCE)
        with program("s_client", "-connect", f"127.0.0.1:{port}", *options) as process:
            connection, _ = listener.accept()
            with connection:
                drive(engine, connection, is_open)
                if engine.state is TlsState.OPEN:
                    assert process.stdin is not None
                    process.stdin.write(b"hello from the vehicle\n")
                    process.stdin.flush()
                    drive(engine, connection, hears(b"hello from the vehicle"))
                    engine.finish()
                drive(engine, connection, lambda _: False)
            return engine, rest(process)


ISO2_SERVER = ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256", "-curves", "P-256")


def server_files(tmp_path: Path, of: Pki, staple: bytes | None = None) -> list[str]:
    files = write(tmp_path, of, "secc")
    options = ["-cert", files["leaf"], "-cert_chain", files["chain"], "-key", files["key"]]
    if staple is not None:
        (tmp_path / "staple").write_bytes(staple)
        options += ["-status_file", str(tmp_path / "staple")]
    return options


def test_the_vehicle_and_s_server_speak_iso2_with_staple_and_root_hints(tmp_path: Path) -> None:
    of = pki(ISO2)
    staple = ocsp_response(of["secc"], NOW)
    world = World()
    engine, said = vehicle_meets(world, ISO2, [*ISO2_SERVER, *server_files(tmp_path, of, staple)])
    assert engine.failure is None
    assert engine.state is TlsState.CLOSED
    assert "hello from the vehicle" in said
    assert world.vehicle_judge.chains == [(ISO2, of["secc"].chain)]
    assert world.vehicle_judge.staples == [staple]
    hello = first_message(said)
    assert trusted_ca_keys(world.vehicle_judge.anchors) in hello
    assert re.search(r"client extension .*id=5\), len=5", said), said  # status_request


def first_message(said: str) -> bytes:
    """What -msg dumped of the ClientHello."""
    dump = said.split("ClientHello", 1)[1].split(">>>", 1)[0]
    return bytes.fromhex("".join(re.findall(r"^    ((?:[0-9a-f]{2} ?)+)$", dump, re.MULTILINE)))


@pytest.mark.parametrize("kind", [KeyType.P521, KeyType.ED448])
@pytest.mark.parametrize("group", ["P-521", "X448"])
@pytest.mark.parametrize("suite", ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
def test_the_vehicle_and_s_server_speak_iso20(
    tmp_path: Path, kind: KeyType, group: str, suite: str
) -> None:
    of = pki(ISO20, kind)
    staple = ocsp_response(of["secc"], NOW)
    files = write(tmp_path, of, "secc")
    world = World(kind=kind)
    wants = ("-Verify", "4", "-verify_return_error", "-no_check_time", "-CAfile", files["oem"])
    engine, said = vehicle_meets(
        world,
        ISO20,
        [
            *("-tls1_3", "-ciphersuites", suite, "-groups", group, *wants),
            *server_files(tmp_path, of, staple),
        ],
    )
    assert engine.failure is None, said
    assert engine.facts is not None
    assert (engine.facts.suite, engine.facts.peer_staple) == (suite, staple)
    assert engine.facts.group == {"P-521": "secp521r1", "X448": "x448"}[group]
    assert "hello from the vehicle" in said
    assert re.search(r"client extension .*id=47\)", said), said  # certificate_authorities
    assert "WMIV1234567890ABCDE" in said  # it has seen the vehicle certificate


def test_the_vehicle_misses_a_staple_that_does_not_come(tmp_path: Path) -> None:
    world = World()
    vehicle_meets(world, ISO2, [*ISO2_SERVER, *server_files(tmp_path, pki(ISO2))])
    assert world.vehicle_judge.staples == [None]


@pytest.mark.parametrize(
    ("options", "alert"),
    [(("-tls1_3",), 70), (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"), 40)],
)
def test_the_vehicle_tells_by_number_why_s_server_refuses(
    tmp_path: Path, options: tuple[str, ...], alert: int
) -> None:
    engine, _ = vehicle_meets(World(), ISO2, [*options, *server_files(tmp_path, pki(ISO2))])
    assert engine.failure is not None
    assert (engine.failure.reason, engine.failure.alert) == (TlsReason.PEER_ALERT, alert)


def test_a_vehicle_s_server_cannot_follow_hears_unknown_ca(tmp_path: Path) -> None:
    of = pki(ISO20)
    files = write(tmp_path, of, "secc")
    wants = ("-Verify", "4", "-verify_return_error", "-no_check_time", "-CAfile", files["v2g"])
    engine, _ = vehicle_meets(World(), ISO20, ["-tls1_3", *wants, *server_files(tmp_path, of)])
    assert engine.failure is not None
    assert (engine.failure.reason, engine.failure.alert) == (TlsReason.PEER_ALERT, 48)


def test_s_client_and_the_station_speak_iso2_with_a_staple(tmp_path: Path) -> None:
    of = pki(ISO2)
    files = write(tmp_path, of, "secc")
    engine, said = station_meets(
        World(staple=ocsp_response(of["secc"], NOW)),
        *("-tls1_2", "-status", "-no_check_time", "-verify_return_error", "-CAfile", files["v2g"]),
    )
    assert engine.failure is None
    assert "Verify return code: 0 (ok)" in said
    assert "OCSP Response Status: successful" in said
    assert "ECDHE-ECDSA-AES128-SHA256" in said


@pytest.mark.parametrize("kind", [KeyType.P521, KeyType.ED448])
@pytest.mark.parametrize("group", ["P-521", "X448"])
def test_s_client_and_the_station_speak_iso20(tmp_path: Path, kind: KeyType, group: str) -> None:
    of = pki(ISO20, kind)
    files = write(tmp_path, of, "vehicle")
    world = World(kind=kind, staple=ocsp_response(of["secc"], NOW))
    engine, said = station_meets(
        world,
        *("-tls1_3", "-groups", group, "-status", "-no_check_time", "-verify_return_error"),
        *("-CAfile", files["v2g"], "-requestCAfile", files["v2g"]),
        *("-cert", files["leaf"], "-cert_chain", files["chain"], "-key", files["key"]),
    )
    assert engine.failure is None, said
    assert engine.facts is not None
    assert engine.facts.peer_chain == of["vehicle"].chain
    assert engine.facts.peer_roots == ("CN=Test V2G Root, O=Test PKI, C=DE, DC=V2G",)
    assert "Verify return code: 0 (ok)" in said
    assert "OCSP Response Status: successful" in said
    assert re.search(r"Acceptable client certificate CA names\nCN = Test OEM Root", said), said
    assert re.search(r"Requested Signature Algorithms: ECDSA\+SHA512:Ed448", said, re.IGNORECASE)


def test_the_station_names_what_s_client_lacks(tmp_path: Path) -> None:
    engine, _ = station_meets(World(), "-tls1_2", "-cipher", "AES128-SHA256")
    assert engine.failure is not None
    assert engine.failure.reason is TlsReason.NO_COMMON_SUITE
    assert "suites 003c" in engine.failure.detail


def test_no_session_of_the_station_is_taken_up_again(tmp_path: Path) -> None:
    """What is resumed is not judged, so nothing is: each connection is judged anew."""
    of = pki(ISO20)
    files = write(tmp_path, of, "vehicle")
    for version in ("-tls1_2", "-tls1_3"):
        kept = tmp_path / f"session{version}"
        client = ("-cert", files["leaf"], "-cert_chain", files["chain"], "-key", files["key"])
        world = World()
        _, said = station_meets(world, version, *client, "-sess_out", str(kept))
        assert "New, " in said
        again = ("-sess_in", str(kept)) if kept.exists() else ()
        _, said = station_meets(world, version, *client, *again)
        assert "Reused" not in said
        assert len(world.station_judge.chains) == (2 if version == "-tls1_3" else 0)


@pytest.mark.parametrize("allowed", [False, True])
def test_a_suite_beyond_the_norm_is_served_only_when_allowed(*, allowed: bool) -> None:
    suite = "ECDHE-ECDSA-AES128-GCM-SHA256"
    config = TlsConfig(extra_suites=(suite,) if allowed else ())
    engine, _ = station_meets(World(station_config=config), "-tls1_2", "-cipher", suite)
    if allowed:
        assert engine.facts is not None
        assert engine.facts.suite == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    else:
        assert engine.failure is not None
        assert engine.failure.reason is TlsReason.NO_COMMON_SUITE


def client_files(tmp_path: Path) -> tuple[str, ...]:
    files = write(tmp_path, pki(ISO20), "vehicle")
    return ("-cert", files["leaf"], "-cert_chain", files["chain"], "-key", files["key"])


def test_the_station_prefers_the_suites_in_the_order_of_the_norm(tmp_path: Path) -> None:
    """[V2G20-1858]: whatever order they are offered in."""
    engine, _ = station_meets(
        World(),
        *("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"),
        *client_files(tmp_path),
    )
    assert engine.facts is not None
    assert engine.facts.suite == "TLS_AES_256_GCM_SHA384"


def certificate_request(said: str) -> dict[int, bytes]:
    """The extensions of what -msg dumped of it, by their numbers."""
    dump = said.split(", CertificateRequest", 1)[1].split("<<<", 1)[0].split(">>>", 1)[0]
    octets = bytes.fromhex("".join(re.findall(r"^    ((?:[0-9a-f]{2} ?)+)$", dump, re.MULTILINE)))
    body, found = octets[4 + 1 + octets[4] + 2 :], {}
    while body:
        kind, length = int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big")
        found[kind], body = body[4 : 4 + length], body[4 + length :]
    return found


@pytest.mark.parametrize("known", [True, False], ids=["with roots", "without"])
def test_what_the_station_asks_of_a_certificate(*, known: bool, tmp_path: Path) -> None:
    """[V2G20-1667]: two ways to sign, P-521 first; [V2G20-2404]: no names where it has no root.

    [V2G20-2406], [V2G20-2407]: nothing about object identifiers or a certificate's status.
    """
    world = World()
    if not known:
        world.station_judge = Judge([])
    _, said = station_meets(world, *("-tls1_3", "-msg"), *client_files(tmp_path))
    asked = certificate_request(said)
    assert asked[13] == bytes.fromhex("0004 0603 0808")
    assert set(asked) == ({13, 47} if known else {13})


@pytest.mark.parametrize(
    ("offered", "taken"),
    [("X448:P-521", "secp521r1"), ("P-521:X448", "secp521r1"), ("X448", "x448")],
)
def test_the_station_prefers_the_groups_in_the_order_of_the_norm(
    offered: str, taken: str, tmp_path: Path
) -> None:
    """[V2G20-2460]: a vehicle whose only share is of X448 is asked for one of P-521."""
    engine, _ = station_meets(World(), *("-tls1_3", "-groups", offered), *client_files(tmp_path))
    assert engine.facts is not None
    assert engine.facts.group == taken


@pytest.mark.parametrize("signatures", ["ed448:ECDSA+SHA512", "ECDSA+SHA512:ed448"])
@pytest.mark.parametrize(
    "installed", [(KeyType.P521, KeyType.ED448), (KeyType.ED448, KeyType.P521)]
)
def test_the_station_signs_in_the_order_of_the_norm(
    installed: tuple[KeyType, ...], signatures: str, tmp_path: Path
) -> None:
    """[V2G20-1668]: whatever the vehicle likes better, and whatever was installed first."""
    world = World()
    world.station_credentials = [credential(ISO20, pki(ISO20, kind)["secc"]) for kind in installed]
    engine, _ = station_meets(world, *("-tls1_3", "-sigalgs", signatures), *client_files(tmp_path))
    assert engine.facts is not None
    assert engine.facts.own_chain == pki(ISO20, KeyType.P521)["secc"].chain


def test_short_records_are_agreed_on(tmp_path: Path) -> None:
    """[V2G20-2446]: 2,048 octets, and what the record layer itself adds."""
    engine, said = station_meets(
        World(),
        *("-tls1_3", "-maxfraglen", "2048", "-msg", "-tlsextdebug"),
        *client_files(tmp_path),
    )
    assert engine.failure is None
    assert 'extension "max fragment length"' in said
    heads = re.findall(r"<<<[^\n]*RecordHeader[^\n]*\n +\w\w \w\w \w\w (\w\w \w\w)", said)
    lengths = [int(one.replace(" ", ""), 16) for one in heads]
    assert 1_024 < max(lengths) <= 2_048 + 256
