"""The recorded conversations with a foreign package, replayed without it.

Each message of both sides is read and written again, walked along our tables, and where only
order matters given to our own role in the place of ours at that time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from bsw import exi
from bsw.chrgm.agreement import Agreement
from bsw.chrgm.endings import Ending
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.sequence.model import Cursor
from bsw.chrgm.signature import SignatureFlaw, verify
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.os.clock import MS, S
from bsw.v2gtp import PayloadType
from csm.randomness import SeededRandomness
from csm.signing import SoftwareVerifier
from evcc.session.profile import FIELD as VEHICLE_FIELD
from keym.x509.certificate import parse
from secc.session.profile import FIELD as STATION_FIELD
from tests.peers.recordings import Recording, everything
from tools.bench.world.direct import Rig

RECORDINGS = everything()
HANDSHAKE = 2  # the first messages, one of each side


def of(found: list[Recording]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recording", found, ids=lambda one: one.name)


def messages(recording: Recording) -> list[Heard]:
    """After the handshake."""
    dialect = protocol(recording.protocol).dialect
    later = recording.frames[HANDSHAKE:]
    return [dialect.decode(PayloadType.EXI, frame.payload) for frame in later]


def exchanges(recording: Recording) -> Iterator[tuple[Heard, Heard]]:
    said = messages(recording)
    return zip(said[::2], said[1::2], strict=True)


def test_there_is_one_of_every_case_in_both_directions() -> None:
    assert len(RECORDINGS) == 10
    assert {(one.case, one.ours) for one in RECORDINGS} == {
        (one.case, role) for one in RECORDINGS for role in ("vehicle", "station")
    }


@of(RECORDINGS)
def test_vehicle_and_station_take_turns(recording: Recording) -> None:
    turns = [frame.who for frame in recording.frames]
    assert turns == ["vehicle", "station"] * (len(turns) // 2)


@of(RECORDINGS)
def test_every_message_becomes_the_same_octets_again(recording: Recording) -> None:
    """Ours and the foreign codec's alike."""
    handshake = exi.codec("sap")
    for frame in recording.frames[:HANDSHAKE]:
        assert handshake.encode(handshake.decode(frame.payload)) == frame.payload
    dialect = protocol(recording.protocol).dialect
    for frame in recording.frames[HANDSHAKE:]:
        heard = dialect.decode(PayloadType.EXI, frame.payload)
        said = Said(heard.body, heard.signature)
        assert dialect.encode(heard.session_id, said) == (PayloadType.EXI, frame.payload)


@of(RECORDINGS)
def test_the_conversation_follows_our_table(recording: Recording) -> None:
    profile = STATION_FIELD if recording.ours == "station" else VEHICLE_FIELD
    agreed = Agreement(secure=recording.secure, tolerated=profile.tolerated)
    table = protocol(recording.protocol).table
    cursor = Cursor(table)
    for request, response in exchanges(recording):
        exchange = table.named(type(request.body))
        assert exchange is not None
        cursor.step(exchange.name, agreed)
        assert type(response.body) is exchange.response
        agreed = exchange.learn(agreed, request.body, response.body)
    assert cursor.at is not None
    assert cursor.at.name == "SessionStop"


# Roles in the place of ours


@dataclass
class Known(SeededRandomness):
    """Gives the session the id it had; anything else is zeros."""

    session_id: bytes

    def octets(self, count: int) -> bytes:
        return self.session_id if count == len(self.session_id) else bytes(count)


def plain(theirs: str) -> list[Recording]:
    """A contract needs keys that are gone; these do without."""
    return [one for one in RECORDINGS if one.theirs == theirs and not one.secure]


@of(plain("vehicle"))
def test_our_station_answers_the_foreign_vehicle_as_it_did(recording: Recording) -> None:
    profile = replace(STATION_FIELD, demand_pilot_states=False)
    rig = Rig(recording.protocol, mode=recording.mode, station_profile=profile)
    rig.plug.ready = True
    recorded = messages(recording)
    rig.station.chance = Known(recorded[1].session_id)
    rig.pack.voltage = lambda amps: (  # type: ignore[method-assign]  # the battery is theirs
        rig.electronics.target_voltage or None if amps or rig.electronics.current else None
    )
    rig.electronics.start()
    rig.lose = lambda side, _heard: side == "station"
    rig.responder.start(0)
    for frame, request in zip(recording.frames[HANDSHAKE::2], recorded[::2], strict=True):
        rig.scheduler.run(frame.at * MS)
        rig.responder.received(request)
    rig.scheduler.run(rig.scheduler.now + S)
    assert rig.ending("station") is Ending.TERMINATED
    was = [type(heard.body).__name__ for heard in recorded[1::2]]
    assert rig.names("station") == was
    assert [heard.session_id for _, _, heard in rig.said] == [recorded[1].session_id] * len(was)


@of(plain("station"))
def test_our_vehicle_gets_through_with_the_foreign_stations_answers(recording: Recording) -> None:
    """Each request gets the answer that its kind got next, the last one again and again."""
    rig = Rig(recording.protocol, mode=recording.mode, vehicle_profile=VEHICLE_FIELD)
    rig.pack.ocv = 391.0
    answers: dict[str, list[Heard]] = {}
    for request, response in exchanges(recording):
        answers.setdefault(type(request.body).__name__, []).append(response)

    def answer(side: str, heard: Heard) -> bool:
        if side == "vehicle":
            left = answers[type(heard.body).__name__]
            response = left.pop(0) if len(left) > 1 else left[0]
            rig.scheduler.after(20 * MS, lambda: rig.vehicle.received(response), name="answer")
        return True

    def feel() -> None:
        rig.state.battery_voltage = rig.pack.ocv
        closed = rig.state.contactors_closed
        rig.state.inlet_voltage = rig.pack.ocv if closed else rig.view.present_voltage or 0.0
        flows = rig.view.phase == "CurrentDemand"
        rig.state.battery_current = rig.view.present_current if flows else 0.0

    rig.lose = answer
    rig.scheduler.every(10 * MS, feel, name="feel")
    rig.at(5 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.vehicle.start(0)
    rig.scheduler.run(60 * S)
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert list(dict.fromkeys(rig.names("vehicle"))) == list(answers)


# Signatures


INSTALLATION = {"CertificateInstallationReq", "CertificateInstallationRes"}


def installs(recording: Recording) -> bool:
    return "installation" in recording.case


def signers(recording: Recording) -> Iterator[tuple[Heard, bytes]]:
    """Each signed message with the certificate it should be verified with."""
    contract = b""
    for heard in messages(recording):
        body = heard.body
        name = type(body).__name__
        if name == "PaymentDetailsReq":
            contract = body.contract_signature_cert_chain.certificate
        elif name == "CertificateInstallationReq":
            yield heard, body.oem_provisioning_cert
        elif name == "CertificateInstallationRes":
            yield heard, body.sa_provisioning_certificate_chain.certificate
        elif name == "AuthorizationReq" and body.id is not None:  # later polls need no signature
            yield heard, contract


@of([one for one in RECORDINGS if one.secure])
def test_what_the_other_side_signed_is_verified(recording: Recording) -> None:
    signed = list(signers(recording))
    kinds = {type(heard.body).__name__ for heard, _ in signed}
    assert kinds == {"AuthorizationReq"} | (INSTALLATION if installs(recording) else set())
    for heard, certificate in signed:
        spki = parse(certificate).spki
        verify(SCHEME, heard.signature, signed_elements(heard.body), spki, SoftwareVerifier())


@of([one for one in RECORDINGS if installs(one)])
def test_a_signature_of_another_message_is_refused(recording: Recording) -> None:
    (first, certificate), *_, (last, _) = signers(recording)
    elements = signed_elements(first.body)
    with pytest.raises(SignatureFlaw):
        verify(SCHEME, last.signature, elements, parse(certificate).spki, SoftwareVerifier())


@of([one for one in RECORDINGS if one.secure])
def test_a_signature_is_of_the_key_in_the_certificate(recording: Recording) -> None:
    """Any other certificate of the chain that was sent does not do."""
    chain = next(
        heard.body.contract_signature_cert_chain
        for heard in messages(recording)
        if type(heard.body).__name__ == "PaymentDetailsReq"
    )
    other = parse(chain.sub_certificates.certificate[0]).spki
    heard, _ = list(signers(recording))[-1]
    with pytest.raises(SignatureFlaw):
        verify(SCHEME, heard.signature, signed_elements(heard.body), other, SoftwareVerifier())
