"""What a driver is shown: messages of the back end, prices, costs."""
