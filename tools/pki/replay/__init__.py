"""Worked Plug & Charge examples, calculated again with the code the two ECUs run.

A file is read by what its sections contain, not by a list of their names, so a file with other
messages, keys and numbers of the same form is replayed as well.
"""
