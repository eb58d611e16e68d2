"""From a file or an interface to what TCP, TLS and CAN carry: packets, layers, streams."""
