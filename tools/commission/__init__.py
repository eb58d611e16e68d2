"""``v2g commission``: one device looked at part by part, measured and expected, with a protocol."""
