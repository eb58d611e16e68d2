"""Questions to the outside about certificates: revocation, and staples for our own chain."""
