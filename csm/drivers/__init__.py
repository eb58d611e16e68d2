"""Where keys live: an encrypted folder, a PKCS#11 token, a simulated token."""
