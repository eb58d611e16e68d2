"""Generated pages: what a page says of the code is made from the code, and a test holds it."""
