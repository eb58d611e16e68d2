"""One V2G session of the vehicle and what it says at each step."""
