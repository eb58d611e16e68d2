"""What the vehicle says by the energy service: AC, DC, and energy that flows back."""
