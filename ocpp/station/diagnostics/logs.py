"""GetLog and GetDiagnostics: the log the back end wants, uploaded, with as many tries as it says.

[N01].  One upload at a time; a newer request takes the place of an older one.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET

from bsw.os.clock import S
from bsw.os.worker import Outcome
from ocpp.catalogue import Message
from ocpp.station.desk import ONLY_16, Desk, Json, Reply, status
from ocpp.station.diagnostics.outside import Outside, TransferFailed
from ocpp.station.diagnostics.security import Security
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.provisioning.reports import report_data
from ocpp.versions import Version

SCHEMES: Final = {"http", "https"}


@dataclass(slots=True)
class _Upload:
    """``request`` is ``None`` for GetDiagnostics."""

    request: int | None
    url: str
    name: str
    octets: bytes
    tries: int
    wait: int


class Logs:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground, security: Security, outside: Outside) -> None:
        self._ground = ground
        self._security = security
        self._outside = outside
        self._upload: _Upload | None = None
        self._again = ground.scheduler.alarm(self._start, name="ocpp.upload")
        desk.take({"GetLog": self._get_log}, versions=Version)
        desk.take({"GetDiagnostics": self._get_diagnostics}, versions=ONLY_16)

    @property
    def busy(self) -> bool:
        return self._upload is not None

    def close(self) -> None:
        self._again.cancel()

    def say(self, place: Place | None = None) -> None:
        """How the upload is, asked for [F06.FR.14]."""
        del place
        upload = self._upload
        if upload is None or upload.request is None:
            self._ground.tell("LogStatusNotification", {"status": "Idle"})
        else:
            self._tell(upload, "Uploading")

    def say_diagnostics(self, place: Place | None = None) -> None:
        """The same for 1.6."""
        del place
        word = "Uploading" if self._upload is not None else "Idle"
        self._ground.tell("DiagnosticsStatusNotification", {"status": word})

    def _get_log(self, message: Message) -> Reply:
        log = message.log
        octets = self._text(message.logType, log.oldestTimestamp, log.latestTimestamp)
        if octets is None or not _is_reachable(log.remoteLocation):
            return Reply(status("Rejected"))
        name = f"{message.logType}-{message.requestId}.jsonl"
        tries = 0 if message.retries is UNSET else message.retries
        wait = 0 if message.retryInterval is UNSET else message.retryInterval
        upload = _Upload(message.requestId, log.remoteLocation, name, octets, tries, wait)
        word = "Accepted" if self._upload is None else "AcceptedCanceled"
        return Reply({"status": word, "filename": name}, partial(self._take, upload))

    def _get_diagnostics(self, message: Message) -> Reply:
        octets = self._text("DiagnosticsLog", message.startTime, message.stopTime)
        if octets is None or not _is_reachable(message.location):
            return Reply({})
        name = "DiagnosticsLog.jsonl"
        tries = 0 if message.retries is UNSET else message.retries
        wait = 0 if message.retryInterval is UNSET else message.retryInterval
        upload = _Upload(None, message.location, name, octets, tries, wait)
        return Reply({"fileName": name}, partial(self._take, upload))

    def _text(self, kind: str, oldest: Message, latest: Message) -> bytes | None:
        """``None`` if there is nothing to upload [N01.FR.05]."""
        if kind == "SecurityLog":
            rows = [row for row in self._security.log if _within(row.timestamp, oldest, latest)]
            return b"".join(msgspec.json.encode(row) + b"\n" for row in rows) or None
        if kind != "DiagnosticsLog":
            return None
        return b"".join(
            msgspec.json.encode(report_data(each)) + b"\n" for each in self._ground.model
        )

    def _take(self, upload: _Upload) -> None:
        before, self._upload = self._upload, upload
        if before is not None:
            self._again.cancel()
            self._tell(before, "AcceptedCanceled")
        self._tell(upload, "Uploading")
        self._start()

    def _start(self) -> None:
        upload = self._upload
        if upload is not None:
            done = partial(self._done, upload)
            self._outside.upload(upload.url, upload.name, upload.octets, done)

    def _done(self, upload: _Upload, outcome: Outcome[None]) -> None:
        if upload is not self._upload:
            return  # another one has taken its place
        if outcome.error is None:
            self._upload = None
            self._tell(upload, "Uploaded")
            return
        self._ground.log.warning("not-uploaded", why=str(outcome.error))
        if upload.tries > 0:
            upload.tries -= 1
            self._again.rearm(max(1, upload.wait) * S)
            return
        self._upload = None
        known = outcome.error.word if isinstance(outcome.error, TransferFailed) else ""
        self._tell(upload, known or "UploadFailure")

    def _tell(self, upload: _Upload, word: str) -> None:
        if upload.request is None:
            short = word if word in {"Uploading", "Uploaded"} else "UploadFailed"
            self._ground.tell("DiagnosticsStatusNotification", {"status": short})
            return
        fields: Json = {"status": word, "requestId": upload.request}
        if self._ground.version is Version.V16 and word == "AcceptedCanceled":
            return  # 1.6 has no word for it
        self._ground.tell("LogStatusNotification", fields)


def _is_reachable(url: str) -> bool:
    """Whether there is a way to such an address at all."""
    try:
        return urlsplit(url).scheme in SCHEMES
    except ValueError:
        return False


def _within(stamp: str, oldest: Message, latest: Message) -> bool:
    after = oldest is UNSET or stamp >= _text_of(oldest)
    return after and (latest is UNSET or stamp <= _text_of(latest))


def _text_of(moment: Message) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"
