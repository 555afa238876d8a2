"""The kustomize plugin: Secrets made from a secret store during ``kustomize build``."""
