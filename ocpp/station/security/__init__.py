"""Keys and certificates of the station itself, renewed by the back end."""
