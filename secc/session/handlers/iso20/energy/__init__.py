"""What the station says by the energy service: AC, DC, a pantograph, a pad."""
