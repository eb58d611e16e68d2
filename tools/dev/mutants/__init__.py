"""How strong the tests are: small changes to the product, and whether a room's tests notice."""
