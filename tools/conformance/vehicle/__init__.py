"""The cases for a vehicle under test, and the scripted station that plays them."""
