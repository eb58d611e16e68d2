"""Between the vehicle's bus and the session: values in, requests and reports out."""
