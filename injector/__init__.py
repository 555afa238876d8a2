"""The Sealer injector: admission webhook, Vault agent and Kustomize plugin."""
