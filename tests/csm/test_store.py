"""The encrypted folder: permissions, damage, power cuts, passphrases."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csm import public
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Store
from csm.errors import (
    CsmError,
    KeyMissing,
    StoreCorrupt,
    StoreExposed,
    StoreUnreachable,
    TokenFull,
    WrongPassphrase,
)
from csm.handles import KeyKind
from csm.secret import Secret

DIGEST = hashlib.sha256(b"challenge").digest()
ROOT = Path(__file__).parents[2]


def open_store(folder: Path, passphrase: bytes = b"correct horse") -> SoftwareDriver:
    return SoftwareDriver(Store(folder, lambda: Secret(passphrase), scrypt_log2=4))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with one key, closed."""
    driver = open_store(tmp_path / "keys")
    driver.generate(driver.handle("leaf"), KeyKind.P256)
    driver.close()
    return tmp_path / "keys"


def test_keys_outlive_the_process(folder: Path) -> None:
    driver = open_store(folder)
    half = driver.public_key(driver.handle("leaf"))
    assert public.verify(half, DIGEST, driver.sign(driver.handle("leaf"), DIGEST))


def test_only_the_owner_may_read_folder_and_files(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o710, 0o704])
def test_a_folder_others_may_enter_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    with pytest.raises(StoreExposed, match="chmod 700"):
        open_store(folder).probe()


@pytest.mark.parametrize("name", ["leaf.key", "store.json"])
def test_a_file_others_may_read_is_refused(folder: Path, name: str) -> None:
    (folder / name).chmod(0o644)
    with pytest.raises(StoreExposed, match=name):
        open_store(folder).probe()


def test_a_wrong_passphrase_is_told_from_damage(folder: Path) -> None:
    with pytest.raises(WrongPassphrase, match=r"csm\.software\.unlock"):
        open_store(folder, b"wrong horse").probe()


@pytest.mark.parametrize("name", ["leaf.key", "store.json"])
@settings(max_examples=150, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_damage(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("store") / "keys"
    driver = open_store(folder)
    driver.generate(driver.handle("leaf"), KeyKind.P256)
    content = bytearray((folder / name).read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    (folder / name).write_bytes(content)
    with pytest.raises(StoreCorrupt, match=name):
        open_store(folder).sign(driver.handle("leaf"), DIGEST)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"[" * 100_000, b"\xff\xfe"])
@pytest.mark.parametrize("name", ["leaf.key", "store.json"])
def test_rubbish_is_damage(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(StoreCorrupt, match=name):
        open_store(folder).sign(open_store(folder).handle("leaf"), DIGEST)


def test_damage_to_one_key_leaves_the_others_and_is_listed(folder: Path) -> None:
    driver = open_store(folder)
    driver.generate(driver.handle("second"), KeyKind.AES128)
    driver.close()
    (folder / "leaf.key").write_bytes(b"{}")
    lines = {line.handle.label: line for line in driver.stored()}
    assert "leaf.key" in lines["leaf"].problem
    assert not lines["second"].problem
    driver.delete(driver.handle("leaf"))
    assert [line.handle.label for line in driver.stored()] == ["second"]


def test_two_key_files_cannot_be_swapped(folder: Path) -> None:
    driver = open_store(folder)
    driver.generate(driver.handle("other"), KeyKind.P256)
    driver.close()
    (folder / "leaf.key").rename(folder / "kept")
    (folder / "other.key").rename(folder / "leaf.key")
    with pytest.raises(StoreCorrupt, match=r"leaf\.key"):
        driver.sign(driver.handle("leaf"), DIGEST)


def test_a_key_of_another_store_is_damage_here(folder: Path, tmp_path: Path) -> None:
    other = open_store(tmp_path / "other")
    other.generate(other.handle("leaf"), KeyKind.P256)
    (tmp_path / "other" / "leaf.key").replace(folder / "leaf.key")
    with pytest.raises(StoreCorrupt):
        open_store(folder).sign(other.handle("leaf"), DIGEST)


def test_keys_without_their_header_are_not_overwritten_by_a_new_store(folder: Path) -> None:
    (folder / "store.json").unlink()
    with pytest.raises(StoreCorrupt, match=r"store\.json is missing"):
        open_store(folder).probe()


def test_a_place_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnreachable, match="file"):
        open_store(tmp_path / "file").probe()
    with pytest.raises(StoreUnreachable, match="Not a directory"):
        open_store(tmp_path / "file" / "keys").probe()


def test_a_full_disk_is_named_and_leaves_no_half_of_a_key(folder: Path) -> None:
    driver = open_store(folder)
    driver.probe()
    (folder / ".new-more.key").symlink_to("/dev/full")
    with pytest.raises(TokenFull, match=r"more\.key \(No space left"):
        driver.generate(driver.handle("more"), KeyKind.P256)
    with pytest.raises(KeyMissing):
        driver.sign(driver.handle("more"), DIGEST)
    driver.generate(driver.handle("more"), KeyKind.P256)


def test_a_file_left_by_a_power_cut_is_swept_up(folder: Path) -> None:
    leftover = folder / ".new-leaf.key"
    leftover.write_bytes(b'{"format": 1, "ki')
    leftover.chmod(0o600)
    assert [line.problem for line in open_store(folder).stored()] == [""]
    assert not leftover.exists()


def test_a_new_passphrase_opens_the_old_keys_and_the_old_one_nothing(folder: Path) -> None:
    store = Store(folder, lambda: Secret(b"correct horse"), scrypt_log2=4)
    store.change_passphrase(Secret(b"battery staple"))
    driver = open_store(folder, b"battery staple")
    driver.sign(driver.handle("leaf"), DIGEST)
    with pytest.raises(WrongPassphrase):
        open_store(folder).probe()


def test_the_passphrase_is_asked_for_once_by_however_many_threads(folder: Path) -> None:
    asked: list[int] = []

    def passphrase() -> Secret:
        asked.append(1)
        time.sleep(0.05)
        return Secret(b"correct horse")

    store = Store(folder, passphrase, scrypt_log2=4)
    threads = [threading.Thread(target=store.open) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked == [1]


def test_two_drivers_on_one_folder_see_each_others_keys(folder: Path) -> None:
    one, two = open_store(folder), open_store(folder)
    half = one.generate(one.handle("new"), KeyKind.P521)
    assert two.public_key(two.handle("new")) == half


WRITER = """
import sys
from pathlib import Path
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Store
from csm.handles import KeyKind
from csm.secret import Secret

driver = SoftwareDriver(Store(Path(sys.argv[1]), lambda: Secret(b"correct horse"), scrypt_log2=4))
for number in range(10_000):
    driver.generate(driver.handle(f"key-{number % 20}"), KeyKind.P256)
    print(number, flush=True)
    if number >= 10:
        driver.delete(driver.handle(f"key-{(number - 10) % 20}"))
"""


def test_a_writer_killed_at_any_moment_leaves_whole_keys(tmp_path: Path) -> None:
    for round_ in range(6):
        folder = tmp_path / f"keys-{round_}"
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert writer.stdout is not None
        for _ in range(5 + 3 * round_):
            writer.stdout.readline()
        time.sleep(0.0007 * round_)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        lines = open_store(folder).stored()
        assert lines
        assert [line.problem for line in lines] == [""] * len(lines)


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_octets_in_a_key_file_are_damage(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("store") / "keys"
    driver = open_store(folder)
    driver.probe()
    path = folder / "leaf.key"
    path.write_bytes(content)
    path.chmod(0o600)
    refused: list[Callable[[], object]] = [
        lambda: driver.sign(driver.handle("leaf"), DIGEST),
        lambda: driver.public_key(driver.handle("leaf")),
    ]
    for ask in refused:
        with pytest.raises(CsmError, match=r"leaf\.key"):
            ask()
