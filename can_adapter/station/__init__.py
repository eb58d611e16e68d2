"""The station's bus: the power module and what it is ordered to do."""
