"""Configuration as AUTOSAR XML: read, written, and defined."""
