"""The vehicle's bus: what battery, inlet and vehicle say, and what they are told."""
