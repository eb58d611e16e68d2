"""Wireshark and tshark: our dissector, and the values of our decoder for it."""
