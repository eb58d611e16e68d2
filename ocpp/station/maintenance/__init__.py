"""New firmware: fetched, proven, installed when nobody charges."""
