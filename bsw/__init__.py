"""Basic software: scheduler, ECU services, network, and the V2G protocol core both roles share."""
