"""Provisioning of a PKCS#11 token, or of the encrypted folder that stands in for one."""
