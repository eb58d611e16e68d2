"""A node on its interface, and the data link that a plug gets from it."""
