"""One V2G session of the station and what it answers at each step."""
