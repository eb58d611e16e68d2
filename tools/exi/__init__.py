"""EXI for people: decode, encode, check against vectors, measure."""
