"""A token that is open: logged in once, its keys looked up once.

``TokenLink`` opens it when somebody needs it, and again after it was lost.  It never offers the
same refused PIN twice, and leaves the last attempt before the lock to a person.  All calls here
run inside the gate.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

import pkcs11
from pkcs11 import PROTECTED_AUTH, Attribute, KeyType, ObjectClass, TokenFlag
from pkcs11.exceptions import DeviceRemoved, NoSuchKey, PKCS11Error, UserAlreadyLoggedIn
from pkcs11.mechanisms import KDF, Mechanism

from csm.drivers.module import Module
from csm.drivers.pkcs11_errors import named
from csm.drivers.templates import Attributes, kind_of
from csm.errors import (
    Misconfigured,
    ModuleMissing,
    PinLocked,
    TokenMissing,
    TokenRemoved,
    WrongPin,
)
from csm.handles import KeyKind
from csm.secret import Secret

Pin = Callable[[], Secret]
"""Where the PIN comes from; asked at each login."""

ID_LABEL = "id-"
"""Stands before the hexadecimal id of an object whose label cannot stand in a handle."""


class KeyObject(Protocol):
    """A key in the binding's hands.  It mixes these in at run time, unseen by a type checker."""

    def sign(self, data: bytes, *, mechanism: Mechanism) -> bytes: ...
    def encrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: object) -> bytes: ...
    def decrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: object) -> bytes: ...
    def derive_key(
        self,
        key_type: KeyType,
        key_length: int,
        *,
        mechanism: Mechanism,
        mechanism_param: tuple[KDF, None, bytes],
        template: Attributes,
    ) -> pkcs11.SecretKey: ...


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key object and what it is."""

    object: KeyObject
    kind: KeyKind


@dataclass(slots=True)
class TokenSession:
    """One session, logged in."""

    token: pkcs11.Token
    session: pkcs11.Session
    epoch: int
    mechanisms: frozenset[Mechanism]
    _keys: dict[str, TokenKey] = field(default_factory=dict)

    def present(self) -> bool:
        """Whether the same token is still in its slot."""
        try:
            found = self.token.slot.get_token()
        except PKCS11Error:
            return False
        return bool(found.serial == self.token.serial and found.label == self.token.label)

    def objects(self, object_class: ObjectClass, label: str = "") -> list[pkcs11.Object]:
        """All objects of a class, or those with this label; a list, so the search is over.

        A token that is gone finds nothing, so nothing is believed only of one that is there.
        """
        wanted: dict[Attribute, object] = {Attribute.CLASS: object_class}
        if label.startswith(ID_LABEL):
            wanted[Attribute.ID] = bytes.fromhex(label.removeprefix(ID_LABEL))
        elif label:
            wanted[Attribute.LABEL] = label
        found = list(self.session.get_objects(wanted))
        if not found and not self.present():
            raise DeviceRemoved
        return found

    def has(self, label: str) -> bool:
        return any(
            self.objects(kind, label) for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY)
        )

    def key(self, label: str) -> TokenKey:
        known = self._keys.get(label)
        if known is None:
            known = self._keys[label] = self._look_up(label)
        return known

    def forget(self, label: str) -> None:
        self._keys.pop(label, None)

    def _look_up(self, label: str) -> TokenKey:
        for object_class in (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY):
            for found in self.objects(object_class, label):
                kind = kind_of_object(found)
                if kind is not None:
                    return TokenKey(cast("KeyObject", found), kind)
        raise NoSuchKey


def kind_of_object(found: pkcs11.Object) -> KeyKind | None:
    key_type = attribute(found, Attribute.KEY_TYPE)
    curve = attribute(found, Attribute.EC_PARAMS)
    length = attribute(found, Attribute.VALUE_LEN)
    return kind_of(
        key_type,
        curve if isinstance(curve, bytes) else b"",
        length if isinstance(length, int) else 0,
    )


def attribute(found: pkcs11.Object, name: Attribute) -> object:
    """The attribute, or ``None`` where the token has none or keeps it to itself."""
    try:
        return found[name]
    except PKCS11Error:
        return None


class TokenLink:
    """The way to one token: found by its label, opened on demand."""

    def __init__(self, module: Module, label: str, pin: Pin | None, *, last_try: bool) -> None:
        self.label = label
        self._module = module
        self._pin = pin
        self._last_try = last_try
        self._open: TokenSession | None = None
        self._seen = False
        self._refused: Secret | None = None

    @property
    def place(self) -> str:
        return f"token {self.label!r} of {self._module.path}"

    def opened(self) -> TokenSession:
        if self._open is None or self._open.epoch != self._module.epoch:
            token = self._find()
            try:
                session = self._log_in(token)
                mechanisms = frozenset(token.slot.get_mechanisms())
            except PKCS11Error as error:
                failure = error
            else:
                self._seen = True
                self._open = TokenSession(token, session, self._module.epoch, mechanisms)
                return self._open
            raise named(failure, self.place)
        return self._open

    def lost(self) -> None:
        """The session is of no use any more; the next call opens a new one."""
        self._open = None

    def close(self) -> None:
        """Log out.  A PIN that was refused may be tried again."""
        self._refused = None
        if self._open is not None and self._open.epoch == self._module.epoch:
            with contextlib.suppress(PKCS11Error):  # one that is gone has nothing to log out of
                self._open.session.close()
        self._open = None

    def _find(self) -> pkcs11.Token:
        try:
            self._module.load()
            token = self._module.find(self.label)
            if token is None:
                self._module.restart()
                token = self._module.find(self.label)
        except ModuleMissing:
            if self._seen:
                raise TokenRemoved(self.place) from None
            raise
        if token is None:
            raise TokenRemoved(self.place) if self._seen else TokenMissing(self.place)
        return token

    def _log_in(self, token: pkcs11.Token) -> pkcs11.Session:
        flags = token.flags
        if not flags & TokenFlag.LOGIN_REQUIRED:
            return token.open(rw=True)
        if not flags & TokenFlag.USER_PIN_INITIALIZED:
            raise Misconfigured(f"{self.place} has no user PIN yet", "initialise it: v2g hsm init")
        if flags & TokenFlag.USER_PIN_LOCKED:
            raise PinLocked(self.place)
        if flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH and self._pin is None:
            return token.open(rw=True, user_pin=PROTECTED_AUTH)
        if flags & TokenFlag.USER_PIN_FINAL_TRY and not self._last_try:
            raise WrongPin(f"{self.place} has one attempt left", _LAST_TRY_REMEDY)
        return self._offer_pin(token)

    def _offer_pin(self, token: pkcs11.Token) -> pkcs11.Session:
        if self._pin is None:
            raise Misconfigured(f"{self.place} asks for a PIN", "set csm.pkcs11.pin")
        with self._pin() as pin:
            if pin == self._refused:
                raise WrongPin(f"{self.place}; the PIN is the one it refused before")
            try:
                return token.open(rw=True, user_pin=pin.text())
            except UserAlreadyLoggedIn:
                return token.open(rw=True)
            except PKCS11Error as error:
                failure = named(error, self.place)
            if isinstance(failure, WrongPin):
                self._refused = Secret(pin.reveal())
            raise failure


_LAST_TRY_REMEDY = "correct the PIN's source, then prove it by hand: v2g hsm list --last-try"
