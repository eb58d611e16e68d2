"""The certificate store: roots we trust, credentials of our own, kept across power cuts.

One damaged entry costs that entry and nothing else: it is reported under its name and left out.
Reading is from memory and safe from any thread.  Writing waits for the disk: call it on the
worker that keeps the store, one call at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from csm.handles import KeyHandle
from keym.faults import EntryDamaged, EntryMissing, FaultReporter, KeymError, StoreFull, silent
from keym.judging.verdict import Anchor, Rule
from keym.keeping import entry as entries
from keym.keeping.admission import admitted_chain, admitted_root
from keym.keeping.entry import Credential, Entry, Root
from keym.keeping.shelf import Shelf
from keym.x509 import pem
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use

PublicKeyOf = Callable[[KeyHandle], bytes]
"""SubjectPublicKeyInfo of a private key; raises what its driver raises."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many entries there may be.  ISO 15118-2 speaks of up to ten V2G roots [V2G2-878]."""

    roots: int = 32
    contracts: int = 32
    others: int = 8


class CertificateStore:
    """Slots for roots (by kind) and credentials (by use and edition)."""

    def __init__(
        self,
        shelf: Shelf,
        *,
        report: FaultReporter = silent,
        capacity: Capacity | None = None,
        tolerate: frozenset[Rule] = frozenset(),
    ) -> None:
        self._shelf = shelf
        self._report = report
        self._capacity = capacity or Capacity()
        self._tolerate = tolerate
        self._entries: Mapping[str, Entry] = {}
        self._watchers: list[Callable[[], None]] = []
        self.orphans: list[KeyHandle] = []
        """Keys of credentials whose rotation the power cut short: their drivers may delete them."""

    def load(self) -> list[KeymError]:
        """Read everything that can be read; returns (and reports) what cannot."""
        found: dict[str, Entry] = {}
        troubles: list[KeymError] = []
        for name in self._shelf.names():
            outcome = self._read(name)
            if isinstance(outcome, KeymError):
                troubles.append(outcome)
            else:
                found[name] = outcome
        troubles.extend(self._finish_rotations(found))
        for trouble in troubles:
            self._report(trouble.fault, failed=True, detail=trouble.place)
        self._swap(found)
        return troubles

    def _read(self, name: str) -> Entry | KeymError:
        try:
            entry = entries.read(name, self._shelf.read(name))
        except KeymError as error:
            return error
        if entry.name != name:
            return EntryDamaged(f"{name}: it is the entry {entry.name}")
        return entry

    def on_change(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` after each change, in the thread that made it."""
        self._watchers.append(watcher)

    def anchors(self) -> tuple[Anchor, ...]:
        return tuple(Anchor(root.kind, root.certificate) for root in self.roots())

    def roots(self, kind: RootKind | None = None) -> tuple[Root, ...]:
        return tuple(
            entry
            for entry in self._entries.values()
            if isinstance(entry, Root) and kind in {None, entry.kind}
        )

    def credentials(self, use: Use, edition: Edition | None = None) -> tuple[Credential, ...]:
        """Those of a use, best priority first."""
        found = [
            entry
            for entry in self._entries.values()
            if isinstance(entry, Credential)
            and entry.use is use
            and edition in {None, entry.edition}
        ]
        return tuple(sorted(found, key=lambda one: (one.priority, one.name)))

    def all(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def entry(self, name: str) -> Entry:
        try:
            return self._entries[name]
        except KeyError:
            raise EntryMissing(name) from None

    def add_root(self, kind: RootKind, der: bytes) -> Root:
        """Trust a root from now on.  The same root twice is one entry."""
        root = Root(kind, admitted_root(kind, der, self._tolerate))
        self._make_room(root, len(self.roots(kind)), self._capacity.roots)
        self._put(root)
        return root

    def add(
        self,
        use: Use,
        edition: Edition,
        chain: Sequence[bytes],
        key: KeyHandle,
        *,
        priority: int = 100,
        public_key: bytes | None = None,
    ) -> Credential:
        """Keep a chain whose private key lies under ``key``.

        Give ``public_key`` whenever the key's driver can be asked, so that a chain never stands
        beside a key that is not its own.
        """
        certificates = admitted_chain(use, edition, chain, public_key, self._tolerate)
        credential = Credential(use, edition, certificates, key, priority)
        limit = self._capacity.contracts if use is Use.CONTRACT else self._capacity.others
        self._make_room(credential, len(self.credentials(use, edition)), limit)
        self._put(credential)
        return credential

    def rotate(
        self,
        old: str,
        chain: Sequence[bytes],
        key: KeyHandle,
        *,
        public_key: bytes | None = None,
    ) -> tuple[Credential, KeyHandle | None]:
        """Put a renewed chain in the place of an entry.

        The new one is on disk before the old one goes; a power cut in between leaves the new one.
        Returns the old key's handle if the key is no longer needed: deleting it is the caller's.
        """
        before = self.entry(old)
        if not isinstance(before, Credential):
            raise EntryMissing(f"{old} is a root; roots are added and removed, not renewed")
        certificates = admitted_chain(before.use, before.edition, chain, public_key, self._tolerate)
        after = replace(before, chain=certificates, key=key, replaces=old)
        if after.name == old:
            self._put(replace(after, replaces=""))
        else:
            self._put(after)
            self._drop(old)
            after = replace(after, replaces="")
            self._put(after)
        unused = before.key if all(one.key != before.key for one in self._owned()) else None
        return after, unused

    def remove(self, name: str) -> Entry:
        """Forget an entry.  The private key of a credential stays with its driver."""
        entry = self.entry(name)
        self._drop(name)
        return entry

    def export(self, name: str) -> bytes:
        """The public part of an entry in PEM, leaf first."""
        entry = self.entry(name)
        certificates = (entry.certificate,) if isinstance(entry, Root) else entry.chain
        return b"".join(pem.encode(certificate.der) for certificate in certificates)

    def prioritise(self, name: str, priority: int) -> Credential:
        """Change the order in which credentials of one use are taken; 1 is first."""
        entry = self.entry(name)
        if not isinstance(entry, Credential):
            raise EntryMissing(f"{name} is a root and has no priority")
        changed = replace(entry, priority=priority)
        self._put(changed)
        return changed

    def _owned(self) -> list[Credential]:
        return [entry for entry in self._entries.values() if isinstance(entry, Credential)]

    def _make_room(self, entry: Entry, count: int, limit: int) -> None:
        if entry.name not in self._entries and count >= limit:
            raise StoreFull(f"{count} entries of this kind, and {limit} is the limit")

    def _put(self, entry: Entry) -> None:
        self._shelf.write(entry.name, entries.written(entry))
        self._swap({**self._entries, entry.name: entry})

    def _drop(self, name: str) -> None:
        self._shelf.remove(name)
        self._swap({key: entry for key, entry in self._entries.items() if key != name})

    def _swap(self, fresh: Mapping[str, Entry]) -> None:
        """Readers in other threads see all of the old or all of the new."""
        self._entries = fresh
        for watcher in self._watchers:
            watcher()

    def _finish_rotations(self, found: dict[str, Entry]) -> list[KeymError]:
        """The power went between writing the new and removing the old."""
        troubles: list[KeymError] = []
        for entry in list(found.values()):
            replaced = entry.replaces if isinstance(entry, Credential) else ""
            before = found.pop(replaced, None) if replaced != entry.name else None
            if isinstance(before, Credential):
                self.orphans.append(before.key)
                try:
                    self._shelf.remove(replaced)
                except KeymError as error:
                    troubles.append(error)
        return troubles
