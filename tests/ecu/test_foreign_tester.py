"""A tester that is not ours at the installed ``evcc run``: udsoncan, can-isotp, python-can."""

import os
import signal
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
from evcc.health.live import FRAME, LIVE
from tests.ecu.process import KEY, Ecu


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
    0x0122: Octets(1),
}


@contextmanager
def dialog(ecu: Ecu) -> Iterator[Any]:  # the client's own types are loose
    with can.Bus(
        interface="udp_multicast", channel=ecu.channel, port=ecu.port, fd=True, hop_limit=0
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
        config["use_server_timing"] = False  # the 50 ms it is promised are not a busy host's
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
def ecu(tmp_path: Path) -> Iterator[Ecu]:
    """On a channel nobody else has: the process number makes the port."""
    made = Ecu(tmp_path, "239.74.163.77", 20_000 + os.getpid() % 20_000)
    try:
        yield made.start()
    finally:
        made.close()


def read(client: Any, *numbers: int) -> dict[int, bytes]:  # noqa: ANN401 - see above
    return dict(client.read_data_by_identifier(list(numbers)).service_data.values.items())


@pytest.mark.long
def test_a_configuration_survives_kill_stop_and_reset(ecu: Ecu) -> None:
    with dialog(ecu) as client:
        assert read(client, 0x0101) == {0x0101: b"\x02\x58"}
        with pytest.raises(NegativeResponseException) as refused:
            client.write_data_by_identifier(0x0101, b"\x03\x20")
        assert refused.value.response.code_name == "ServiceNotSupportedInActiveSession"
        client.change_session(3)
        with pytest.raises(NegativeResponseException) as refused:
            client.write_data_by_identifier(0x0101, b"\x03\x20")
        assert refused.value.response.code_name == "SecurityAccessDenied"
        unlock(client)
        with pytest.raises(NegativeResponseException) as refused:
            client.write_data_by_identifier(0x0101, b"\xff\xff")
        assert refused.value.response.code_name == "RequestOutOfRange"
        client.write_data_by_identifier(0x0101, b"\x03\x20")
        assert ecu.send(signal.SIGKILL) == -signal.SIGKILL  # the moment the answer is there
    ecu.start()
    with dialog(ecu) as client:
        assert read(client, 0x0101) == {0x0101: b"\x03\x20"}
        unlock(client)
        client.write_data_by_identifier(0x0121, bytes([1, 2, 0, 0]))
    assert ecu.send(signal.SIGTERM) == 0
    ecu.await_word("STOPPING=1")
    ecu.start()
    with dialog(ecu) as client:
        unlock(client)
        client.write_data_by_identifier(0x0122, b"\x00")
        client.ecu_reset(1)
        assert ecu.await_word("READY=1") == [], "a reset is no end of the process"
        assert ecu.process is not None
        assert ecu.process.poll() is None
        with pytest.raises(NegativeResponseException) as refused:
            client.write_data_by_identifier(0x0122, b"\x01")
        assert refused.value.response.code_name == "ServiceNotSupportedInActiveSession"
        assert read(client, 0x0101, 0x0121, 0x0122) == {
            0x0101: b"\x03\x20",
            0x0121: bytes([1, 2, 0, 0]),
            0x0122: b"\x00",
        }
    assert ecu.send(signal.SIGTERM) == 0
    assert "detail='reset 1 by a tester'" in ecu.log
    assert "Traceback" not in ecu.log


BMS_CONTACTORS = 0xC10400


def missed(client: Any) -> int:  # noqa: ANN401 - see above
    """How often the battery's message was missed, once it is missed this time too."""
    deadline = time.monotonic() + 10
    while BMS_CONTACTORS not in ids(client, 0x01):
        assert time.monotonic() < deadline
    told = client.get_dtc_extended_data_by_dtc_number(BMS_CONTACTORS, 0x01, data_size=1)
    return int(told.service_data.dtcs[0].extended_data[0].raw_data[0])


def ids(client: Any, mask: int) -> set[int]:  # noqa: ANN401 - see above
    return {dtc.id for dtc in client.get_dtc_by_status_mask(mask).service_data.dtcs}


@pytest.mark.long
def test_faults_and_that_they_were_cleared_outlive_a_kill(ecu: Ecu) -> None:
    with dialog(ecu) as client:
        assert missed(client) == 1
        snapshots = client.get_dtc_snapshot_by_dtc_number(BMS_CONTACTORS, 0x01).service_data.dtcs
        frame = {one.did: one.data for one in snapshots[0].snapshots}
        assert set(frame) == {one.number for one in FRAME}
        assert record(0x0205).unpack(frame[0x0205]) == "B2"
        assert record(0xF1A0).unpack(frame[0xF1A0]) is not None
        live = read(client, 0xF189, 0x0205)
        assert live[0x0205] == b"B2"
        assert live[0xF189].strip()
        assert BMS_CONTACTORS in ids(client, 0x08)
        ecu.send(signal.SIGKILL)
    ecu.start()
    with dialog(ecu) as client:
        assert BMS_CONTACTORS in ids(client, 0x08)
        assert missed(client) == 2
        with pytest.raises(NegativeResponseException) as refused:
            client.clear_dtc(0xFFFFFF)
        assert refused.value.response.code_name == "ServiceNotSupportedInActiveSession"
        client.change_session(3)
        unlock(client)
        client.clear_dtc(0xFFFFFF)
        assert ids(client, 0x08) == set()
        ecu.send(signal.SIGKILL)  # the moment the answer is there
    ecu.start()
    with dialog(ecu) as client:
        assert missed(client) == 1
