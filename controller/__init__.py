"""The Sealer controller: SealedSecrets become Secrets, and stay right."""
