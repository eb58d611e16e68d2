"""One's own PKI: roots of a market, requests for certificates, chains that came back."""
