"""Captures and logs read as conversations: packets in, messages in words out."""
