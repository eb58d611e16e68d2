"""Certificates and contracts that are kept over power cuts."""
