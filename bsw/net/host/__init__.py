"""The network of a host: sockets behind the ports."""
