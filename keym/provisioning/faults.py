"""Why a contract was not delivered or not taken: a closed list."""

from enum import Enum


class Fault(Enum):
    RESPONSE_REFUSED = "the other side answered with a refusal"
    NOT_THIS_MESSAGE = "a message of another kind than was asked for"
    SIGNATURE = "the signature does not prove who sent it"
    PROVIDER_CHAIN = "the chain of the provisioning service is not trusted"
    REQUESTER_CHAIN = "the chain of the vehicle is not trusted"
    CONTRACT_CHAIN = "the contract's chain is not good"
    NAME_MISMATCH = "the contract is not the one it is said to be"
    BAD_POINT = "the sender's ephemeral key is no key"
    ENVELOPE = "the enclosed key cannot be opened"
    WRONG_KEY = "the enclosed key does not belong to the contract"
    UNSUPPORTED = "a form of delivery we do not have"
    NO_KEY_ID = "a certificate lacks the key identifier that the delivery needs"
    NO_CONTRACT = "there is no contract for this vehicle"
    CANCELED = "the contract is canceled"
    KEY_STORE = "the key store failed"


class ProvisioningError(Exception):
    """A delivery ended.  ``detail`` names the part; no key, id or name of a person is in it."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault = fault
        self.detail = detail
