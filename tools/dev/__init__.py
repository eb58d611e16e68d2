"""What the makers of this product use: measuring, generating, documenting."""
