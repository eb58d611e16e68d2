"""300 jobs from three tasks, all in flight at once, while a thread signs past the queue.

Run as a program with the library and the token's label; prints what it counted as JSON.
"""

import hashlib
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker, Outcome
from csm import material, public
from csm.cryif import CryIf
from csm.driver import ISO2_KDF, Mac
from csm.drivers.module import module
from csm.drivers.pkcs11 import Pkcs11Driver
from csm.handles import KeyHandle, KeyKind, PublicKey
from csm.jobs import Csm
from csm.lanes import Terms
from csm.randomness import HostRandomness
from csm.secret import PrivateKey, Secret

JOBS_PER_TASK = 100
ROUNDS = 20
PER_ROUND = JOBS_PER_TASK // ROUNDS


class Counting:
    """Three tasks, each with a key of its own and a way to check what comes back."""

    def __init__(self, library: str, token: str, pin: str) -> None:
        mailbox = Mailbox()
        self.scheduler = Scheduler(HostClock(mailbox), mailbox=mailbox)
        driver = Pkcs11Driver(module(Path(library), {}), token, lambda: Secret(pin.encode()))
        self.csm = Csm(
            self.scheduler, CryIf([driver]), lambda name: HostWorker(self.scheduler, name)
        )
        self.driver = driver
        self.p256 = self.new("p256", KeyKind.P256)
        self.p521 = self.new("p521", KeyKind.P521)
        self.peer = material.make(KeyKind.P256, HostRandomness())
        self.aes = material.make(KeyKind.AES128, HostRandomness())
        copy = PrivateKey(KeyKind.AES128, Secret(self.aes.secret.reveal()))
        driver.import_private(self.handle("aes"), copy)
        self.expected = material.derive(material.load(self.peer), self.p256, ISO2_KDF)
        self.right: Counter[str] = Counter()
        self.wrong: list[str] = []

    def handle(self, label: str) -> KeyHandle:
        return self.driver.handle(label)

    def new(self, label: str, kind: KeyKind) -> PublicKey:
        half = self.driver.generate(self.handle(label), kind)
        assert half is not None
        return half

    def count(self, name: str, *, right: bool) -> None:
        if right:
            self.right[name] += 1
        else:
            self.wrong.append(name)
        if self.right.total() + len(self.wrong) == 3 * JOBS_PER_TASK:
            self.scheduler.stop()

    def sign(self, number: int) -> None:
        digest = hashlib.sha512(b"%d" % number).digest()

        def done(outcome: Outcome[bytes]) -> None:
            self.count("sign", right=public.verify(self.p521, digest, outcome.result()))

        self.csm.sign(self.handle("p521"), digest, done, Terms(within=60 * S))

    def derive(self, number: int) -> None:
        def done(outcome: Outcome[Secret]) -> None:
            self.count("derive", right=outcome.result() == self.expected)

        peer = material.public_half(self.peer)
        self.csm.derive(self.handle("p256"), peer, ISO2_KDF, done, Terms(number, 60 * S))

    def authenticate(self, number: int) -> None:
        frame = b"frame %d" % number
        expected = material.mac(self.aes.secret, Mac.CMAC_AES, frame)

        def done(outcome: Outcome[bytes]) -> None:
            self.count("mac", right=outcome.result() == expected)

        self.csm.mac(self.handle("aes"), Mac.CMAC_AES, frame, done, Terms(within=60 * S))

    def start(self) -> None:
        for name, job in (
            ("sign", self.sign),
            ("derive", self.derive),
            ("mac", self.authenticate),
        ):
            self.task(name, job)

    def task(self, name: str, job: Callable[[int], None]) -> None:
        numbers = iter(range(JOBS_PER_TASK))

        def run() -> None:
            for _ in range(PER_ROUND):
                number = next(numbers, None)
                if number is None:
                    task.stop()
                    return
                job(number)

        task = self.scheduler.every(1 * MS, run, name=name)


def main(library: str, token: str, pin: str) -> None:
    counting = Counting(library, token, pin)
    beside: list[bool] = []

    def sign_beside() -> None:
        digest = hashlib.sha256(b"beside").digest()
        for _ in range(100):
            signature = counting.csm.sign_now(counting.handle("p256"), digest)
            beside.append(public.verify(counting.p256, digest, signature))

    thread = threading.Thread(target=sign_beside)
    counting.start()
    thread.start()
    counting.scheduler.run(counting.scheduler.now + 60 * S)
    thread.join()
    counting.csm.close()
    counted = {"right": counting.right, "wrong": counting.wrong, "beside": sum(beside)}
    sys.stdout.write(json.dumps(counted))


if __name__ == "__main__":
    main(*sys.argv[1:])
