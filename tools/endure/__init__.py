"""A station that charges while its power and its line fail, and a back end that counts."""
