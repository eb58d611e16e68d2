"""Transport security for the V2G byte stream, as an engine without sockets."""
