"""What passes an interface, kept as a capture."""
