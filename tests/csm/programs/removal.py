"""A vehicle's crypto service whose token is taken away while jobs are running.

Run as a program with the library, the token's label, its PIN and the folder to delete; prints
what the service said, in order, as JSON.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker, Outcome
from csm.cryif import CryIf
from csm.drivers.module import module
from csm.drivers.pkcs11 import Pkcs11Driver
from csm.errors import CsmError, CsmFault
from csm.handles import KeyKind
from csm.jobs import Csm
from csm.secret import Secret

DIGEST = hashlib.sha512(b"AuthorizationReq").digest()


def main(library: str, token: str, pin: str, folder: str) -> None:
    said: list[str] = []
    mailbox = Mailbox()
    scheduler = Scheduler(HostClock(mailbox), mailbox=mailbox)

    def report(fault: CsmFault, *, failed: bool, detail: str) -> None:
        said.append(f"event {fault.value} {'failed' if failed else 'passed'}")

    driver = Pkcs11Driver(module(Path(library), {}), token, lambda: Secret(pin.encode()))
    csm = Csm(scheduler, CryIf([driver]), lambda name: HostWorker(scheduler, name), report=report)
    key = driver.handle("vehicle")
    driver.generate(key, KeyKind.P521)

    def done(outcome: Outcome[bytes]) -> None:
        error = outcome.error
        said.append("signed" if error is None else f"{type(error).__name__}: {error}")
        if len(said) == 2:
            shutil.rmtree(folder)
        if error is None:
            csm.sign(key, DIGEST, done)
        else:
            scheduler.after(10 * MS, end, name="end")

    def end() -> None:
        try:
            csm.sign_now(key, DIGEST)
        except CsmError as error:
            said.append(f"now {type(error).__name__}")
        scheduler.stop()

    csm.sign(key, DIGEST, done)
    scheduler.run(scheduler.now + 20 * S)
    csm.close()
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
