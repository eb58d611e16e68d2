"""Certificates with one thing wrong each, and what may be answered about them."""
