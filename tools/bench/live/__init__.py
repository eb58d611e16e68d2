"""A scenario played by processes on real sockets: both ECUs, or one of them at a real interface."""
