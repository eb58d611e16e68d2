"""One inlet or two: plug, lock, temperature."""
