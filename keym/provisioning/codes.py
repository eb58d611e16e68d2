"""What was wrong, in response codes of either edition."""

from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.iso20 import common_types as iso20
from keym.judging.verdict import Reason
from keym.provisioning.chains import ChainRefused
from keym.provisioning.faults import Fault, ProvisioningError

Iso2 = iso2.ResponseCode
Iso20 = iso20.ResponseCode

_ISO2_CHAINS = {
    Reason.EXPIRED: Iso2.FAILED_CERTIFICATE_EXPIRED,
    Reason.NOT_YET_VALID: Iso2.FAILED_CERTIFICATE_EXPIRED,  # [V2G2-824]
    Reason.REVOKED: Iso2.FAILED_CERTIFICATE_REVOKED,
}
_ISO2 = {
    Fault.SIGNATURE: Iso2.FAILED_SIGNATURE_ERROR,
    Fault.REQUESTER_CHAIN: Iso2.FAILED_CERT_CHAIN_ERROR,
    Fault.NAME_MISMATCH: Iso2.FAILED_CERT_CHAIN_ERROR,
    Fault.NO_CONTRACT: Iso2.FAILED_NO_CERTIFICATE_AVAILABLE,
    Fault.CANCELED: Iso2.FAILED_CONTRACT_CANCELED,
}
_ISO20_CHAINS = {
    Reason.EXPIRED: Iso20.WARNING_CERTIFICATE_EXPIRED,
    Reason.NOT_YET_VALID: Iso20.WARNING_CERTIFICATE_NOT_YET_VALID,
    Reason.REVOKED: Iso20.WARNING_CERTIFICATE_REVOKED,
}
_ISO20 = {
    Fault.SIGNATURE: Iso20.FAILED_SIGNATURE_ERROR,
    Fault.REQUESTER_CHAIN: Iso20.WARNING_CERTIFICATE_VALIDATION_ERROR,
    Fault.NAME_MISMATCH: Iso20.WARNING_CERTIFICATE_VALIDATION_ERROR,
    Fault.NO_CONTRACT: Iso20.WARNING_NO_CONTRACT_MATCHING_PCID_FOUND,
    Fault.CANCELED: Iso20.WARNING_NO_CERTIFICATE_AVAILABLE,
}


def iso2_code(error: ProvisioningError) -> Iso2:
    """The code of CertificateInstallationRes and CertificateUpdateRes."""
    if isinstance(error, ChainRefused) and error.reason in _ISO2_CHAINS:
        return _ISO2_CHAINS[error.reason]
    return _ISO2.get(error.fault, Iso2.FAILED)


def iso20_code(error: ProvisioningError) -> Iso20:
    if isinstance(error, ChainRefused) and error.reason in _ISO20_CHAINS:
        return _ISO20_CHAINS[error.reason]
    return _ISO20.get(error.fault, Iso20.WARNING_NO_CERTIFICATE_AVAILABLE)
