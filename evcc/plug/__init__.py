"""From the plug to the session: pilot, data link, retries, charging by the duty cycle alone."""
