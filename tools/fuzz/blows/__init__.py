"""What is sent: octets and messages with something wrong, made from a seed."""
