"""What a charging station does towards its back end, as a library with ports.

Blocks speak in our own values, the same for every version; one translator per version stands at
the edge.  Knows no session with a vehicle and no outlet: whoever has those feeds it.
"""
