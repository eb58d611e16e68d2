"""What the vehicle says and wants at each exchange, one protocol and one part a file."""
