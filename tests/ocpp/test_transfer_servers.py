"""Files by FTP, FTPS and SFTP: real servers of other makers, and one that breaks in the middle."""

import asyncio
import importlib.util
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ecu.transfer import get, put
from ecu.transfers.terms import TransferError, Trust
from tests.ocpp.certificates import pki

FIRMWARE = bytes(range(256)) * 1000
LOGIN = ("station", "secret word")
URL_LOGIN = "station:secret%20word"


def needs(name: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(name) is None
    return pytest.mark.skipif(missing, reason=f"no {name} here: pip install {name}")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def ftp_server(folder: Path, *words: str) -> Iterator[int]:
    """pyftpdlib in a process of its own."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "pyftpdlib", "-i", "127.0.0.1"]
    command += ["-p", str(port), "-w", "-d", str(folder), "-u", LOGIN[0], "-P", LOGIN[1], *words]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        assert process.poll() is None, "the server has ended"
        yield port
    finally:
        process.terminate()
        process.wait()


@needs("pyftpdlib")
def test_files_by_ftp(tmp_path: Path) -> None:
    (tmp_path / "slot a.bin").write_bytes(FIRMWARE)
    with ftp_server(tmp_path) as port:
        base = f"ftp://{URL_LOGIN}@127.0.0.1:{port}"
        assert get(f"{base}/slot%20a.bin") == FIRMWARE
        put(f"{base}/", "log.jsonl", b"lines")
        assert (tmp_path / "log.jsonl").read_bytes() == b"lines"
        with pytest.raises(TransferError) as caught:
            get(f"{base}/none")
        assert not caught.value.is_permission
        with pytest.raises(TransferError) as caught:
            put(f"ftp://station:wrong@127.0.0.1:{port}/", "x", b"")
        assert caught.value.is_permission


@needs("pyftpdlib")
@needs("OpenSSL")
def test_files_by_ftps_from_a_server_that_proves_itself(tmp_path: Path) -> None:
    made = pki(tmp_path / "pki")
    certificate, key = made.issue("localhost")
    words = ("--tls", "--certfile", str(certificate), "--keyfile", str(key))
    with ftp_server(tmp_path, *words, "--tls-data-required") as port:
        url = f"ftps://{URL_LOGIN}@localhost:{port}/"
        put(url, "log.jsonl", b"lines", Trust(made.root))
        assert get(f"{url}log.jsonl", Trust(made.root)) == b"lines"
        with pytest.raises(TransferError, match="certificate"):
            get(f"{url}log.jsonl", Trust(pki(tmp_path / "other", "Other").root))


class Breaking(socketserver.StreamRequestHandler):
    """As much of FTP as a download takes; the data ends after 100,000 octets, and the line too."""

    begins: list[int] = []  # noqa: RUF012 - the server makes one of these a connection

    def handle(self) -> None:
        begin = 0
        self._say("220 here")
        for line in self.rfile:
            word, _, rest = line.decode().strip().partition(" ")
            if word == "EPSV":
                data = socket.create_server(("127.0.0.1", 0))
                self._say(f"229 ok (|||{data.getsockname()[1]}|)")
            elif word == "PASV":
                data = socket.create_server(("127.0.0.1", 0))
                high, low = divmod(data.getsockname()[1], 256)
                self._say(f"227 ok (127,0,0,1,{high},{low})")
            elif word == "REST":
                begin = int(rest)
                self._say("350 ok")
            elif word == "RETR":
                self.begins.append(begin)
                self._say("150 comes")
                with data, data.accept()[0] as stream:
                    stream.sendall(FIRMWARE[begin : begin + 100_000])
                if begin + 100_000 < len(FIRMWARE):
                    return
                self._say("226 done")
            else:
                self._say("230 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def test_l01_a_download_by_ftp_is_taken_up_where_it_broke() -> None:
    Breaking.begins.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Breaking) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        assert get(f"ftp://127.0.0.1:{server.server_address[1]}/firmware") == FIRMWARE
        server.shutdown()
        thread.join()
    assert Breaking.begins == [0, 100_000, 200_000]


@contextmanager
def sftp_server(folder: Path, cut_after: int = 0) -> Iterator[tuple[int, Path]]:
    """asyncssh as a server, with its known_hosts; ``cut_after`` octets of a file the line goes."""
    import asyncssh  # noqa: PLC0415 - skipped where it is missing

    key = asyncssh.generate_private_key("ssh-ed25519")

    class Login(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == LOGIN

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: "asyncssh.SSHServerChannel[bytes]") -> None:
            super().__init__(channel, chroot=str(folder).encode())
            self._channel = channel

        def read(self, file_obj: object, offset: int, size: int) -> bytes:
            nonlocal cut_after
            if cut_after and offset >= cut_after:
                cut_after = 0
                self._channel.get_connection().abort()
            return super().read(file_obj, offset, size)  # type: ignore[return-value]  # it is plain

    loop, ports = asyncio.new_event_loop(), list[int]()
    stop = asyncio.Event()

    async def serve() -> None:
        listener = await asyncssh.create_server(
            Login, "127.0.0.1", 0, server_host_keys=[key], sftp_factory=Files
        )
        ports.append(listener.get_port())
        ready.set()
        await stop.wait()
        listener.close()
        await listener.wait_closed()

    ready = threading.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(60)
    known = folder.parent / "known_hosts"
    known.write_text(f"[127.0.0.1]:{ports[0]} {key.export_public_key().decode()}")
    yield ports[0], known
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@needs("asyncssh")
def test_files_by_sftp_from_a_server_whose_key_is_known(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "slot a.bin").write_bytes(FIRMWARE)
    with sftp_server(folder) as (port, known):
        base, trust = f"sftp://{URL_LOGIN}@127.0.0.1:{port}", Trust(known_hosts=known)
        assert get(f"{base}/slot%20a.bin", trust) == FIRMWARE
        put(f"{base}/", "log.jsonl", b"lines", trust)
        assert (folder / "log.jsonl").read_bytes() == b"lines"
        with pytest.raises(TransferError):
            get(f"{base}/none", trust)
        with pytest.raises(TransferError) as caught:
            get(f"sftp://station:wrong@127.0.0.1:{port}/x", trust)
        assert caught.value.is_permission
        known.write_text("")
        with pytest.raises(TransferError, match="not the one in known_hosts"):
            get(f"{base}/slot%20a.bin", trust)
        with pytest.raises(TransferError, match=r"ocpp\.known_hosts"):
            get(f"{base}/slot%20a.bin")


@needs("asyncssh")
def test_l01_a_download_by_sftp_is_taken_up_where_it_broke(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "slot").write_bytes(FIRMWARE * 8)
    with sftp_server(folder, cut_after=1_000_000) as (port, known):
        found = get(f"sftp://{URL_LOGIN}@127.0.0.1:{port}/slot", Trust(known_hosts=known))
    assert found == FIRMWARE * 8
