"""The order of messages of each protocol, written once as a table for both roles."""
