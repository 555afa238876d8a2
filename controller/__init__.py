"""The controller: SealedSecrets in, native Secrets out, and kept right."""
