"""What Vault's AWS login needs of AWS: credentials, and signatures; no SDK."""
