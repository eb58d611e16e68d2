"""``v2g sdp``: look for a station, or answer as one."""
