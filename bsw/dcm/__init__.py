"""Diagnostic communication: a UDS server (ISO 14229-1), octets in, octets out."""
