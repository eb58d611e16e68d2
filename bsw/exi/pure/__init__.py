"""The quick codec in plain Python: straight-line functions, written per class at its first use.

A stream is a text of zeros and ones here.  Python compares, slices, looks up and joins such texts
faster than it shifts integers, and the time stays linear in the length.
"""
