"""SLAC from the command line: both halves, a power line in software, keys, frames."""
