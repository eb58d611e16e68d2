"""A tester that is not ours: udsoncan over can-isotp on a real python-can bus, and a real file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import can
import isotp
import pytest
import udsoncan
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from udsoncan.client import Client
from udsoncan.configs import default_client_config
from udsoncan.connections import PythonIsoTpConnection
from udsoncan.exceptions import NegativeResponseException

from bsw.dcm.records import Record
from evcc.live import FRAME, LIVE
from tests.ecu.node import KEY

ROOT = Path(__file__).parents[2]


class Octets(udsoncan.DidCodec):
    def __init__(self, size: int) -> None:
        self.size = size

    def encode(self, *values: object) -> bytes:
        octets = values[0]
        assert isinstance(octets, bytes)
        return octets

    def decode(self, payload: bytes) -> bytes:
        return payload

    def __len__(self) -> int:
        return self.size


IDENTIFIERS = {record.number: Octets(record.size) for record in (*FRAME, *LIVE)} | {
    0xF189: Octets(16),
    0xF190: Octets(17),
    0x0101: Octets(2),
    0x0112: Octets(1),
    0x0121: Octets(4),
}


class Ecu:
    """The vehicle ECU's services as a process of their own, over one file."""

    def __init__(self, file: Path, channel: str, port: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ecu.node", str(file), channel, str(port)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self._gone()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self._gone()

    def _gone(self) -> None:
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def dialog(channel: str, port: int) -> Iterator[Any]:  # the client's own types are loose
    with can.Bus(
        interface="udp_multicast", channel=channel, port=port, fd=True, hop_limit=0
    ) as bus:
        stack = isotp.CanStack(
            bus,
            address=isotp.Address(isotp.AddressingMode.Normal_11bits, rxid=0x7E8, txid=0x7E0),
            params={"can_fd": True, "tx_data_length": 64, "tx_padding": 0},
        )
        config: Any = dict(default_client_config)
        config["data_identifiers"] = IDENTIFIERS
        config["request_timeout"] = 5
        config["p2_timeout"] = 2
        config["security_algo"] = answer_of
        config["security_algo_params"] = KEY
        with Client(PythonIsoTpConnection(stack), config=config) as client:
            yield client


def answer_of(level: int, seed: bytes, params: bytes) -> bytes:
    cmac = CMAC(AES(params))
    cmac.update(bytes([(level + 1) // 2]) + bytes(seed))
    return cmac.finalize()


def unlock(client: Any) -> None:  # noqa: ANN401 - the client's own types are loose
    client.change_session(3)
    client.unlock_security_access(1)


def record(number: int) -> Record:
    return next(one for one in FRAME if one.number == number)


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, str, int]:
    """A file, and a channel nobody else has: the process number makes the port."""
    return tmp_path / "evcc.nvm", "239.74.163.77", 20_000 + os.getpid() % 20_000


@pytest.mark.long
def test_a_configuration_survives_restart_and_kill(place: tuple[Path, str, int]) -> None:
    file, channel, port = place
    ecu = Ecu(*place)
    with dialog(channel, port) as client:
        assert client.read_data_by_identifier([0x0101]).service_data.values[0x0101] == b"\x02\x58"
        with pytest.raises(NegativeResponseException) as refused:
            client.write_data_by_identifier(0x0101, b"\x03\x20")
        assert refused.value.response.code_name == "ServiceNotSupportedInActiveSession"
        unlock(client)
        with pytest.raises(NegativeResponseException) as refused:
            client.write_data_by_identifier(0x0101, b"\xff\xff")
        assert refused.value.response.code_name == "RequestOutOfRange"
        client.write_data_by_identifier(0x0101, b"\x03\x20")
        ecu.kill()  # at the moment the answer is there
    assert file.exists()
    ecu = Ecu(*place)
    with dialog(channel, port) as client:
        assert client.read_data_by_identifier([0x0101]).service_data.values[0x0101] == b"\x03\x20"
        unlock(client)
        client.write_data_by_identifier(0x0121, bytes([1, 2, 0, 0]))
    ecu.stop()
    ecu = Ecu(*place)
    with dialog(channel, port) as client:
        values = client.read_data_by_identifier([0x0101, 0x0121]).service_data.values
        assert values == {0x0101: b"\x03\x20", 0x0121: bytes([1, 2, 0, 0])}
    ecu.stop()


@pytest.mark.long
def test_faults_are_read_with_their_circumstances_and_cleared(
    place: tuple[Path, str, int],
) -> None:
    _, channel, port = place
    ecu = Ecu(*place)
    with dialog(channel, port) as client:
        deadline = time.monotonic() + 10  # the vehicle's messages are missed after a second
        found: list[udsoncan.Dtc] = []
        while len(found) < 7 and time.monotonic() < deadline:
            found = client.get_dtc_by_status_mask(0x08).service_data.dtcs
        assert 0xC10400 in {dtc.id for dtc in found}  # BMS_Contactors
        snapshots = client.get_dtc_snapshot_by_dtc_number(0xC10400, 0x01).service_data.dtcs
        frame = {one.did: one.data for one in snapshots[0].snapshots}
        assert set(frame) == {one.number for one in FRAME}
        assert record(0x0205).unpack(frame[0x0205]) == "A1"
        assert record(0xF1A0).unpack(frame[0xF1A0]) is not None
        live = client.read_data_by_identifier([0xF189, 0x0205]).service_data.values
        assert live[0x0205] == b"A1"
        assert live[0xF189].strip()
        client.clear_dtc(0xFFFFFF)
        assert client.get_dtc_by_status_mask(0x08).service_data.dtcs == []
        client.change_session(3)
        with pytest.raises(NegativeResponseException):
            client.unlock_security_access(3 + 4)
    ecu.kill()
