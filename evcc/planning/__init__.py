"""When to take or give how much: the cheapest course under the station's schedules and prices."""
