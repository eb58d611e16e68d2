"""What the station says at each exchange, one protocol and one part of the session a file."""
