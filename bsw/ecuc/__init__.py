"""Configuration: files in, one typed frozen model per room out, all problems at once."""
