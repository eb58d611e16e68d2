"""What a configuration says about peers that sign and enclose otherwise, as rules."""

from bsw.chrgm.signature import SignatureRules
from keym.config import ExchangeConfig
from keym.provisioning.envelope import EnvelopeRules


def signature_rules(config: ExchangeConfig) -> SignatureRules:
    return SignatureRules(lab_other_suites=config.lab_other_suites)


def envelope_rules(config: ExchangeConfig) -> EnvelopeRules:
    return EnvelopeRules(lab_bare_kdf=config.lab_bare_kdf, lab_no_aad=config.lab_no_aad)
