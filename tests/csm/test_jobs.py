"""The job queue: order, deadlines, cancellation, bounds, faults; on virtual and on real time."""

import hashlib
import threading
from collections.abc import Callable
from typing import TypeVar

import pytest

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker, Outcome, SimulatedWorker
from csm import public
from csm.cryif import CryIf
from csm.driver import ISO2_KDF, Gcm, Hash, Mac
from csm.drivers.simulated import SimulatedDriver
from csm.errors import (
    BadData,
    CsmFault,
    KeyMissing,
    Misconfigured,
    QueueFull,
    SlowToken,
    StoreCorrupt,
    TokenRemoved,
)
from csm.handles import KeyHandle, KeyKind, Use
from csm.jobs import Csm
from csm.lanes import BACKGROUND, URGENT, JobState, Terms
from csm.material import public_half
from csm.randomness import SeededRandomness
from csm.secret import PrivateKey, Secret

T = TypeVar("T")
DIGEST = hashlib.sha256(b"challenge").digest()


class Simulation:
    """A simulated token behind the service, on virtual time."""

    def __init__(self, bound: int = 512) -> None:
        self.clock = VirtualClock()
        self.scheduler = Scheduler(self.clock)
        self.token = SimulatedDriver(SeededRandomness(7))
        self.spare = SimulatedDriver(SeededRandomness(8), name="spare")
        self.events: list[tuple[CsmFault, bool]] = []
        self.csm = Csm(
            self.scheduler,
            CryIf([self.token, self.spare]),
            lambda _name: SimulatedWorker(self.scheduler, self.token.delay),
            bound=bound,
            report=self._report,
        )
        self.key = self.token.handle("leaf")
        self.token.generate(self.key, KeyKind.P256)
        self.spare.generate(self.spare.handle("leaf"), KeyKind.P256)
        self.heard: list[str] = []

    def _report(self, fault: CsmFault, *, failed: bool, detail: str) -> None:
        assert detail
        self.events.append((fault, failed))

    def note(self, name: str) -> Callable[[Outcome[bytes]], None]:
        def done(outcome: Outcome[bytes]) -> None:
            word = "ok" if outcome.error is None else type(outcome.error).__name__
            self.heard.append(f"{name} {word} {self.clock.now() // MS}")

        return done

    def run(self, until: int) -> list[str]:
        self.scheduler.run(until)
        return self.heard


@pytest.fixture
def sim() -> Simulation:
    return Simulation()


def test_a_signature_arrives_as_an_event_after_the_tokens_delay(sim: Simulation) -> None:
    sim.csm.sign(sim.key, DIGEST, sim.note("a"))
    assert sim.heard == []
    assert sim.run(2 * MS) == []
    assert sim.run(3 * MS) == ["a ok 3"]


def test_jobs_of_one_token_run_one_after_the_other(sim: Simulation) -> None:
    for name in "abc":
        sim.csm.sign(sim.key, DIGEST, sim.note(name))
    assert sim.run(S) == ["a ok 3", "b ok 6", "c ok 9"]


def test_another_driver_does_not_wait_for_a_busy_token(sim: Simulation) -> None:
    sim.csm.sign(sim.key, DIGEST, sim.note("token"))
    sim.csm.sign(sim.key, DIGEST, sim.note("token"))
    sim.csm.sign(sim.spare.handle("leaf"), DIGEST, sim.note("spare"))
    assert sorted(sim.run(S)) == ["spare ok 3", "token ok 3", "token ok 6"]


def test_the_urgent_overtake_what_waits_but_not_what_runs(sim: Simulation) -> None:
    sim.csm.sign(sim.key, DIGEST, sim.note("running"), BACKGROUND)
    sim.csm.sign(sim.key, DIGEST, sim.note("later"), BACKGROUND)
    sim.csm.sign(sim.key, DIGEST, sim.note("urgent"), URGENT)
    assert sim.run(S) == ["running ok 3", "urgent ok 6", "later ok 9"]


def test_a_cancelled_job_is_neither_started_nor_heard_of(sim: Simulation) -> None:
    sim.csm.sign(sim.key, DIGEST, sim.note("running"))
    running = sim.csm.sign(sim.key, DIGEST, sim.note("dropped"))
    sim.csm.sign(sim.key, DIGEST, sim.note("next"))
    running.cancel()
    running.cancel()
    assert running.state is JobState.CANCELLED
    assert sim.run(S) == ["running ok 3", "next ok 6"]


def test_a_running_job_that_is_cancelled_runs_on_unheard(sim: Simulation) -> None:
    job = sim.csm.sign(sim.key, DIGEST, sim.note("running"))
    sim.csm.sign(sim.key, DIGEST, sim.note("next"))
    sim.run(1 * MS)
    assert job.state is JobState.RUNNING
    job.cancel()
    assert sim.run(S) == ["next ok 6"]


def test_a_slow_token_is_named_at_the_deadline_while_it_still_hangs(sim: Simulation) -> None:
    sim.token.faults.delays["sign"] = 3600 * S
    sim.csm.sign(sim.key, DIGEST, sim.note("hangs"), Terms(within=2 * S))
    sim.csm.sign(sim.key, DIGEST, sim.note("waits"), Terms(within=3 * S))
    assert sim.run(60 * S) == ["hangs SlowToken 2000", "waits SlowToken 3000"]
    assert sim.csm.waiting() == 0
    assert sim.events == [(CsmFault.TOKEN_SLOW, True)]


def test_a_late_answer_of_a_slow_token_is_dropped_and_heals_it(sim: Simulation) -> None:
    sim.token.faults.delays["sign"] = 5 * S
    sim.csm.sign(sim.key, DIGEST, sim.note("late"), Terms(within=2 * S))
    assert sim.run(60 * S) == ["late SlowToken 2000"]
    assert sim.events == [(CsmFault.TOKEN_SLOW, True), (CsmFault.TOKEN_SLOW, False)]


def test_a_slow_error_says_which_job_and_whether_it_ran(sim: Simulation) -> None:
    sim.token.faults.delays["sign"] = 3600 * S
    errors: list[Exception | None] = []
    for _ in range(2):
        sim.csm.sign(sim.key, DIGEST, lambda outcome: errors.append(outcome.error))
    sim.run(60 * S)
    assert "sign sim:leaf, still running after 2 s" in str(errors[0])
    assert "sign sim:leaf, never started after 2 s" in str(errors[1])


def test_a_full_queue_refuses_the_newest_by_event() -> None:
    sim = Simulation(bound=3)
    for name in "abcdef":
        sim.csm.sign(sim.key, DIGEST, sim.note(name))
    assert sim.heard == []
    assert sim.run(0) == ["e QueueFull 0", "f QueueFull 0"]
    assert sim.run(S)[2:] == ["a ok 3", "b ok 6", "c ok 9", "d ok 12"]
    assert sim.events == [(CsmFault.QUEUE_FULL, True), (CsmFault.QUEUE_FULL, False)]


def test_cancelled_jobs_leave_their_places_in_the_queue() -> None:
    sim = Simulation(bound=3)
    jobs = [sim.csm.sign(sim.key, DIGEST, sim.note("first")) for _ in range(4)]
    for job in jobs[1:]:
        job.cancel()
    for name in "abc":
        sim.csm.sign(sim.key, DIGEST, sim.note(name))
    assert sim.run(S) == ["first ok 3", "a ok 6", "b ok 9", "c ok 12"]


def test_a_removed_token_is_reported_once_and_healed_when_it_is_back(sim: Simulation) -> None:
    sim.token.faults.plugged_in = False
    for name in "ab":
        sim.csm.sign(sim.key, DIGEST, sim.note(name))
    sim.run(S)
    assert sim.events == [(CsmFault.TOKEN_REMOVED, True)]
    sim.token.faults.plugged_in = True
    sim.csm.sign(sim.key, DIGEST, sim.note("c"))
    sim.run(2 * S)
    assert sim.heard == ["a TokenRemoved 3", "b TokenRemoved 6", "c ok 1003"]
    assert sim.events[1:] == [(CsmFault.TOKEN_REMOVED, False)]


def test_a_fault_of_one_token_is_not_healed_by_another(sim: Simulation) -> None:
    sim.token.faults.order("sign", TokenRemoved("sim"))
    sim.csm.sign(sim.key, DIGEST, sim.note("token"))
    sim.csm.sign(sim.spare.handle("leaf"), DIGEST, sim.note("spare"))
    sim.run(S)
    assert sim.events == [(CsmFault.TOKEN_REMOVED, True)]


def test_a_damaged_key_is_healed_by_that_key_alone(sim: Simulation) -> None:
    sim.token.faults.order("sign", StoreCorrupt("leaf.key"))
    sim.token.generate(sim.token.handle("other"), KeyKind.P256)
    sim.csm.sign(sim.key, DIGEST, sim.note("damaged"))
    sim.csm.sign(sim.token.handle("other"), DIGEST, sim.note("other"))
    sim.run(S)
    assert sim.events == [(CsmFault.STORE_CORRUPT, True)]
    sim.csm.sign(sim.key, DIGEST, sim.note("restored"))
    sim.run(2 * S)
    assert sim.events[1:] == [(CsmFault.STORE_CORRUPT, False)]


def test_what_a_peer_sent_is_no_fault_of_ours(sim: Simulation) -> None:
    key = sim.token.handle("session")
    sim.token.generate(key, KeyKind.AES256)
    errors: list[Exception | None] = []
    sim.csm.decrypt(key, Gcm(bytes(12)), bytes(94), lambda outcome: errors.append(outcome.error))
    sim.run(S)
    assert isinstance(errors[0], BadData)
    assert sim.events == []


def test_ordered_failures_come_when_ordered(sim: Simulation) -> None:
    sim.token.faults.order("sign", TokenRemoved("here"), after=2, times=2)
    for name in "abcde":
        sim.csm.sign(sim.key, DIGEST, sim.note(name))
    assert [line.split()[1] for line in sim.run(S)] == [
        *("ok", "ok"),
        *("TokenRemoved", "TokenRemoved"),
        "ok",
    ]


def test_the_same_seed_gives_the_same_keys_and_signatures() -> None:
    def trace() -> list[bytes]:
        sim = Simulation()
        found: list[bytes] = []
        sim.csm.generate(sim.token.handle("oem"), KeyKind.P521, lambda _: None)
        sim.csm.sign(sim.key, DIGEST, lambda outcome: found.append(outcome.result()))
        sim.csm.random(16, lambda outcome: found.append(outcome.result()))
        sim.csm.public_key(
            sim.token.handle("oem"), lambda outcome: found.append(outcome.result().octets)
        )
        sim.run(60 * S)
        assert len(found) == 3
        return found

    assert trace() == trace()


def test_every_kind_of_job_works(sim: Simulation) -> None:
    got: dict[str, object] = {}

    def keep(name: str) -> Callable[[Outcome[T]], None]:
        def done(outcome: Outcome[T]) -> None:
            got[name] = outcome.result()

        return done

    csm, token = sim.csm, sim.token
    half = token.public_key(sim.key)
    aes, adopted = token.handle("aes"), token.handle("adopted")
    material = PrivateKey(KeyKind.P256, Secret(b"\x01" * 32))
    csm.generate(aes, KeyKind.AES128, keep("generate"))
    sim.run(S)
    half_of_one = public_half(material)
    csm.import_private(adopted, material, keep("import"))
    csm.verify(half, DIGEST, token.sign(sim.key, DIGEST), keep("verify"))
    csm.digest(Hash.SHA512, b"fragment", keep("digest"))
    csm.mac(aes, Mac.CMAC_AES, b"frame", keep("mac"))
    csm.encrypt(aes, Gcm(bytes(12)), b"scalar", keep("encrypt"))
    csm.derive(sim.key, half, ISO2_KDF, keep("derive"))
    csm.compute("path", lambda: "built", keep("compute"))
    csm.probe(token, keep("probe"))
    csm.stored(token, keep("stored"))
    sim.run(2 * S)
    sealed = got["encrypt"]
    assert isinstance(sealed, bytes)
    csm.decrypt(aes, Gcm(bytes(12)), sealed, keep("decrypt"))
    csm.delete(adopted, keep("delete"))
    sim.run(3 * S)
    assert got["verify"] is True
    assert got["digest"] == hashlib.sha512(b"fragment").digest()
    assert got["decrypt"] == Secret(b"scalar")
    assert got["compute"] == "built"
    assert got["import"] == half_of_one
    assert {str(line.handle) for line in token.stored()} == {"sim:leaf", "sim:aes"}
    assert len(material.secret) == 0  # wiped once the driver had it


def test_a_new_key_settles_in_the_first_driver_that_can_use_it(sim: Simulation) -> None:
    sim.token.faults.weak |= {(Use.DERIVE, KeyKind.P521), (Use.IMPORT, KeyKind.P256)}
    placed: list[str] = []

    def done(outcome: Outcome[KeyHandle]) -> None:
        placed.append(str(outcome.result()))

    contract = PrivateKey(KeyKind.P256, Secret(b"\1" * 32))
    sim.csm.create("vehicle", KeyKind.P521, (Use.SIGN,), done)
    sim.csm.create("oem", KeyKind.P521, (Use.SIGN, Use.DERIVE), done)
    sim.csm.adopt("contract-1", contract, (Use.SIGN,), done)
    sim.run(S)
    assert sorted(placed) == ["sim:vehicle", "spare:contract-1", "spare:oem"]
    assert len(contract.secret) == 0


def test_a_missing_key_is_an_outcome(sim: Simulation) -> None:
    errors: list[Exception | None] = []
    sim.csm.sign(KeyHandle("sim", "nobody"), DIGEST, lambda outcome: errors.append(outcome.error))
    sim.run(S)
    assert isinstance(errors[0], KeyMissing)


def test_a_handle_no_driver_serves_is_an_outcome_and_a_fault(sim: Simulation) -> None:
    errors: list[Exception | None] = []
    stale = KeyHandle("pkcs11", "vehicle", "evcc")
    sim.csm.sign(stale, DIGEST, lambda outcome: errors.append(outcome.error))
    sim.run(S)
    assert "no driver serves pkcs11:evcc/vehicle; use one of: sim:LABEL" in str(errors[0])
    assert sim.events == [(CsmFault.CONFIGURATION, True)]
    with pytest.raises(Misconfigured):
        sim.csm.sign_now(stale, DIGEST)


def test_sign_now_signs_at_once_and_reports_what_goes_wrong(sim: Simulation) -> None:
    half = sim.token.public_key(sim.key)
    assert public.verify(half, DIGEST, sim.csm.sign_now(sim.key, DIGEST))
    sim.token.faults.order("sign", TokenRemoved("here"))
    with pytest.raises(TokenRemoved):
        sim.csm.sign_now(sim.key, DIGEST)
    sim.run(S)
    assert sim.events == [(CsmFault.TOKEN_REMOVED, True)]


class Host:
    """The service on real time with real threads."""

    def __init__(self) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        self.token = SimulatedDriver(SeededRandomness(7))
        self.key = self.token.handle("leaf")
        self.token.generate(self.key, KeyKind.P256)
        self.csm = Csm(
            self.scheduler, CryIf([self.token]), lambda name: HostWorker(self.scheduler, name)
        )


def test_on_real_time_jobs_leave_the_schedulers_thread_and_come_back_to_it() -> None:
    host = Host()
    threads: dict[str, threading.Thread] = {}

    def work() -> int:
        threads["work"] = threading.current_thread()
        return 42

    def done(outcome: Outcome[int]) -> None:
        threads["done"] = threading.current_thread()
        assert outcome.result() == 42
        host.scheduler.stop()

    host.csm.compute("count", work, done)
    host.scheduler.run(host.scheduler.now + 10 * S)
    host.csm.close()
    assert threads["done"] is threading.current_thread()
    assert threads["work"] is not threading.current_thread()


def test_sign_now_does_not_lock_itself_out_on_the_worker_or_in_the_scheduler() -> None:
    host = Host()
    half = host.token.public_key(host.key)
    signatures: list[bytes] = [host.csm.sign_now(host.key, DIGEST)]

    def done(outcome: Outcome[bytes]) -> None:
        signatures.append(outcome.result())
        signatures.append(host.csm.sign_now(host.key, DIGEST))  # in the scheduler's thread
        host.scheduler.stop()

    host.csm.compute("handshake", lambda: host.csm.sign_now(host.key, DIGEST), done)
    host.scheduler.run(host.scheduler.now + 10 * S)
    host.csm.close()
    assert len(signatures) == 3
    assert all(public.verify(half, DIGEST, signature) for signature in signatures)


def test_close_does_not_wait_for_a_token_that_hangs() -> None:
    host = Host()
    release = threading.Event()
    heard: list[Outcome[bool]] = []
    host.csm.compute("hang", lambda: release.wait(60), heard.append, Terms(within=50 * MS))
    host.scheduler.run(host.scheduler.now + 200 * MS)
    assert isinstance(heard[0].error, SlowToken)
    closing = threading.Thread(target=host.csm.close, daemon=True)
    closing.start()
    closing.join(20)
    assert not closing.is_alive()
    release.set()


def test_a_job_after_the_end_is_refused_by_event() -> None:
    host = Host()
    host.csm.close()
    heard: list[Outcome[int]] = []
    host.csm.compute("late", lambda: 1, heard.append)
    host.scheduler.run(host.scheduler.now + 10 * MS)
    assert isinstance(heard[0].error, QueueFull)


def test_a_queue_full_error_names_the_lane_and_the_setting() -> None:
    assert str(QueueFull("pkcs11:evcc: 512 jobs")) == (
        "too many crypto jobs are waiting: pkcs11:evcc: 512 jobs; the driver is stuck, or "
        "somebody floods it; raise csm.queue_bound if neither is so"
    )
