"""Charging profiles: which are held, and what they allow when (block K of OCPP)."""
