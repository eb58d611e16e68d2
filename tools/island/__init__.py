"""What a person runs around the safety island: its rules made into C and Python, its builds."""
