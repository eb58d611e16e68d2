"""The diagnostic tester's door on CAN: ISO-TP in front of a server."""
