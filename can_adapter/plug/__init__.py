"""The plug's electronics as a node on a CAN bus: what it tells, what it is ordered to do."""
