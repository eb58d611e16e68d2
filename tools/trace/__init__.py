"""Session traces: are they whole, and what do they say."""
