"""Grid services of 2.1: controls that a utility sets for distributed energy resources (DER)."""
