"""The cases for a station under test, and the scripted vehicle that plays them."""
