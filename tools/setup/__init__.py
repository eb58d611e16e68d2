"""From a fresh clone to a working environment, with nothing but Python, make and git."""
