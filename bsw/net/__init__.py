"""Frames, datagrams and byte streams, on the host and on the simulated line."""
