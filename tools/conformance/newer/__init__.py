"""ISO 15118-20 on the virtual clock: a scripted vehicle, and a station that is twisted."""
