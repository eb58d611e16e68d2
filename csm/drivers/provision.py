"""Makes a token out of an empty slot, which the binding itself cannot do.

``C_InitToken`` is called through ctypes on the same loaded library; the PINs are never on a
command line, where every user of the machine could read them.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from pkcs11 import TokenFlag
from pkcs11.exceptions import PKCS11Error

from csm.drivers.gate import GATE
from csm.drivers.module import Module
from csm.drivers.pkcs11_errors import named
from csm.errors import KeyExists, Misconfigured, TokenBroken, TokenMissing, WrongPin
from csm.secret import Secret

LIMIT_MS = 60_000
LABEL_OCTETS = 32
_INIT_TOKEN = 9  # its place in the list of functions
_PIN_INCORRECT = {0xA0, 0xA1, 0xA2}

SOFTHSM_CONFIG = """\
directories.tokendir = {tokens}
objectstore.backend = file
log.level = ERROR
slots.removable = false
"""


class _FunctionList(ctypes.Structure):
    _fields_ = (("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * 16))


def softhsm_folder(folder: Path) -> Path:
    """Lay out a folder for SoftHSM tokens; the path of its configuration comes back."""
    (folder / "tokens").mkdir(mode=0o700, parents=True, exist_ok=True)
    config = folder / "softhsm2.conf"
    if not config.exists():
        config.write_text(SOFTHSM_CONFIG.format(tokens=(folder / "tokens").resolve()))
    return config


def taken(module: Module, label: str) -> bool:
    """Whether there is a token of this label."""

    def look() -> bool:
        module.load()
        return module.find(label) is not None

    return GATE.call(look, limit_ms=LIMIT_MS, place=f"token {label!r} of {module.path}")


def initialise(
    module: Module, label: str, *, so_pin: Secret, pin: Secret, again: bool = False
) -> None:
    """Give an empty slot a token with this label.

    ``again`` erases the token that has this label already, keys and all; the security officer's
    PIN must then be the one it has.
    """
    GATE.call(
        lambda: _initialise(module, label, so_pin, pin, again=again),
        limit_ms=LIMIT_MS,
        place=f"token {label!r} of {module.path}",
    )


def _initialise(module: Module, label: str, so_pin: Secret, pin: Secret, *, again: bool) -> None:
    module.load()
    place = f"token {label!r} of {module.path}"
    with _named(place):
        existing = module.find(label)
        if existing is not None and not again:
            raise KeyExists(place, "choose another label, or erase it with --erase")
        slot = existing.slot.slot_id if existing is not None else _empty_slot(module)
        _init_token(module, slot, so_pin, label)
        module.restart()
        fresh = module.find(label)
        if fresh is None:
            raise TokenMissing(place)
        session = fresh.open(rw=True, so_pin=so_pin.text())
        session.init_pin(pin.text())
        session.close()


def _empty_slot(module: Module) -> int:
    for _ in range(2):
        for slot in pkcs11.lib(str(module.path)).get_slots(token_present=True):
            if not slot.get_token().flags & TokenFlag.TOKEN_INITIALIZED:
                return slot.slot_id
        module.restart()  # some libraries show a fresh slot only then
    raise TokenMissing(f"{module.path} has no empty slot", "erase a token with --erase")


def _init_token(module: Module, slot: int, so_pin: Secret, label: str) -> None:
    library = ctypes.CDLL(str(module.path))
    functions = ctypes.POINTER(_FunctionList)()
    if library.C_GetFunctionList(ctypes.byref(functions)):
        raise TokenBroken(f"{module.path} gives no list of its functions")
    prototype = ctypes.CFUNCTYPE(
        ctypes.c_ulong, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p
    )
    init_token = prototype(functions.contents.functions[_INIT_TOKEN])
    padded = label.encode().ljust(LABEL_OCTETS)
    if len(padded) > LABEL_OCTETS:
        raise Misconfigured(f"the token label {label!r} is too long", "32 octets at most")
    code = init_token(slot, so_pin.reveal(), len(so_pin), padded)
    if code in _PIN_INCORRECT:
        raise WrongPin(f"{module.path}, slot {slot}", "this takes the security officer's PIN")
    if code:
        raise TokenBroken(f"{module.path}, slot {slot} (C_InitToken: {code:#x})")


@contextmanager
def _named(place: str) -> Iterator[None]:
    try:
        yield
    except PKCS11Error as error:
        failure = named(error, place)
    else:
        return
    raise failure
