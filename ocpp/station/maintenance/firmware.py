"""UpdateFirmware: each step told, nothing installed that is not signed by the manufacturer [L01].

One update at a time; a newer one takes the place of an older one as long as nothing is being
installed.  What was under way when the power went is told as failed at the next start.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec
from msgspec import UNSET

from bsw.os.clock import S
from bsw.os.worker import Outcome
from ocpp.catalogue import Message
from ocpp.station.desk import ONLY_16, Desk, Json, Reply, status
from ocpp.station.diagnostics.outside import Image, Outside
from ocpp.station.diagnostics.security import Security
from ocpp.station.ground import Ground
from ocpp.station.outlets.availability import Availability
from ocpp.station.outlets.places import Place
from ocpp.station.post import Post
from ocpp.station.provisioning.reset import Reset
from ocpp.versions import Version

KEPT: Final = "firmware"
LOOK_EACH: Final = 1 * S
ALLOW: Final = ("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate")
LAST_STEPS: Final = {"Installing", "InstallRebooting"}


class Progress(msgspec.Struct, frozen=True):
    """What is remembered of an update."""

    request: int = 0
    word: str = "Idle"


@dataclass(slots=True)
class _Update:
    request: int
    location: str
    certificate: str
    signature: str
    tries: int
    wait: int
    install_at: float | None
    image: Image | None = None


class Firmware:
    """The block."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        *,
        post: Post,
        security: Security,
        availability: Availability,
        reset: Reset,
        outside: Outside,
    ) -> None:
        self._ground = ground
        self._post = post
        self._security = security
        self._availability = availability
        self._reset = reset
        self._outside = outside
        self._update: _Update | None = None
        self._progress = ground.memory.read(KEPT, Progress, Progress())
        self._alarm = ground.scheduler.alarm(self._fetch, name="ocpp.firmware")
        self._waiting = ground.scheduler.alarm(self._may_install, name="ocpp.firmware.wait")
        desk.take({"UpdateFirmware": self._asked})
        desk.take({"SignedUpdateFirmware": self._asked}, versions=ONLY_16)

    @property
    def installing(self) -> bool:
        """Nothing may be reset now [B11.FR.06]."""
        return self._progress.word == "Installing"

    def close(self) -> None:
        self._alarm.cancel()
        self._waiting.cancel()

    def accepted(self) -> None:
        """After a start: what has become of an update [L01.FR.28]."""
        if self._update is not None or self._progress.word in {"Idle", "Installed"}:
            return
        if self._progress.word == "InstallRebooting":
            self._told("Installed")
            self._security.report("FirmwareUpdated")
        elif self._progress.word == "Installing":
            self._told("InstallationFailed")
        elif self._progress.word in {"Downloading", "DownloadScheduled"}:
            self._told("DownloadFailed")
        elif self._progress.word in {"Downloaded", "SignatureVerified", "InstallScheduled"}:
            self._told("InstallationFailed")

    def say(self, place: Place | None = None) -> None:
        """How it is, asked for [F06.FR.16]."""
        del place
        word = self._progress.word
        if word in {"Idle", "Installed"}:
            self._ground.tell("FirmwareStatusNotification", {"status": "Idle"})
        else:
            fields = {"status": word, "requestId": self._progress.request}
            self._ground.tell(self._action, fields)

    @property
    def _action(self) -> str:
        old = self._ground.version is Version.V16
        return "SignedFirmwareStatusNotification" if old else "FirmwareStatusNotification"

    def _asked(self, message: Message) -> Reply:
        firmware = message.firmware
        certificate, signature = firmware.signingCertificate, firmware.signature
        if certificate is UNSET or signature is UNSET:
            return Reply(status("Rejected", "MissingParam", "firmware must be signed"))
        if not self._outside.trusts(certificate):
            self._security.report("InvalidFirmwareSigningCertificate")
            return Reply({"status": "InvalidCertificate"})  # [L01.FR.22]
        if self._progress.word in LAST_STEPS:
            return Reply(status("Rejected"))  # [L01.FR.27]
        install = firmware.installDateTime
        update = _Update(
            message.requestId,
            firmware.location,
            certificate,
            signature,
            0 if message.retries is UNSET else message.retries,
            0 if message.retryInterval is UNSET else message.retryInterval,
            None if install is UNSET else install.timestamp(),
        )
        word = "Accepted" if self._update is None else "AcceptedCanceled"
        then = partial(self._begin, update, firmware.retrieveDateTime.timestamp())
        return Reply({"status": word}, then)

    def _begin(self, update: _Update, at: float) -> None:
        self.close()
        self._availability.close(closed=False)  # an older one may have waited with outlets closed
        self._update = update
        wait = self._until(at)
        if wait > 0:
            self._told("DownloadScheduled")
            self._alarm.rearm(wait)
        else:
            self._fetch()

    def _until(self, unix: float) -> int:
        unix_ns = self._ground.unix_ns
        return 0 if unix_ns is None else max(0, round(unix * 1e9) - unix_ns)

    def _fetch(self) -> None:
        update = self._update
        if update is not None:
            self._told("Downloading")
            self._outside.download(update.location, partial(self._fetched, update))

    def _fetched(self, update: _Update, outcome: Outcome[bytes]) -> None:
        if update is not self._update:
            return  # another one has taken its place
        if outcome.error is not None:
            self._ground.log.warning("not-downloaded", why=str(outcome.error))
            if update.tries > 0:
                update.tries -= 1
                self._alarm.rearm(max(1, update.wait) * S)
            else:
                self._over("DownloadFailed")
            return
        self._told("Downloaded")
        update.image = Image(outcome.result(), update.certificate, update.signature)
        if not self._outside.is_genuine(update.image):
            self._over("InvalidSignature")
            self._security.report("InvalidFirmwareSignature")
            return
        self._told("SignatureVerified")
        wait = 0 if update.install_at is None else self._until(update.install_at)
        if wait > 0:
            self._told("InstallScheduled")
        self._waiting.rearm(wait)

    def _may_install(self) -> None:
        """Nobody is interrupted; nobody new comes in, unless that is allowed [L01.FR.06, FR.07]."""
        if not self._ground.model.flag(*ALLOW):
            self._availability.close(closed=True)
        places = self._ground.places.values()
        if any(place.outlet.transaction is not None for place in places):
            if self._progress.word != "InstallScheduled":
                self._told("InstallScheduled")
            self._waiting.rearm(LOOK_EACH)
            return
        assert self._update is not None
        assert self._update.image is not None
        self._told("Installing")
        self._outside.install(self._update.image, self._installed)

    def _installed(self, outcome: Outcome[None]) -> None:
        self._availability.close(closed=False)
        if outcome.error is not None:
            self._ground.log.error("not-installed", why=str(outcome.error))
            self._over("InstallationFailed")
            return
        self._told("InstallRebooting")
        self._update = None
        self._reset.again("FirmwareUpdate")

    def _over(self, word: str) -> None:
        self._told(word)
        self._update = None

    def _told(self, word: str) -> None:
        request = self._progress.request if self._update is None else self._update.request
        self._progress = Progress(request, word)
        self._ground.memory.write(KEPT, self._progress)
        fields: Json = {"status": word, "requestId": request}
        self._post.send(self._action, fields, kept=True)
