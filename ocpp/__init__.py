"""OCPP for both ends of the line: frames, message types, router and WebSocket.

Octets and ``now`` come in, octets and events go out.  The room does not know who is station and
who is back end beyond the direction a message may take; ``ocpp.station`` and ``ocpp.backend``
stand beside it.
"""
