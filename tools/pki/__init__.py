"""Test PKIs: making them, explaining chains, answering for their revocation."""
