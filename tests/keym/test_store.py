import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bsw.crypto import KeyType
from csm.handles import KeyHandle
from keym.faults import (
    EntryDamaged,
    EntryMissing,
    KeymFault,
    NotFit,
    StoreFull,
    StoreUnreachable,
    StoreUnsafe,
)
from keym.keeping.entry import Credential
from keym.keeping.shelf import FolderShelf, MemoryShelf, Shelf
from keym.keeping.store import Capacity, CertificateStore
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.pem import certificates
from keym.x509.profile import RootKind, Use
from tests.keym.world import AT, KINDS, pki_of
from tools.pki.broken.workshop import Workshop, renamed
from tools.pki.maker import STEMS, Plan, build

KEY = KeyHandle("software", "contract-1")
OTHER = KeyHandle("pkcs11", "contract-2", "evcc")


class Reports:
    def __init__(self) -> None:
        self.said: list[tuple[KeymFault, bool, str]] = []

    def __call__(self, fault: KeymFault, *, failed: bool, detail: str) -> None:
        self.said.append((fault, failed, detail))


class FailingShelf(MemoryShelf):
    """Power that goes after a number of writes and removals."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def _step(self) -> None:
        if self.steps == 0:
            raise StoreUnreachable("the power is gone")
        self.steps -= 1

    def write(self, name: str, octets: bytes) -> None:
        self._step()
        super().write(name, octets)

    def remove(self, name: str) -> None:
        self._step()
        super().remove(name)


def loaded(shelf: Shelf, **options: object) -> CertificateStore:
    store = CertificateStore(shelf, **options)  # type: ignore[arg-type]  # passed through
    store.load()
    return store


@pytest.fixture(params=["memory", "folder"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return MemoryShelf() if request.param == "memory" else FolderShelf(tmp_path / "store")


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_is_kept_is_there_again(kind: str, shelf: Shelf) -> None:
    pki = pki_of(kind)
    store = loaded(shelf)
    for root_kind, ders in pki.roots().items():
        for der in ders:
            store.add_root(root_kind, der)
    for use, (_, _, leaf) in STEMS.items():
        if leaf in pki.entities:
            store.add(use, pki.edition, pki[leaf].chain, KEY, priority=7)
    again = loaded(shelf)
    assert set(again.all()) == set(store.all())
    assert {anchor.kind for anchor in again.anchors()} == set(pki.roots())
    (contract,) = again.credentials(Use.CONTRACT, pki.edition)
    assert (contract.ders, contract.key, contract.priority) == (pki["contract"].chain, KEY, 7)


def test_a_chain_is_put_in_order_and_its_root_left_out(shelf: Shelf) -> None:
    pki = pki_of("iso2")
    leaf, sub2, sub1 = pki["secc"].chain
    given = (leaf, pki["v2g_root"].der, sub1, sub2)
    credential = loaded(shelf).add(Use.SECC, Edition.ISO2, given, KEY)
    assert credential.ders == pki["secc"].chain


def test_entries_of_one_use_come_by_priority(shelf: Shelf) -> None:
    pki = pki_of("iso2")
    shop = Workshop(pki, Use.CONTRACT)
    store = loaded(shelf)
    names = [
        store.add(
            Use.CONTRACT,
            Edition.ISO2,
            shop.grow(leaf=renamed(common_name=f"DE8AA00000000{number}")).chain,
            KeyHandle("software", f"contract-{number}"),
            priority=priority,
        ).name
        for number, priority in enumerate((5, 1, 3, 4, 2, 6))
    ]
    assert [one.name for one in store.credentials(Use.CONTRACT)] == [
        names[number] for number in (1, 4, 2, 3, 0, 5)
    ]
    store.prioritise(names[5], 0)
    assert loaded(shelf).credentials(Use.CONTRACT)[0].name == names[5]


def test_ten_roots_of_each_kind_and_five_contracts_fit(shelf: Shelf) -> None:
    store = loaded(shelf)
    kinds = (RootKind.V2G, RootKind.OEM, RootKind.MO)
    for number in range(10):
        pki = build(Plan(Edition.ISO2, KeyType.P256, AT, f"T{number}"))
        for kind in kinds:
            store.add_root(kind, pki.root(kind).der)
        if number < 5:
            store.add(Use.CONTRACT, Edition.ISO2, pki["contract"].chain, KEY)
    again = loaded(shelf)
    assert [len(again.roots(kind)) for kind in kinds] == [10, 10, 10]
    assert len(again.credentials(Use.CONTRACT)) == 5


def test_a_full_store_says_so_and_takes_what_it_has_again() -> None:
    pki = pki_of("iso2")
    store = loaded(MemoryShelf(), capacity=Capacity(roots=1))
    store.add_root(RootKind.V2G, pki["v2g_root"].der)
    store.add_root(RootKind.V2G, pki["v2g_root"].der)
    other = build(Plan(Edition.ISO2, pki.plan.key_type, pki.at, "Other"))
    with pytest.raises(StoreFull, match="1 is the limit"):
        store.add_root(RootKind.V2G, other["v2g_root"].der)


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        (RootKind.V2G, "cpo_sub1", "did not sign itself"),
        (RootKind.V2G, "secc", "no authority"),
        (RootKind.V2G, "oem_root", "domain component V2G"),
    ],
)
def test_what_is_no_such_root_is_not_taken(kind: RootKind, name: str, why: str) -> None:
    store = loaded(MemoryShelf())
    with pytest.raises(NotFit, match=why):
        store.add_root(kind, pki_of("iso2")[name].der)
    assert not store.all()


@pytest.mark.parametrize(
    ("names", "use", "why"),
    [
        (("secc", "cpo_sub1"), Use.SECC, "do not make one chain"),
        (("contract", "mo_sub2", "mo_sub1"), Use.SECC, "domain component CPO wanted"),
        (("mo_sub2", "mo_sub1"), Use.CONTRACT, "authority, not a leaf"),
        ((), Use.CONTRACT, "0 certificates"),
        (("secc",) * 7, Use.SECC, "7 certificates"),
    ],
)
def test_a_chain_that_does_not_fit_is_not_taken(names: tuple[str, ...], use: Use, why: str) -> None:
    pki = pki_of("iso2")
    with pytest.raises(NotFit, match=why):
        loaded(MemoryShelf()).add(use, Edition.ISO2, [pki[name].der for name in names], KEY)


def test_garbage_is_not_taken() -> None:
    store = loaded(MemoryShelf())
    with pytest.raises(NotFit, match="no certificate"):
        store.add_root(RootKind.V2G, b"garbage")
    with pytest.raises(NotFit, match="no certificate"):
        store.add(Use.SECC, Edition.ISO2, [b"garbage"], KEY)


def test_a_certificate_beside_the_wrong_key_is_not_taken() -> None:
    pki = pki_of("iso2")
    store = loaded(MemoryShelf())
    with pytest.raises(NotFit, match="private key"):
        store.add(
            Use.SECC, Edition.ISO2, pki["secc"].chain, KEY, public_key=parse(pki["cps"].der).spki
        )
    store.add(
        Use.SECC, Edition.ISO2, pki["secc"].chain, KEY, public_key=parse(pki["secc"].der).spki
    )


def test_an_export_has_the_public_part_leaf_first(shelf: Shelf) -> None:
    pki = pki_of("iso20-p521")
    store = loaded(shelf)
    credential = store.add(Use.VEHICLE, Edition.ISO20, pki["vehicle"].chain, KEY)
    exported = store.export(credential.name)
    assert tuple(certificates(exported)) == pki["vehicle"].chain
    assert b"PRIVATE" not in exported


def test_removing_forgets_and_removing_again_says_there_is_none(shelf: Shelf) -> None:
    store = loaded(shelf)
    root = store.add_root(RootKind.V2G, pki_of("iso2")["v2g_root"].der)
    assert store.remove(root.name) == root
    assert not loaded(shelf).all()
    with pytest.raises(EntryMissing, match=root.name):
        store.remove(root.name)


def renewed() -> tuple[bytes, ...]:
    return Workshop(pki_of("iso2"), Use.CONTRACT).grow(leaf=lambda recipe: recipe).chain


def test_a_renewed_contract_takes_the_place_of_the_old_one(shelf: Shelf) -> None:
    store = loaded(shelf)
    old = store.add(Use.CONTRACT, Edition.ISO2, pki_of("iso2")["contract"].chain, KEY, priority=3)
    new, unused = store.rotate(old.name, renewed(), OTHER)
    assert unused == KEY
    (kept,) = loaded(shelf).credentials(Use.CONTRACT)
    assert (kept.name, kept.priority, kept.key) == (new.name, 3, OTHER)


def test_a_key_that_is_still_used_is_not_called_unused(shelf: Shelf) -> None:
    store = loaded(shelf)
    old = store.add(Use.CONTRACT, Edition.ISO2, pki_of("iso2")["contract"].chain, KEY)
    assert store.rotate(old.name, renewed(), KEY)[1] is None


@pytest.mark.parametrize("steps", range(4))
def test_a_power_cut_while_renewing_leaves_one_whole_contract(steps: int) -> None:
    shelf = FailingShelf(1 + steps)
    store = loaded(shelf)
    old = store.add(Use.CONTRACT, Edition.ISO2, pki_of("iso2")["contract"].chain, KEY)
    chain = renewed()
    try:
        store.rotate(old.name, chain, OTHER)
    except StoreUnreachable:
        assert steps < 3
    shelf.steps = 100
    again = loaded(shelf)
    (kept,) = again.credentials(Use.CONTRACT)
    assert kept.ders == (old.ders if steps == 0 else chain)
    assert again.orphans == ([KEY] if steps == 1 else [])
    assert loaded(shelf).credentials(Use.CONTRACT) == (kept,)


def flipped(octets: bytes) -> bytes:
    return octets[:300] + bytes([octets[300] ^ 1]) + octets[301:]


def garbage(octets: bytes) -> bytes:
    return bytes(range(256)) * 4


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut to nothing": lambda octets: octets[:0],
    "cut short": lambda octets: octets[: len(octets) // 2],
    "a bit": flipped,
    "garbage": garbage,
    "zeros": lambda octets: bytes(len(octets)),
    "no digest": lambda octets: octets.partition(b"\n")[2],
}


@pytest.mark.parametrize("title", DAMAGES)
def test_a_damaged_entry_is_reported_and_the_others_are_used(shelf: Shelf, title: str) -> None:
    pki = pki_of("iso2")
    store = loaded(shelf)
    root = store.add_root(RootKind.V2G, pki["v2g_root"].der)
    contract = store.add(Use.CONTRACT, Edition.ISO2, pki["contract"].chain, KEY)
    shelf.write(contract.name, DAMAGES[title](shelf.read(contract.name)))
    reports = Reports()
    again = CertificateStore(shelf, report=reports)
    (trouble,) = again.load()
    assert isinstance(trouble, EntryDamaged)
    assert contract.name in str(trouble)
    assert [(fault, failed) for fault, failed, _ in reports.said] == [
        (KeymFault.ENTRY_DAMAGED, True)
    ]
    assert again.all() == (root,)
    again.add(Use.CONTRACT, Edition.ISO2, pki["contract"].chain, KEY)
    assert not CertificateStore(shelf).load()


def test_an_entry_under_another_name_is_damaged(shelf: Shelf) -> None:
    store = loaded(shelf)
    root = store.add_root(RootKind.V2G, pki_of("iso2")["v2g_root"].der)
    shelf.write("root-oem-0123456789abcdef", shelf.read(root.name))
    (trouble,) = CertificateStore(shelf).load()
    assert "it is the entry" in str(trouble)


def test_an_entry_never_says_a_number_that_is_none(shelf: Shelf) -> None:
    """The digest fits, the content does not: written by another program, or by hand."""
    store = loaded(shelf)
    credential = store.add(Use.SECC, Edition.ISO2, pki_of("iso2")["secc"].chain, KEY)
    _, _, body = shelf.read(credential.name).partition(b"\n")
    for old, new in (
        (b"Priority: 100", b"Priority: first"),
        (b"Key: software:contract-1", b"Key: none"),
        (b"Edition: iso2", b"Edition: iso3"),
        (b"Kind: secc", b"Kind: thing"),
        (b"Kind: secc", b"Kind: root-thing"),
        (b"Pilotwire-Certificates: 1", b"Pilotwire-Certificates: 2"),
        (b"-----BEGIN CERTIFICATE-----", b"-----BEGIN SOMETHING-----"),
    ):
        changed = body.replace(old, new)
        digest = hashlib.sha256(changed).hexdigest()
        shelf.write(credential.name, f"Digest: sha256:{digest}\n".encode() + changed)
        (trouble,) = CertificateStore(shelf).load()
        assert isinstance(trouble, EntryDamaged), new


def test_watchers_hear_of_each_change() -> None:
    store = loaded(MemoryShelf())
    heard: list[int] = []
    store.on_change(lambda: heard.append(len(store.all())))
    root = store.add_root(RootKind.V2G, pki_of("iso2")["v2g_root"].der)
    store.remove(root.name)
    assert heard == [1, 0]


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    store = loaded(FolderShelf(tmp_path / "store"))
    root = store.add_root(RootKind.V2G, pki_of("iso2")["v2g_root"].der)
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "store" / f"{root.name}.pem").stat().st_mode & 0o777 == 0o600


def test_a_folder_others_can_write_to_is_not_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(StoreUnsafe, match="chmod"):
        FolderShelf(folder)


def test_a_file_others_can_write_to_is_not_trusted(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "store")
    root = loaded(shelf).add_root(RootKind.V2G, pki_of("iso2")["v2g_root"].der)
    (tmp_path / "store" / f"{root.name}.pem").chmod(0o666)
    (trouble,) = CertificateStore(shelf).load()
    assert isinstance(trouble, StoreUnsafe)


def test_neither_links_nor_pipes_are_followed(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "store")
    (tmp_path / "store" / "root-v2g-1.pem").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "store" / "root-v2g-2.pem")
    troubles = CertificateStore(shelf).load()
    assert [type(trouble) for trouble in troubles] == [StoreUnreachable, StoreUnsafe]


def test_an_unfinished_file_of_a_power_cut_is_swept_away(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "store")
    loaded(shelf).add_root(RootKind.V2G, pki_of("iso2")["v2g_root"].der)
    (tmp_path / "store" / "root-v2g-0.unfinished").write_bytes(b"half")
    again = FolderShelf(tmp_path / "store")
    assert not list((tmp_path / "store").glob("*.unfinished"))
    assert len(loaded(again).all()) == 1


def test_a_store_on_a_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")
    with pytest.raises(StoreUnreachable, match="check that the folder"):
        FolderShelf(tmp_path / "store")


def test_an_entry_is_text_any_tool_can_read(tmp_path: Path) -> None:
    store = loaded(FolderShelf(tmp_path / "store"))
    credential = store.add(Use.SECC, Edition.ISO2, pki_of("iso2")["secc"].chain, KEY)
    text = (tmp_path / "store" / f"{credential.name}.pem").read_text()
    assert "Key: software:contract-1" in text
    assert isinstance(store.entry(credential.name), Credential)
