"""The main job: both ECUs as processes of their own, a live view, traces, a verdict."""
