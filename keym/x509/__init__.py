"""Certificates as they read: DER, names, extensions, profiles."""
