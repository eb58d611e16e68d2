"""What both roles share when an ECU is put together: its doors to the world."""
