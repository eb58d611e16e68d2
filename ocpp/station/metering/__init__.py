"""What the meter shows, at the instants and in the measurands the back end wants."""
