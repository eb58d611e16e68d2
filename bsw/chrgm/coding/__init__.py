"""From a message to the octets of its protocol, and back."""
