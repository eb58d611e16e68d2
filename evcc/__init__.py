"""The vehicle role: what an EVCC wants and says at each step, its wiring and its command line."""
