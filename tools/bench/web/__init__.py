"""The bench in a browser: a scenario played live, with hands on it."""
