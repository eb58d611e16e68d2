"""One outlet: pilot, data link, listeners and at most one session at a time."""
