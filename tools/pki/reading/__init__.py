"""What a person wants to know of a certificate, a key or a folder of them."""
