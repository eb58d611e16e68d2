"""The door to a back end: a way there, names, and somebody who may block on its store.

On a host these are real sockets and threads, brought when the door is opened; in simulation a test
puts in what its world has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bsw.base_host import HostBase
from bsw.os.worker import HostWorker, Worker

if TYPE_CHECKING:
    from ocpp.client import Connects, Resolver


@dataclass(frozen=True, slots=True)
class UplinkDoor:
    """``worker`` is the store's own, ``files`` for what goes there and back by HTTP.

    So neither a slow disk nor a slow server holds up anything else.
    """

    network: "Connects"
    resolve: "Resolver"
    worker: Worker
    files: Worker
    busy: Callable[[], bool]
    close: Callable[[], None]


def host_uplink(base: HostBase) -> UplinkDoor:
    """Real sockets and threads."""
    from bsw.net.host.uplink import Names, Uplink  # noqa: PLC0415 - only where there is a back end

    uplink = Uplink(base.scheduler, base.clock, dlt=base.dlt)
    store = HostWorker(base.scheduler, "ocpp")
    files = HostWorker(base.scheduler, "files")
    names = HostWorker(base.scheduler, "names")

    def close() -> None:
        uplink.close()
        store.close()
        files.close(0)  # what is half there helps nobody
        names.close(0)  # a name that is still looked up helps nobody any more

    return UplinkDoor(uplink, Names(names), store, files, lambda: uplink.busy, close)
