"""What the north sides of both roles share: commands by name, variables by name, and doors to them.

A role's API is a class of typed commands and a table of variables; ``side`` makes data of both,
and everything a transport needs follows from there.  No role, no protocol and no transport is
known to the others.
"""
