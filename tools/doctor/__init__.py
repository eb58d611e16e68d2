"""Everything that can be wrong before a session begins, looked at by one command."""
