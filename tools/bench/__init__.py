"""The world in which two ECUs charge: hardware, cable, both ECUs, and the main job."""
