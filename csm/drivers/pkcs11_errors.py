"""What a token's refusal means, in our names."""

from pkcs11 import exceptions as p11

from csm.errors import (
    BadData,
    BadKey,
    CsmError,
    KeyMissing,
    NotSupported,
    PinLocked,
    TokenBroken,
    TokenFull,
    TokenRemoved,
    WrongPin,
)

REMOVED = (p11.DeviceRemoved, p11.TokenNotPresent, p11.TokenNotRecognised)

STALE = (
    *REMOVED,
    p11.SessionHandleInvalid,
    p11.SessionClosed,
    p11.ObjectHandleInvalid,
    p11.KeyHandleInvalid,
    p11.UserNotLoggedIn,
    p11.OperationActive,
)
"""The token may be well and only our session or object old: open again and try once more."""

_NAMES: tuple[tuple[type[CsmError], tuple[type[p11.PKCS11Error], ...]], ...] = (
    (TokenRemoved, (*REMOVED, p11.SessionHandleInvalid, p11.SessionClosed)),
    (WrongPin, (p11.PinIncorrect, p11.PinInvalid, p11.PinLenRange)),
    (PinLocked, (p11.PinLocked, p11.PinExpired)),
    (KeyMissing, (p11.NoSuchKey,)),
    (TokenFull, (p11.DeviceMemory,)),
    (
        NotSupported,
        (
            p11.MechanismInvalid,
            p11.MechanismParamInvalid,
            p11.FunctionNotSupported,
            p11.FunctionRejected,
            p11.AttributeTypeInvalid,
            p11.AttributeValueInvalid,
            p11.TemplateInconsistent,
            p11.TemplateIncomplete,
            p11.KeySizeRange,
            p11.KeyTypeInconsistent,
            p11.KeyIndigestible,
            p11.DomainParamsInvalid,
            p11.RandomNoRNG,
            p11.TokenWriteProtected,
            p11.SessionReadOnly,
        ),
    ),
    (
        BadData,
        (p11.DataInvalid, p11.DataLenRange, p11.EncryptedDataInvalid, p11.EncryptedDataLenRange),
    ),
    (BadKey, (p11.PublicKeyInvalid,)),
)


def named(error: p11.PKCS11Error, place: str) -> CsmError:
    """Our error for the token's, with the token's own word in the place."""
    where = f"{place} ({word(error)})"
    for ours, theirs in _NAMES:
        if isinstance(error, theirs):
            return ours(where)
    return TokenBroken(where)


def word(error: p11.PKCS11Error) -> str:
    return type(error).__name__
