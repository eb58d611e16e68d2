"""Whether a chain may be trusted, and why not."""
