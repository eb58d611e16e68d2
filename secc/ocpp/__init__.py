"""The station's outlet tied to a back end.  Loaded only where one is configured."""
