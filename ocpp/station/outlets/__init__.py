"""What happens at the outlets: transactions, drivers, reservations, and whether they serve."""
