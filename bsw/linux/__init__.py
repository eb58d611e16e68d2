"""A plug on pins of this board: PWM and ADC by sysfs, GPIO by its character device."""
