"""A running station charges nobody unpaid: hand-made vehicles on TCP, its back end at its door."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bsw import exi, v2gtp
from bsw.chrgm import sap
from bsw.chrgm.applications import Link, applications_of
from bsw.chrgm.messages import iso2
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import NO_SESSION, Heard, Said
from tests.north.processes import WAIT, Role, free_port, heard
from tools.api.client import Trouble

WAITING = "Ongoing_WaitingForCustomerInteraction"
CAR, OTHER = bytes.fromhex("0200000000a1"), bytes.fromhex("0200000000b2")


class Car:
    """One connection, the protocol agreed."""

    def __init__(self, port: int, session_id: bytes = NO_SESSION) -> None:
        self.session_id = session_id
        self._socket = socket.create_connection(("::1", port), timeout=WAIT)
        self._dialect = protocol("iso2").dialect
        request = sap.offer(applications_of(["iso2"]), Link.PLAIN).request
        self._send(v2gtp.PayloadType.EXI, exi.codec("sap").encode(request))
        self._receive()

    def ask(self, body: Any) -> Heard:  # noqa: ANN401 - a request
        self._send(*self._dialect.encode(self.session_id, Said(body)))
        return self._dialect.decode(*self._receive())

    def set_up(self, evccid: bytes = CAR) -> str:
        answer = self.ask(iso2.SessionSetupReq(evccid=evccid))
        self.session_id = answer.session_id
        return str(answer.body.response_code.value)

    def select(self) -> None:
        found = self.ask(iso2.ServiceDiscoveryReq()).body.charge_service.service_id
        self.ask(
            iso2.PaymentServiceSelectionReq(
                selected_payment_option=iso2.PaymentOption.EXTERNAL_PAYMENT,
                selected_service_list=iso2.SelectedServiceList(
                    selected_service=(iso2.SelectedService(service_id=found),)
                ),
            )
        )

    def authorize(self) -> str:
        return str(self.ask(iso2.AuthorizationReq()).body.evse_processing.value)

    def pause(self) -> str:
        answer = self.ask(iso2.SessionStopReq(charging_session=iso2.ChargingSession.PAUSE))
        self.close()
        return str(answer.body.response_code.value)

    def close(self) -> None:
        self._socket.close()

    def _send(self, payload_type: int, payload: bytes) -> None:
        self._socket.sendall(v2gtp.pack(payload_type, payload))

    def _receive(self) -> tuple[int, bytes]:
        _, payload_type, size = struct.unpack(">HHI", self._exactly(8))
        return payload_type, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        octets = b""
        while len(octets) < size:
            piece = self._socket.recv(size - len(octets))
            assert piece, "the station closed"
            octets += piece
        return octets


@contextmanager
def station(folder: Path, port: int, **settings: object) -> Iterator[Role]:
    chosen = {"network.sdp_port": free_port(), "network.plain_port": port, **settings}
    role = Role("secc", folder, chosen)
    try:
        yield role
    finally:
        role.stop()


def attempt(port: int, session_id: bytes) -> Car | None:
    try:
        return Car(port, session_id)
    except (ConnectionError, AssertionError):
        return None


def connected(port: int, session_id: bytes = NO_SESSION) -> Car:
    """The listener comes a while after the process."""
    deadline = time.monotonic() + WAIT
    while (car := attempt(port, session_id)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return car


@pytest.mark.parametrize("profile", ["conformance", "field"])
def test_a_pause_before_authorization_pays_for_nothing(profile: str, tmp_path: Path) -> None:
    port = free_port()
    settings = {"customer.accept": "false", "session.profile": profile}
    with station(tmp_path, port, **settings):
        car = connected(port)
        car.set_up()
        assert car.pause() == "FAILED"
        again = connected(port, car.session_id)
        assert again.set_up() == "OK_NewSessionEstablished"
        again.select()
        assert again.authorize() == WAITING
        again.close()


def test_a_pause_outlives_a_restart_for_the_one_who_paid_alone(tmp_path: Path) -> None:
    port = free_port()
    with station(tmp_path, port, **{"customer.after": "0 s"}):
        car = connected(port)
        car.set_up()
        car.select()
        while car.authorize() != "Finished":
            pass
        assert car.pause() == "OK"
    with station(tmp_path, port, **{"customer.accept": "false"}):
        other = connected(port, car.session_id)
        assert other.set_up(OTHER) == "OK_NewSessionEstablished"
        other.select()
        assert other.authorize() == WAITING
        other.close()


def test_a_customer_accepts_the_one_who_asked(tmp_path: Path) -> None:
    """With a hole the second would be accepted a second after it asked."""
    port = free_port()
    with station(tmp_path, port, **{"customer.after": "3 s"}):
        first = connected(port)
        first.set_up()
        first.select()
        assert first.authorize() == WAITING
        time.sleep(2)
        first.close()
        second = connected(port)
        second.set_up(OTHER)
        second.select()
        asked = time.monotonic()
        while second.authorize() != "Finished":
            time.sleep(0.05)
        assert time.monotonic() - asked >= 2.9
        second.close()


def test_the_back_end_names_whom_it_accepts(tmp_path: Path) -> None:
    port = free_port()
    verdict = {"authorization_status": "Accepted", "certificate_status": "Accepted"}
    with station(tmp_path, port, **{"customer.accept": "false"}) as role:
        first = connected(port)
        with role.client() as box:
            box.ask(watch=["authorization_request"])
            first.set_up()
            first.select()
            assert first.authorize() == WAITING
            late = heard(box, "authorization_request")["request_id"]
            first.close()
            second = connected(port)
            second.set_up(OTHER)
            second.select()
            assert second.authorize() == WAITING
            due = heard(box, "authorization_request")
            assert due["evcc_id"] == OTHER.hex(":").upper()
            box.ask(cmd="authorization_response", args=verdict)
            assert second.authorize() == WAITING, "that was for the first"
            with pytest.raises(Trouble, match=f"no session waits for an answer to {late}"):
                box.ask(cmd="authorization_verdict", args={"request_id": late, **verdict})
            assert second.authorize() == WAITING
            box.ask(cmd="authorization_verdict", args={"request_id": due["request_id"], **verdict})
            assert second.authorize() == "Finished"
            second.close()
