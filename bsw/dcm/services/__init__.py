"""One diagnostic service a file: octets after the service number in, octets after it out."""
