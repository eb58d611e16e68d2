"""What a station says and hears, in the words of each version."""
