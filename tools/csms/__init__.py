"""A small back end for the bench."""
